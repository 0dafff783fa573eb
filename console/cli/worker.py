"""`fireline worker`: touches the world for an engine that runs elsewhere, or beside it.

Rules: 1. It has the connectors' credentials and no database. 2. Of the engine it knows the address of its Temporal and
the public half of its token key, with which it checks leave to act.
"""

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from console.cli.leaving import run_and_leave
from console.cli.options import Home, Json
from console.cli.output import Output

if TYPE_CHECKING:
    from console.cli.zone import Zone
    from engine.settings import Settings
    from engine.token import TokenVerifier

SiteName = Annotated[str | None, typer.Option("--site", help="The simulated site: `demo`, or a file.")]


def worker(home: Home = None, site: SiteName = None, json: Json = False) -> None:
    """Run the workers that touch the world: with the connectors' credentials, without a database.

    Works for the engine whose Temporal TEMPORAL_ADDRESS names, and whose keys/token.pub lies in the same home, or where
    the setting `token_public_key` says.
    """
    from console.cli.extensions import plugins, warn
    from console.cli.up import cluster_address, read
    from console.cli.zone import open_zone
    from engine.settings import make_private
    from engine.token import PUBLIC_FILE, TokenVerifier, load_public

    settings = read({"home": home, "site": site})
    address = cluster_address(settings)
    make_private(settings.home)
    verifier = TokenVerifier(load_public(settings.token_public_key or settings.home / "keys" / PUBLIC_FILE))
    warn(plugins(settings))
    run_and_leave(_work(settings, address, open_zone(settings), verifier, Output(json)))


async def _work(settings: "Settings", address: str, zone: "Zone", verifier: "TokenVerifier", output: Output) -> None:
    from console.beside import beside
    from console.cli.up import stop_signal
    from console.clock import now
    from console.cluster import connect, keep_key
    from console.retention import forget_evidence
    from workflows import tracing
    from workflows.activities.zone import ZoneActivities
    from workflows.worker import zone_worker

    stop = stop_signal()
    telemetry = tracing.setup(settings)
    async with AsyncExitStack() as stack:
        stack.callback(telemetry.shutdown)
        client = await connect(settings, address, traced=telemetry.on)
        for instance, hands in zone.hands(verifier).items():
            await stack.enter_async_context(zone_worker(client, instance, ZoneActivities(hands, now)))
        for company in (keep_key(client, settings), forget_evidence(zone.forget)):
            await stack.enter_async_context(beside(company))
        lines = [f"working for {address}: {', '.join(zone.executors)}"]
        lines += ["effects: SIMULATED SITE, nothing real is touched"] if zone.simulated else []
        output.show({"temporal": address, "connectors": [*zone.executors], "simulated": zone.simulated}, lines)
        await stop.wait()

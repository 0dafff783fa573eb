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
from engine.errors import ServiceAway

if TYPE_CHECKING:
    from console.retention import Forget
    from engine.hands import Hands
    from engine.settings import Settings

SiteName = Annotated[str | None, typer.Option("--site", help="The simulated site: `demo`, or a file.")]


def worker(home: Home = None, site: SiteName = None, json: Json = False) -> None:
    """Run the workers that touch the world: with the connectors' credentials, without a database.

    Works for the engine under the same home (`fireline up --no-zone-worker`), or for the one at TEMPORAL_ADDRESS,
    whose keys/token.pub the setting `token_public_key` names.
    """
    from console.cli.assembly import assemble_zone
    from console.cli.extensions import plugins, warn
    from engine.settings import load, make_private, write_privately
    from engine.token import PUBLIC_FILE, load_public

    write_privately()
    settings = load({"home": home, "site": site})
    make_private(settings.home)
    address = settings.temporal_address or _embedded_address(settings)
    key = load_public(settings.token_public_key or settings.home / "keys" / PUBLIC_FILE)
    warn(plugins(settings))
    zone, forget = assemble_zone(settings, key)
    run_and_leave(_work(settings, address, zone, forget, Output(json)))


def _embedded_address(settings: "Settings") -> str:
    """Where the embedded server of this home's engine listens."""
    from pydantic import ValidationError

    from workflows.embedded import Record

    try:
        return Record.model_validate_json((settings.run_dir / "temporal.json").read_bytes()).ports.address
    except (OSError, ValidationError):
        raise ServiceAway(f"no engine runs under `{settings.home}`: start one, or set TEMPORAL_ADDRESS") from None


async def _work(settings: "Settings", address: str, zone: "dict[str, Hands]", forget: "Forget", output: Output) -> None:
    from console.beside import beside
    from console.cli.up import stop_signal
    from console.clock import now
    from console.host import connect
    from console.retention import forget_evidence
    from workflows import tracing
    from workflows.activities.zone import ZoneActivities
    from workflows.worker import zone_worker

    stop = stop_signal()
    telemetry = tracing.setup(settings)
    async with AsyncExitStack() as stack:
        stack.callback(telemetry.shutdown)
        client = await connect(settings, address, traced=telemetry.on)
        for instance, hands in zone.items():
            await stack.enter_async_context(zone_worker(client, instance, ZoneActivities(hands, now)))
        await stack.enter_async_context(beside(forget_evidence(forget)))
        about = {"temporal": address, "connectors": [*zone]}
        output.show(about, [f"working for {address}: {', '.join(zone)}", "effects: SIMULATED SITE"])
        await stop.wait()

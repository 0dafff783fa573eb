"""`fireline up`: one engine for this home, until Ctrl-C."""

import asyncio
import signal
import sys
from pathlib import Path
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Annotated

import typer

from console.cli.leaving import run_and_leave
from console.cli.options import Home, Json
from console.cli.output import Output, note
from engine.digest import short
from engine.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from console.host import Parts
    from engine.model.governance import Bundle
    from engine.ports import People
    from engine.settings import Settings
    from engine.store.store import Store

PolicyName = Annotated[str | None, typer.Option("--policy", help="A shipped policy (baseline, demo) or a file.")]
SiteName = Annotated[str | None, typer.Option("--site", help="The simulated site: `demo`, or a file.")]
Port = Annotated[int | None, typer.Option("--port", min=0, max=65535, help="The API's loopback port; 0: a free one.")]
Flows = Annotated[
    list[Path] | None, typer.Option("--flows", help="Flow records (CSV or Zeek conn.log) to look back on.")
]


def up(
    home: Home = None,
    policy: PolicyName = None,
    site: SiteName = None,
    port: Port = None,
    flows: Flows = None,
    json: Json = False,
) -> None:
    """Run the engine: API, workers and an embedded Temporal.

    Prints the API's address on its first line. Ctrl-C, and even kill -9, loses nothing: the next start goes on.
    """
    from console.cli.assembly import assemble

    settings = read({"home": home, "policy": policy, "site": site, "api_port": port, "flows": flows and tuple(flows)})
    prepare(settings, settings.site or "demo")
    run_and_leave(serve_until_stopped(settings, assemble(settings), Output(json)))


def read(flags: "Mapping[str, object]") -> "Settings":
    """The settings of a process that serves; whatever it writes is its owner's alone."""
    from engine.settings import load, write_privately

    write_privately()
    return load(flags)


def prepare(settings: "Settings", site: str | None) -> None:
    """A home, made where there is none yet: the demo's people come with its site alone. Warn of plug-ins left out."""
    from console import first_run
    from console.cli.extensions import plugins, warn

    settings.make_directories()
    first_run.init(settings.home, site if site == first_run.DEMO else None)
    warn(plugins(settings))


def cluster_address(settings: "Settings") -> str:
    """Where Temporal runs that several processes share; raise `InvalidInput` where the settings name none."""
    if settings.temporal_address is None:
        raise InvalidInput(
            "no Temporal is named: set TEMPORAL_ADDRESS to the one that engine and workers share; `fireline up` alone "
            "brings its own"
        )
    return settings.temporal_address


def stop_signal() -> asyncio.Event:
    """Set by Ctrl-C or a supervisor's wish to end; from then on neither interrupts anything."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop


async def serve_until_stopped(settings: "Settings", parts: "Parts", output: Output) -> None:
    """Run the engine, say where it is, and end it as soon as somebody wishes it."""
    from console.api.build import build
    from console.host import running

    stop = stop_signal()
    async with running(settings, parts, build) as engine:
        simulated = parts.desk.simulated
        policy = engine.desks().policy
        lines = [engine.url, f"home: {settings.home}", f"policy: {policy.name} ({policy.digest[:8]})"]
        lines += [f"Temporal: {settings.temporal_address}"] if settings.temporal_address else []
        lines += [] if parts.hands else ["touches nothing: `fireline worker` does, for the same Temporal"]
        lines += ["effects: SIMULATED SITE, nothing real is touched"] if simulated else []
        if sys.stdout.isatty() and not output.json:
            # To a person's eyes alone: what a supervisor keeps of this would hold a way in.
            lines += await way_in(engine.store, engine.desks().people, settings, engine.url)
        for given in engine.set_aside:
            note(_set_aside(given, settings.policy))
        told = {"url": engine.url, "home": str(settings.home), "policy": policy.name, "simulated": simulated}
        output.show({**told, "temporal": settings.temporal_address, "touches": [*parts.hands]}, lines)
        await stop.wait()


async def way_in(store: "Store", people: "People", settings: "Settings", url: str) -> list[str]:
    """A link that signs the local administrator's browser in, once; none where the home's token is nobody's."""
    from console.clock import now
    from engine.control.sessions import link_path, make_link

    token = settings.token_file.read_text().strip() if settings.token_file.exists() else ""
    person = people.by_token(token)
    if person is None or person.bot:
        return []
    secret = token_urlsafe(32)
    await store.write(lambda tx: make_link(tx, person, secret, now()))
    link = f"{(settings.public_url or url).rstrip('/')}{link_path(secret)}"
    return [f"to sign in with a browser, once, within ten minutes: {link}"]


def _set_aside(given: "Bundle", policy: str) -> str:
    """What was given at this start, and counts for nothing until people have voted for it."""
    from console.cli.assembly import playbooks_dir

    ask = f"policy propose {policy}" if given.kind == "policy" else f"playbook propose {playbooks_dir()}/*.yaml"
    return (
        f"{given.kind}: NOT TAKEN: {given.label} ({short(given.digest)}) is not what is active; "
        f"to have it voted on: fireline {ask}"
    )

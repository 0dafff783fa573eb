"""Effects that do harm on the bench: what is declared, what is asked for, and what became of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from console.cli.simulation import SITE
from engine.control.lease import LeasePath
from engine.control.moves import key_of
from engine.model.execution import Command, Outcome, Probe
from engine.model.finding import Finding
from engine.model.lease import Lease
from engine.model.page import Page
from engine.model.request import Request
from engine.policy_file import parse_policy
from tests.bench import Bench
from tests.engine.control.earning import TWO_ORIGINS

DEMO = Path(__file__).parents[3] / "policies" / "demo.yaml"
SECOND = timedelta(seconds=1)
OTHER = "203.0.113.99"


def probe(name: str, source: str, destination: str, more: str = "") -> str:
    asked = f"command: reaches, arguments: [{source}, {destination}]"
    return f"{{id: {name}, kind: command, {asked}, because: business{more}}}"


CUT = probe("partner", "files-01", TWO_ORIGINS)
FINE = probe("nothing-to-do-with-it", "files-01", OTHER)


def declare(bench: Bench, *probes: str, changes: Sequence[tuple[str, str]] = (), terms: str = "every: 5s") -> None:
    """Have the demo's policy look after these."""
    text = DEMO.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    harm = f"harm: {{{terms}, probes: [{', '.join(probes)}]}}"
    policy = parse_policy(f"{text}\n{harm}\n", "demo.yaml", bench.desk.specs)
    bench.parts = replace(bench.parts, desk=replace(bench.desk, policy=policy))


async def blocked(bench: Bench, beacon: Finding) -> Request:
    """The listed address, blocked by itself for 20 s."""
    incident = await bench.feed(beacon)
    return bench.requests(incident, "network.block_ip")[-1]


async def asked(bench: Bench, target: str = TWO_ORIGINS, lease: timedelta | None = None) -> Request:
    request = await bench.ask(target=target, lease=lease)
    await bench.respond(request.incident_id)
    return bench.request(request.id)


def lease_of(bench: Bench, request: Request) -> Lease:
    found = bench.read(lambda tx: tx.leases.latest(key_of(request)))
    assert found is not None
    return found


async def pass_by(bench: Bench, request: Request, seconds: float) -> Lease:
    await bench.later(seconds * SECOND)
    await bench.carry(key_of(request))
    return lease_of(bench, request)


async def step(bench: Bench, request: Request, outcome: Outcome | None = None) -> Command:
    order = await bench.write(lambda tx: LeasePath(tx, bench.desks(tx), key_of(request), bench.now).advance(outcome))
    return order.command


def pages(bench: Bench) -> list[Page]:
    return [page for page in bench.read(lambda tx: tx.pages.all()) if page.kind == "harm"]


def bodies(bench: Bench, kind: str) -> list[object]:
    return [entry.body for entry in bench.entries(kind)]


async def harmful(bench: Bench, beacon: Finding) -> tuple[Request, Outcome]:
    """An effect whose second failure has just been seen, and not yet been taken in."""
    declare(bench, CUT)
    request = await blocked(bench, beacon)
    return request, await seen_twice(bench, request)


async def seen_twice(bench: Bench, request: Request) -> Outcome:
    """The second failed look, not taken in yet."""
    await pass_by(bench, request, 5)
    await bench.later(5 * SECOND)
    look = await step(bench, request)
    assert isinstance(look, Probe)
    return await bench.parts.hands[SITE].probe(look.work, look.probes)

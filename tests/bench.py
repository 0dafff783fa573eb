"""The engine on a bench: a real store, the demo's policy and playbooks, a simulated site; no Temporal and no waiting.

Tests carry the workflows' commands out by hand, and move the clock by saying so.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from actions.probes.prober import Probes
from actions.registry import bind
from actions.simulators.site import Site
from console import first_run
from console.cli.assembly import assemble
from console.cli.simulation import SITE, open_site
from console.host import Parts
from detectors.intake.reader import Accepted, read
from engine.approvals import Ballot
from engine.control.accept import accept
from engine.control.advance import advance_incident
from engine.control.desk import Desk
from engine.control.desks import Desks
from engine.control.doors import Wanted, request_action
from engine.control.lease import LeasePath
from engine.control.voting import VoteAnswer, cast_vote
from engine.hands import Hands
from engine.ledger.entries import parse
from engine.model.approval import VoteKind
from engine.model.entry import Entry
from engine.model.execution import Apply, Command, Inspect, Outcome, Probe, Release
from engine.model.finding import Finding
from engine.model.principal import Principal
from engine.model.request import Request
from engine.model.watch import ConnectorHealth
from engine.settings import Settings
from engine.store.store import Store
from engine.store.tx import Tx
from engine.token import TokenVerifier
from tests.empty_database import empty_database

T = TypeVar("T")
DATABASE = "fireline.db"
"""Where the settings put it in a home."""


@dataclass
class Bench:
    """One engine without its workers; `now` is the time of everything that is done."""

    settings: Settings
    parts: Parts
    store: Store
    site: Site
    now: datetime
    desks: Desks = field(init=False)

    def __post_init__(self) -> None:
        self.desks = BenchDesks(self)

    @property
    def desk(self) -> Desk:
        return self.parts.desk

    def person(self, name: str) -> Principal:
        found = self.desk.people.get(name)
        assert found is not None
        return found

    async def write(self, work: Callable[[Tx], T]) -> T:
        return await self.store.write(work)

    def read(self, query: Callable[[Tx], T]) -> T:
        return self.store.ask(query)

    async def later(self, by: timedelta) -> None:
        """Let time pass; the connector has been seen well since."""
        self.now += by
        health = ConnectorHealth(instance=SITE, executor=self.desk.executors[SITE], healthy=True, seen_at=self.now)
        await self.write(lambda tx: tx.connectors.put(health))

    async def feed(self, *findings: Finding, actor: str = "siem-bot") -> str:
        """Accept findings and plan what they ask for; the incident of the last."""
        accepted = await self.write(lambda tx: accept(tx, self.desks(tx), findings, actor, self.now))
        await self.respond(accepted[-1].incident_id)
        return accepted[-1].incident_id

    async def ask(
        self, by: str = "tom", action: str = "network.block_ip", target: str = "203.0.113.7",
        lease: timedelta | None = None, **params: str | int,
    ) -> Request:  # fmt: skip
        """A person's request, as the door takes it; nothing is carried out yet."""
        wanted = Wanted(action, target, {**params}, lease, "seen")
        return await self.write(lambda tx: request_action(tx, self.desks(tx), self.person(by), wanted, self.now))

    async def vote(
        self, request: str, name: str, kind: str = "approve", reason: str = "looked at it", digest: str | None = None,
        lease: timedelta | None = None,
    ) -> VoteAnswer:  # fmt: skip
        ballot = Ballot(self.person(name), VoteKind(kind), reason, digest, self.now, lease)
        return await self.write(lambda tx: cast_vote(tx, self.desks(tx), request, ballot, "test"))

    async def respond(self, incident: str) -> None:
        """What the incident's workflow does when it is nudged, leases and all."""
        order = await self.write(lambda tx: advance_incident(tx, self.desks(tx), incident, self.now))
        for lease in order.start:
            await self.carry(lease.key)

    async def carry(self, key: str) -> Command:
        """What the lease's workflow does, until it would wait or end."""
        outcome: Outcome | None = None
        while True:
            command = await self._next(key, outcome)
            match command:
                case Apply():
                    outcome = await self.parts.hands[SITE].apply(command.work)
                case Inspect():
                    outcome = await self.parts.hands[SITE].inspect(command.work)
                case Release():
                    outcome = await self.parts.hands[SITE].release(command.work)
                case Probe():
                    outcome = await self.parts.hands[SITE].probe(command.work, command.probes)
                case _:
                    return command

    async def _next(self, key: str, outcome: Outcome | None) -> Command:
        order = await self.write(lambda tx: LeasePath(tx, self.desks(tx), key, self.now).advance(outcome))
        return order.command

    async def settle(self, incident: str) -> None:
        """Carry on every lease of the incident, then the incident."""
        for lease in self.read(lambda tx: tx.leases.live()):
            await self.carry(lease.key)
        await self.respond(incident)

    def request(self, request_id: str) -> Request:
        found = self.read(lambda tx: tx.requests.get(request_id))
        assert found is not None
        return found

    def requests(self, incident: str, action: str) -> list[Request]:
        return [r for r in self.read(lambda tx: tx.requests.of(incident)) if r.action == action]

    async def standing(self) -> list[str]:
        """The actions of all that stands at the site."""
        return sorted(str(element["action"]) for element in (await self.site.owned()).values())

    def entries(self, kind: str) -> list[Entry]:
        with self.store.ledger() as rows:
            return [entry for _, data, _ in rows.entries() if (entry := parse(data)).kind == kind]

    def without_check(self, check: str) -> None:
        """Leave one check out, where a test is about something else."""
        checks = tuple(one for one in self.desk.checks if one.id != check)
        self.parts = replace(self.parts, desk=replace(self.desk, checks=checks))


class BenchDesks(Desks):
    """Over the desk that the bench has at the moment of asking."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench.desk)
        self._bench = bench

    def __call__(self, tx: Tx | None = None) -> Desk:
        if self._given is not self._bench.desk:
            super().__init__(self._bench.desk)
        return super().__call__(tx)


@contextmanager
def on_bench(home: Path, now: datetime) -> Iterator[Bench]:
    """A bench in this home; whatever it opened is closed again."""
    settings = Settings(home=home, policy="demo", site="demo")
    settings.make_directories()
    first_run.init(home, "demo")
    if not (home / DATABASE).exists():
        (home / DATABASE).write_bytes(empty_database())
    store = Store(settings.database_url)
    try:
        bench = Bench(settings, assemble(settings), store, open_site(settings), now)
        # The zone's clock is the bench's as well.
        verifier = TokenVerifier(bench.desk.signer.public_key)
        hands = Hands(bind(SITE, bench.site.ports), {SITE: bench.site}, verifier, lambda: bench.now, Probes())
        bench.parts = replace(bench.parts, hands={SITE: hands})
        yield bench
    finally:
        store.close()


def findings(lines: list[str], folder: Path) -> list[Finding]:
    """Alerts as a sensor wrote them, read as any others."""
    file = folder / "alerts.json"
    file.write_text("\n".join(lines) + "\n")
    return [item.finding for item in read(file) if isinstance(item, Accepted)]

"""Action requests made up by chance, carried out on the bench, and a judge that goes by the site's own journal.

Half of them are what responders ask for on a bad day; the others aim at what is protected or untouchable, by every
spelling, at what nobody knows, or carry parameters that fit nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from random import Random

from actions.simulators.events import Event, Op
from actions.simulators.faults import FaultKind
from console.cli.simulation import SITE, site_path
from engine.approvals import Ballot
from engine.context.file import ContextFile, load
from engine.control.advance import advance_incident
from engine.control.doors import Wanted, request_action
from engine.control.lease import LeasePath
from engine.control.voting import cast_vote
from engine.errors import Denied, InvalidInput
from engine.model.action import Impact
from engine.model.approval import VoteKind
from engine.model.base import Json
from engine.model.context import Criticality
from engine.model.execution import Apply, Command, Inspect, Outcome, Release
from engine.model.request import Request, RequestState
from engine.store.tx import Tx
from tests.bench import Bench

ROUND = 40
FAULTS = (FaultKind.REFUSE, FaultKind.LIE, FaultKind.APPLY_BUT_TIME_OUT, FaultKind.PARTLY)
PEOPLE = ("admin", "anna", "samir", "tom", "jonas", "lena")
DESKS, ACCOUNTS = ("ws-114", "ws-127", "ws-203", "kiosk-01", "lab-07"), ("j.baker", "m.ostrow", "t.lindgren")
MESSAGES = ("<20261121.0007@mail.example>", "<20261121.0008@mail.example>", "<20261120.0412@mail.example>")
NETWORKS = ("10.20.1.0/24", "10.20.4.0/24", "10.20.64.0/24", "10.20.72.0/24", "10.20.0.0/16", "203.0.113.0/24")
HOSTILE = ("", "nowhere", "0.0.0.0", "127.0.0.1", "::1", "255.255.255.255", "10.20.1.0/31", "../etc", "a b", "x" * 300)
ODD: tuple[Json, ...] = (
    {}, {"ports": [445]}, {"ports": []}, {"host": "ws-114", "port": 443}, {"host": "gw-01"}, {"port": -1}, {"x": 1},
    {"spare": [{"peer": "bkp-02", "port": 8400}]}, {"messages": [*MESSAGES]}, {"kind": "log"}, {"target": "gw-01"},
)  # fmt: skip


@dataclass
class Tally:
    """What became of them."""

    asked: int = 0
    refused: int = 0
    aimed: int = 0
    protected: int = 0
    executed: int = 0
    breaches: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Of all that were made up, how many had an effect at the site."""
        return self.executed / max(self.asked, 1)

    def __add__(self, other: "Tally") -> "Tally":
        """What became of these and of others, made up at a site of their own."""
        return Tally(
            self.asked + other.asked,
            self.refused + other.refused,
            self.aimed + other.aimed,
            self.protected + other.protected,
            self.executed + other.executed,
            self.breaches + other.breaches,
        )

    def __str__(self) -> str:
        return (
            f"{self.asked} requests, {self.refused} refused as bad input, {self.aimed} aimed at what is guarded; "
            f"{self.share:.1%} with an effect, {self.protected} of them on protected targets, approved at tier 4; "
            f"{len(self.breaches)} breaches"
        )


class Fuzz:
    """Asks, votes, carries out and lets time pass, round by round."""

    def __init__(self, bench: Bench, seed: str) -> None:
        """The same seed asks for the same."""
        self._bench, self._chance, self.tally = bench, Random(seed), Tally()
        self._file = load(site_path("demo"))
        self._aims = [*_named(self._file)]
        self._guarded = {name for name, _ in _guarded(self._file)}
        self._executed: set[str] = set()

    async def run(self, requests: int) -> Tally:
        """Make up so many, then judge what the site says was done."""
        while self.tally.asked < requests:
            await self._round(min(ROUND, requests - self.tally.asked))
        history = self._bench.site.history()
        self.tally.breaches += self._bench.read(lambda tx: [*_breaches(tx, self._file, history)])
        self.tally.protected = sum(
            _is_effect(event) and _hits(event.target, _protected(self._file)) for event in history
        )
        return self.tally

    async def _round(self, size: int) -> None:
        await self._bench.later(timedelta(seconds=self._chance.uniform(5, 90)))
        if self._chance.random() < 0.3:
            self._bench.site.faults.switch_on(self._chance.choice(FAULTS), times=self._chance.randint(1, 3))
        wanted = [self._wanted() for _ in range(size)]
        asked = await self._bench.write(lambda tx: [*self._ask(tx, wanted)])
        self.tally.aimed += sum(_hits(request.target, self._guarded) for request in asked)
        keys = await self._bench.write(lambda tx: self._advance(tx, asked))
        live = self._bench.read(lambda tx: [lease.key for lease in tx.leases.live()])
        await self._carry({*keys, *live})
        self._bench.site.faults.clear()
        held = self._bench.read(lambda tx: [request for request in asked if self._reached(tx, request)])
        self._executed |= {request.id for request in held}
        self.tally.executed = len(self._executed)

    def _ask(self, tx: Tx, wanted: Sequence[Wanted]) -> Iterator[Request]:
        desk = self._bench.desks(tx)
        for one in wanted:
            self.tally.asked += 1
            try:
                yield request_action(tx, desk, self._bench.person("tom"), one, self._bench.now)
            except InvalidInput:
                self.tally.refused += 1

    def _advance(self, tx: Tx, asked: Sequence[Request]) -> list[str]:
        """Let people vote on some, and the incidents' workflows begin what may."""
        desk, keys = self._bench.desks(tx), list[str]()
        for request in asked:
            if request.state is RequestState.AWAITING_APPROVAL and self._chance.random() < 0.7:
                self._vote(tx, request)
            order = advance_incident(tx, desk, request.incident_id, self._bench.now)
            keys += [start.key for start in order.start]
        return keys

    def _vote(self, tx: Tx, request: Request) -> None:
        for name in self._chance.sample(PEOPLE, 4):
            kind = VoteKind.APPROVE if self._chance.random() < 0.9 else VoteKind.DENY
            ballot = Ballot(self._bench.person(name), kind, "looked at it", request.digest, self._bench.now)
            try:
                cast_vote(tx, self._bench.desks(tx), request.id, ballot, "test")
            except Denied:
                continue

    async def _carry(self, keys: set[str]) -> None:
        """What all these leases' workflows do, until each would wait or end."""
        said: dict[str, Outcome | None] = dict.fromkeys(sorted(keys))
        while said:
            commands = await self._bench.write(lambda tx, said=said: self._next(tx, said))  # type: ignore[misc]
            said = {key: await self._do(command) for key, command in commands.items() if _is_work(command)}

    def _next(self, tx: Tx, said: dict[str, Outcome | None]) -> dict[str, Command]:
        desk = self._bench.desks(tx)
        return {
            key: LeasePath(tx, desk, key, self._bench.now).advance(outcome).command for key, outcome in said.items()
        }

    async def _do(self, command: Command) -> Outcome | None:
        hands = self._bench.parts.hands[SITE]
        match command:
            case Apply():
                return await hands.apply(command.work)
            case Inspect():
                return await hands.inspect(command.work)
            case Release():
                return await hands.release(command.work)
            case _:
                return None

    def _reached(self, tx: Tx, asked: Request) -> bool:
        request, spec = tx.requests.get(asked.id), self._bench.desk.specs.get(asked.action)
        done = request is not None and request.state in (RequestState.HELD, RequestState.ENDED)
        return done and spec is not None and spec.impact > Impact.NONE

    def _wanted(self) -> Wanted:
        [make] = self._chance.choices([self._ordinary, self._aimed, self._wild], [50, 30, 20])
        action, target, params = make()
        lease = self._chance.choice([None, timedelta(seconds=20), timedelta(days=9)])
        return Wanted(action, target, params, lease, "seen", self._chance.choice(["", "no time"]))

    def _ordinary(self) -> tuple[str, str, Json]:
        number = self._chance.randrange(1, 60000)
        return self._chance.choice(
            [
                ("network.block_ip", f"2001:db8::{number:x}", {}),
                ("network.block_ip", f"198.18.{number // 256}.{number % 256}", {}),
                ("dns.sinkhole", f"host-{number}.evil.example", {}),
                ("mail.quarantine", self._chance.choice(MESSAGES), {}),
                ("host.contain_ports", self._chance.choice(DESKS), {}),
                ("host.isolate", self._chance.choice(DESKS), {}),
                ("identity.revoke_sessions", self._chance.choice(ACCOUNTS), {}),
                ("identity.require_mfa", self._chance.choice(ACCOUNTS), {}),
            ]
        )

    def _aimed(self) -> tuple[str, str, Json]:
        """At whatever the site has, with parameters that fit."""
        assets, identities = self._file.assets, self._file.identities
        addresses = [_mapped(address) for asset in assets for address in asset.addresses]
        pair: Json = {"host": "ws-114", "port": 443}
        return self._chance.choice(
            [
                ("host.isolate", self._chance.choice(assets).name, {}),
                ("host.contain_ports", self._chance.choice(assets).name.upper(), {}),
                ("network.block_ip", self._chance.choice(addresses), self._chance.choice([{}, pair])),
                ("network.block_segment", self._chance.choice(NETWORKS), {}),
                ("identity.disable_account", self._chance.choice(identities).name, {}),
                ("identity.require_mfa", self._chance.choice(identities).name.upper(), {}),
                ("identity.revoke_sessions", self._chance.choice(identities).name, {}),
            ]
        )

    def _wild(self) -> tuple[str, str, Json]:
        actions = [spec.id for spec in self._bench.desk.specs.all()]
        target = self._chance.choice([self._chance.choice(self._aims), self._chance.choice((*NETWORKS, *HOSTILE))])
        spelled = self._chance.choice([target, target.upper(), _mapped(target), f" {target}", f"{target}."])
        return self._chance.choice([*actions, "host.explode"]), spelled, {**self._chance.choice(ODD)}


def _mapped(text: str) -> str:
    return f"::ffff:{text}" if text.count(".") == 3 and "/" not in text else text


def _is_work(command: Command) -> bool:
    return isinstance(command, Apply | Inspect | Release)


def _named(file: ContextFile) -> Iterator[str]:
    """Every name and address of the site."""
    for asset in file.assets:
        yield from (asset.name, *asset.addresses)
    yield from (identity.name for identity in file.identities)
    yield from (one.target for one in file.untouchable)


def _breaches(tx: Tx, file: ContextFile, history: Sequence[Event]) -> Iterator[str]:
    """What was done at the site that must not have been (I5): told by its journal, not by any check."""
    protected, untouchable = _protected(file), {name for name, why in _guarded(file) if why == "untouchable"}
    for event in filter(_is_effect, history):
        if _hits(event.target, untouchable):
            yield f"{event.action} on untouchable {event.target}"
        if _hits(event.target, protected) and not _by_two(tx, event):
            yield f"{event.action} on protected {event.target} below tier 4"


def _is_effect(event: Event) -> bool:
    return event.op in (Op.PLACED, Op.DONE) and event.action != "evidence.capture"


def _protected(file: ContextFile) -> set[str]:
    return {name for name, why in _guarded(file) if why == "protected"}


def _guarded(file: ContextFile) -> Iterator[tuple[str, str]]:
    for asset in file.assets:
        names = (asset.name, *asset.addresses)
        yield from ((name, "protected") for name in names if asset.criticality is Criticality.PROTECTED)
        yield from ((name, "untouchable") for name in names if asset.untouchable)
    for identity in file.identities:
        yield from ((identity.name, "protected") for _ in [0] if identity.criticality is Criticality.PROTECTED)
        yield from ((identity.name, "untouchable") for _ in [0] if identity.untouchable)
    yield from ((one.target, "untouchable") for one in file.untouchable)


def _hits(target: str, guarded: set[str]) -> bool:
    return target in guarded or any(_overlap(target, name) for name in guarded)


def _overlap(one: str, other: str) -> bool:
    first, second = _network(one), _network(other)
    return first is not None and second is not None and first.version == second.version and first.overlaps(second)


def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(text) if "/" in text else ip_network(ip_address(text))
    except ValueError:
        return None


def _by_two(tx: Tx, event: Event) -> bool:
    """Whether everybody who ever held it had the approval of two people."""
    lease = tx.leases.by_owner(event.owner)
    if lease is None:
        return False
    asked = [tx.requests.get(one) for one in (lease.committed, *(held.request_id for held in tx.holders.of(lease.id)))]
    return all(
        one is not None and one.approved and one.decision is not None and one.decision.tier == 4 for one in asked
    )

"""What the parts must offer each other; every port has one conformance suite over all its implementations."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from pathlib import Path
from typing import ClassVar, Generic, Protocol, TypeVar

from engine.model.action import ActionSpec, Executor, Params, Snapshot, Spare, Undo
from engine.model.base import Json
from engine.model.budget import BudgetLimits, Usage
from engine.model.calendar import OpenWindow
from engine.model.check import CheckResult
from engine.model.context import Asset, Exclusion, Flow, FlowCoverage, Identity, Indicator, ListedAs, Zone
from engine.model.decision import Decision
from engine.model.evidence import Receipt
from engine.model.finding import Finding, Observable
from engine.model.look_back import LookBackTerms
from engine.model.principal import Principal
from engine.model.provenance import Source
from engine.model.request import Request
from engine.model.signed_in import SignedIn

P = TypeVar("P", bound=Params)
Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class Action(ABC, Generic[P]):
    """One way to change the world, with its own undo. All methods may raise `TargetError`.

    Rules: 1. `execute` under one key any number of times equals once. 2. `inspect` tells what was done under a key,
    also after `execute` timed out. 3. `release` removes our own element only, done twice equals once; what else was
    displaced is given back by `engine.displacing`. 4. `validate`, `snapshot`, `inspect`, `verify` change nothing.
    """

    spec: ClassVar[ActionSpec]

    @abstractmethod
    async def validate(self, params: P) -> None:
        """Refuse early (`TargetRefused`) what could not be done or undone."""

    @abstractmethod
    async def snapshot(self, params: P) -> Snapshot:
        """What stands there now."""

    @abstractmethod
    async def execute(self, params: P, key: str, expires_at: datetime | None) -> Undo:
        """Do it once under `key`; where the target can expire by itself, a while after `expires_at`."""

    @abstractmethod
    async def inspect(self, params: P, key: str) -> Undo | None:
        """What was done under `key`, or None where nothing of ours stands."""

    @abstractmethod
    async def verify(self, params: P, key: str) -> bool:
        """Whether the effect is really there, read back from the target."""

    @abstractmethod
    async def release(self, params: P, key: str, undo: Undo | None, before: Snapshot | None) -> None:
        """Take our own part back; `undo` is None where its receipt was lost."""


class Connector(Protocol):
    """One system that actions work through, e.g. `sim` or `edge-1`."""

    instance: str
    executor: Executor

    async def health(self) -> None:
        """Return if it answers and we are permitted; raise `TargetError` if not."""

    async def owned(self) -> Mapping[str, Json]:
        """Every effect of ours that stands there now: owner key -> its `action` and `target`; what it omits is gone."""

    async def remove(self, key: str) -> None:
        """Take away whatever stands under this owner key (an effect no lease knows)."""


@dataclass(frozen=True)
class FlowScope:
    """Which traffic a planned effect would cut: all of `target`, or only what these narrow it to, but for `spare`."""

    targets: tuple[str, ...]
    peer: str | None = None
    ports: tuple[int, ...] = ()
    spare: tuple[Spare, ...] = ()


class Context(Protocol):
    """What is known about the place, in memory, as fresh as its sources."""

    def asset(self, name_or_address: str) -> Asset | None: ...

    def assets(self) -> Sequence[Asset]: ...

    def identity(self, account: str) -> Identity | None: ...

    def identities(self) -> Sequence[Identity]: ...

    def standing_in(self, network: Network) -> Sequence[Asset]:
        """Assets that have an address there."""

    def sharing(self, address: str) -> Sequence[Asset]:
        """Everything known to stand behind an address; more than one where it is shared."""

    def guests(self, name: str) -> Sequence[Asset]:
        """Assets that run on this one."""

    def gateway_of(self, target: str) -> Sequence[str]:
        """The segments whose default gateway this host or address is."""

    def alike(self, thing: Asset | Identity) -> int:
        """How many there are of its class: assets of its criticality, accounts as privileged as it."""

    def segment_size(self, kind: str) -> int:
        """How many assets are known to stand in segments of this kind."""

    def administrators(self) -> Sequence[Identity]:
        """Administrators that are enabled."""

    def sources(self, thing: Asset | Identity | None = None) -> Sequence[Source]:
        """The imports that speak of it, the oldest first; all of them, without one."""

    def zone(self, target: str) -> Zone: ...

    def segment(self, target: str) -> str:
        """Kind of the smallest segment that holds the target (`guest`, `lab`, `servers` …), or empty."""

    def dependents(self, name: str) -> Sequence[Asset]:
        """Assets that need this one, directly or through others."""

    def exclusions(self, target: str, at: datetime) -> Sequence[Exclusion]:
        """Exclusions in force then that name the target, or something it stands for or lies in."""

    def message_exists(self, message_id: str) -> bool: ...

    def indicators(self, observable: Observable) -> Sequence[Indicator]: ...

    def listed(self, observable: Observable) -> Sequence[ListedAs]:
        """The warning lists that it stands on."""

    def flows(self, scope: FlowScope, since: datetime, until: datetime | None = None) -> Sequence[Flow]:
        """Tagged flows that it would have cut then, summed up by line, last seen `at`; a job once without `until`."""

    def flow_coverage(self, since: datetime, until: datetime) -> FlowCoverage:
        """For how much of that window there are records of traffic at all."""

    def untouchable(self, target: str) -> str | None:
        """Why nobody may touch this (ourselves, the management channel), or None."""


@dataclass(frozen=True)
class ConnectorState:
    """The last word of a connector's sweep."""

    instance: str
    executor: Executor
    healthy: bool
    seen_at: datetime
    error: str = ""


@dataclass(frozen=True)
class Subject:
    """Everything one check may look at."""

    request: Request
    decision: Decision
    spec: ActionSpec
    params: Params
    asset: Asset | None
    identity: Identity | None
    finding: Finding | None
    context: Context
    now: datetime
    look_back: timedelta
    usage: Usage
    limits: BudgetLimits
    freezes: tuple[str, ...]
    connector: ConnectorState | None
    in_force: tuple[str, ...]
    """Targets of the same action in force now; for one that others rely on, `cut_off` has ours that any action cuts."""
    approved: bool
    """Whether people have approved it, which opens the part of the site's budget kept for them."""
    cut_off: tuple[str, ...] = ()
    windows: tuple[OpenWindow, ...] = ()
    """What the policy's calendars have open for this request now."""
    indicators: tuple[Indicator, ...] = ()
    """What is said against the target, or where that is no address against what the finding saw; as it counts now."""
    excluded: tuple[str, ...] = ()
    """What the policy excludes it by, and `protected` what it protects the target by, a line each."""
    protected: tuple[str, ...] = ()
    look_back_terms: LookBackTerms = LookBackTerms()
    """What the policy says of a look-back that nobody recorded any traffic for."""
    signed_in: tuple[SignedIn, ...] = ()
    """Who of those that decide came through our own API from where, lately."""
    evidence: tuple[Receipt, ...] = ()
    """What was taken down of the target, where the action would destroy it."""
    shares: bool = False
    """Whether the effect stands already, for others or to be prolonged: then it takes no second place in force."""


class Check(Protocol):
    """One pre-execution validation; pure, and total: what it cannot answer it answers with `error`."""

    @property
    def id(self) -> str:
        """Kebab-case, as its file is named."""

    def run(self, subject: Subject) -> CheckResult: ...


class IntakeFormat(Protocol):
    """Reads one product's alerts."""

    name: str

    def recognises(self, record: Json) -> bool: ...

    def kind(self, record: Json) -> str:
        """What sort of record this is, in the product's words; the reason given where it is no alert."""

    def normalise(self, record: Json, file: str, line: int) -> Finding | None:
        """The finding in this record, None if it is not an alert at all; raise `InvalidInput` with the position."""


class Detector(Protocol):
    """Makes findings of files of one kind; holds no state of its own between them."""

    @property
    def id(self) -> str:
        """`subject.method`, as its findings name it."""

    @property
    def version(self) -> str:
        """Changes whenever it may find something else in the same file."""

    def read(self, path: Path) -> Iterator[Finding]:
        """The findings in one file, the same ones each time; raise `InvalidInput` for what it cannot read."""


class People(Protocol):
    """Who there is, and who is on duty."""

    def get(self, principal: str) -> Principal | None: ...

    def by_token(self, token: str) -> Principal | None: ...
    def all(self) -> Iterable[Principal]: ...

    def on_call(self, group: str, at: datetime) -> Sequence[Principal]: ...
    def absent(self, at: datetime) -> frozenset[str]: ...


class Specs(Protocol):
    """The registered actions' metadata."""

    def get(self, action: str) -> ActionSpec | None: ...

    def all(self) -> Iterable[ActionSpec]: ...

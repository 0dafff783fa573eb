"""What travels between the engine and the zone worker that touches the world."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from engine.model.action import Executor, Snapshot, Undo
from engine.model.base import AwareDatetime, Json, Model
from engine.model.harm import HarmProbe, Round
from engine.model.restoring import Changed


class CommitToken(Model):
    """Leave to execute once, issued in the transaction that authorised it and signed by the engine.

    `digest` binds action, version, parameters and target; nothing begins after `not_after`. Leave that `renews` is to
    tell what stands of a later end: it puts nothing in force.
    """

    request_id: str
    lease_id: str
    owner: str
    digest: str
    executor: Executor
    not_after: AwareDatetime
    renews: bool = False
    signature: str = ""


class Work(Model):
    """What to do at the target, for every remote activity.

    `agreed` is what a person had given back though it was changed meanwhile: nothing else is compared then. Where a
    release `keeps` what the effect displaced, another effect of ours goes on displacing it. `signature` is the engine's
    under what a release gives back, for ever; taking our own element away needs none.
    """

    token: CommitToken | None = None
    action: str
    action_version: str
    connector: str
    executor: Executor
    target: str
    params: Json
    owner: str
    expires_at: AwareDatetime | None = None
    snapshot: Snapshot | None = None
    undo: Undo | None = None
    agreed: tuple[Changed, ...] = ()
    keeps: bool = False
    signature: str = ""


class Result(StrEnum):
    """How a remote activity ended, as the engine has to treat it.

    `lost`: the worker died over it, so nothing is known, and the target is not to blame. `unknown`: it is. `probed`:
    the harm probes were tried, whatever came of them; `unprobed`: nobody could try them.
    """

    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    ABSENT = "absent"
    REFUSED = "refused"
    STALE = "stale"
    NOT_BEGUN = "not_begun"
    UNKNOWN = "unknown"
    LOST = "lost"
    RELEASED = "released"
    RELEASE_FAILED = "release_failed"
    PROBED = "probed"
    UNPROBED = "unprobed"


class Outcome(Model):
    """What a remote activity (or its time-out) told the lease; `at` is when the effect changed, by the zone's clock.

    `found` says that it stood there already when the target was asked, since nobody knows when. A release says what
    it gave back (`restored`), what was `changed` by others and so was not, and whether it did what people `agreed` to.
    """

    result: Result
    at: AwareDatetime
    snapshot: Snapshot | None = None
    undo: Undo | None = None
    message: str = ""
    found: bool = False
    restored: Json = Field(default_factory=dict)
    changed: tuple[Changed, ...] = ()
    agreed: bool = False
    samples: Round = ()


class Apply(Model):
    """Snapshot, execute and verify, under the token."""

    kind: Literal["apply"] = "apply"
    work: Work


class Inspect(Model):
    """Ask the target what it did under this owner key."""

    kind: Literal["inspect"] = "inspect"
    work: Work


class Release(Model):
    """Take our own element back and restore the snapshot."""

    kind: Literal["release"] = "release"
    work: Work


class Probe(Model):
    """Try what has to go on working beside this effect; changes nothing."""

    kind: Literal["probe"] = "probe"
    work: Work
    probes: tuple[HarmProbe, ...]


class Hold(Model):
    """Nothing to do until this instant, or a nudge."""

    kind: Literal["hold"] = "hold"
    until: AwareDatetime


class Finish(Model):
    """This effect is over, and nobody waits for the next."""

    kind: Literal["finish"] = "finish"


Command = Annotated[Apply | Inspect | Release | Probe | Hold | Finish, Field(discriminator="kind")]


class Order(Model):
    """What a workflow is to do next.

    `repeated` says that the step was done before, by a worker that died before its workflow heard of it: whatever was
    signalled since may be missing in the order, so the workflow carries it out and looks again instead of waiting.
    """

    repeated: bool = False


class LeaseOrder(Order):
    """What the lease's workflow is to do next."""

    command: Command


class LeaseStart(Model):
    """A lease the incident's workflow is to start, or to join where it already runs."""

    key: str
    request_id: str


class IncidentOrder(Order):
    """What the incident's workflow is to do next: leases to start or join, when to look again, or that it is over."""

    start: tuple[LeaseStart, ...] = ()
    wake_at: datetime | None = None
    done: bool = False

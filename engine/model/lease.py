"""An effect in force, with an expiry and holders."""

from datetime import timedelta
from enum import StrEnum

from engine.model.action import Executor, Snapshot, Undo
from engine.model.base import AwareDatetime, Json, Model
from engine.model.harm import HarmWatch
from engine.model.restoring import Changed

PERMANENT = timedelta(days=36_500)
"""The length of a share that lasts until somebody releases it: a hundred years."""


class LeaseState(StrEnum):
    """See `engine.lifecycle.LEASE` for the table."""

    APPLYING = "applying"
    ACTIVE = "active"
    UNKNOWN = "unknown"
    FAILED = "failed"
    DRIFTED = "drifted"
    SURRENDERED = "surrendered"
    RELEASING = "releasing"
    STUCK = "stuck"
    RELEASED = "released"


class Lease(Model):
    """One generation of one effect in the world.

    `key` is `lease/<action>/<connector>/<digest of target>` and the id of its workflow; `owner` is the idempotency
    key that the connector writes beside our element. `expires_at` is the latest end of its holders, `told_until` the
    end that a target which ends effects by itself was last told, `committed_at` when leave was last given.
    `inherits` says that its snapshot holds what an earlier effect of ours displaced.
    `withdrawn` says that a person released it before it was in force. `after` are leases that are released before it,
    `before` those that wait for it. `changed` is what its release found changed by others, `agreed` what of it is to
    be given back all the same, and `lift` why somebody else's lifting it is right until then.
    """

    id: str
    key: str
    generation: int
    state: LeaseState
    action: str
    action_version: str
    connector: str
    executor: Executor
    target: str
    params: Json
    owner: str
    began_at: AwareDatetime
    changed_at: AwareDatetime
    active_at: AwareDatetime | None = None
    expires_at: AwareDatetime | None = None
    released_at: AwareDatetime | None = None
    snapshot: Snapshot | None = None
    inherits: bool = False
    undo: Undo | None = None
    attempts: int = 0
    reapplied: int = 0
    drift: str = ""
    next_try_at: AwareDatetime | None = None
    told_until: AwareDatetime | None = None
    committed: str = ""
    committed_at: AwareDatetime | None = None
    withdrawn: bool = False
    after: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    note: str = ""
    changed: tuple[Changed, ...] = ()
    agreed: tuple[Changed, ...] = ()
    lift: str = ""
    lift_until: AwareDatetime | None = None
    harm: HarmWatch | None = None


class Holder(Model):
    """One request's share of a lease, with its own end; `again_at` is when it is decided again, if it is to be."""

    request_id: str
    lease_id: str
    incident_id: str
    expires_at: AwareDatetime
    ceiling_at: AwareDatetime
    again_at: AwareDatetime | None = None
    left_at: AwareDatetime | None = None
    left_why: str = ""

"""Routes over leases, freezes, policy and the state of everything."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends

from console.api.backend import Backend, Caller, Seconds, backend_of, caller_of
from console.api.paging import Wanted, at
from console.status import status_view
from console.views import freeze_view, lease_view, stamp
from engine.control.doors import extend_lease
from engine.control.freezing import explain_freeze, freeze, unfreeze
from engine.control.hypothetical import suppose
from engine.control.verdicts import release_by_hand
from engine.decide import explain
from engine.model.base import Json, Model, Said
from engine.model.finding import Finding
from engine.store.rows import micros
from engine.store.tx import Tx

router = APIRouter()
Engine = Annotated[Backend, Depends(backend_of)]
Who = Annotated[Caller, Depends(caller_of)]


class ReasonIn(Model):
    """Why somebody does something."""

    reason: Said


class ExtensionIn(ReasonIn):
    """A later end."""

    by_s: Seconds


class ScopeIn(Model):
    """What is frozen or lifted; here a reason may follow later."""

    scope: str
    reason: Said = ""


class FreezeIn(ScopeIn):
    """A kill switch; `hold` lets what is in force last as long."""

    lasts_s: Seconds | None = None
    hold: bool = False


@router.get("/leases")
async def get_leases(engine: Engine, _: Who, page: Wanted) -> Json:
    """Every effect, in force or over, a page at a time."""

    def query(tx: Tx) -> Json:
        return page.answer("leases", tx.listing.leases, lambda one: lease_view(one, tx.holders.of(one.id)))

    return await engine.read(query)


@router.post("/leases/{lease_id}/release")
async def post_release(lease_id: str, given: ReasonIn, engine: Engine, who: Who) -> Json:
    """End an effect now."""
    now = engine.clock()
    return lease_view(
        await engine.write(lambda tx: release_by_hand(tx, engine.desk(tx), who.principal, lease_id, given.reason, now))
    )


@router.post("/leases/{lease_id}/extension")
async def post_extension(lease_id: str, given: ExtensionIn, engine: Engine, who: Who) -> Json:
    """Let an effect last longer, within its ceiling."""
    now, by = engine.clock(), timedelta(seconds=given.by_s)
    lease = await engine.write(lambda tx: extend_lease(tx, who.principal, lease_id, by, given.reason, now))
    return lease_view(lease)


@router.get("/freezes")
async def get_freezes(engine: Engine, _: Who, page: Wanted) -> Json:
    """What is frozen now, a page at a time."""
    now = engine.clock()
    return await engine.read(
        lambda tx: page.of(
            "freezes",
            tx.freezes.active(now),
            lambda one: at(micros(one.since), one.scope),
            lambda one: freeze_view(one, now),
        )
    )


@router.post("/freezes")
async def post_freeze(given: FreezeIn, engine: Engine, who: Who) -> Json:
    """Stop what has not begun."""
    now, lasts = engine.clock(), None if given.lasts_s is None else timedelta(seconds=given.lasts_s)
    frozen = await engine.write(
        lambda tx: freeze(tx, engine.desk(tx), who.principal, given.scope, given.reason, lasts, now, given.hold)
    )
    return freeze_view(frozen.freeze, now) | {"wanted": stamp(frozen.wanted), "held": [*frozen.held]}


@router.post("/freezes/reason")
async def post_reason(given: ScopeIn, engine: Engine, who: Who) -> Json:
    """Say afterwards why something is frozen."""
    now = engine.clock()
    explained = await engine.write(lambda tx: explain_freeze(tx, who.principal, given.scope, given.reason, now))
    return freeze_view(explained, now)


@router.post("/freezes/lift")
async def post_unfreeze(given: ScopeIn, engine: Engine, who: Who) -> Json:
    """Lift a freeze."""
    now = engine.clock()
    await engine.write(lambda tx: unfreeze(tx, who.principal, given.scope, given.reason, now))
    return {"scope": given.scope, "lifted": True}


class SupposedIn(Model):
    """An action to decide about without asking for it."""

    finding: Finding | None = None
    action: str
    target: str
    params: Json = {}


@router.post("/policy/explain")
async def post_explain(given: SupposedIn, engine: Engine, _: Who) -> Json:
    """What the active policy and every check say to it now; nothing is written."""
    now = engine.clock()
    seen = await engine.read(
        lambda tx: suppose(tx, engine.desk(tx), given.finding, given.action, given.target, given.params, now)
    )
    return explain(seen.decision, seen.checks)


@router.get("/status")
async def get_status(engine: Engine, _: Who) -> Json:
    """What is in force and ends next, who is waited for, what is stuck, frozen, over budget."""
    now = engine.clock()
    return await engine.read(lambda tx: status_view(tx, engine.desk(tx), now, engine.rooms))

"""Routes over break-glass: acting without the approvals it takes, and what was done by it."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends

from console.api.backend import Backend, Caller, Seconds, backend_of, caller_of
from console.api.paging import Place, Wanted, at
from console.feedback_views import use_view
from console.views import action_view
from engine.break_glass import Past
from engine.control import doors
from engine.control.break_glass import break_glass, past, recent
from engine.model.base import Json, Model, Said
from engine.store.rows import micros
from engine.store.tx import Tx

router = APIRouter()
Engine = Annotated[Backend, Depends(backend_of)]
Who = Annotated[Caller, Depends(caller_of)]


class BreakGlassIn(Model):
    """What somebody wants done at once."""

    action: str
    target: str
    params: Json = {}
    lease_s: Seconds | None = None
    reason: Said


@router.get("/break-glass")
async def get_break_glass(engine: Engine, _: Who, page: Wanted) -> Json:
    """What was done by break-glass in the last thirty days, and where each review stands, a page at a time."""
    now = engine.clock()
    return await engine.read(lambda tx: page.of("uses", recent(tx, now), _place, lambda one: use_view(one, now)))


@router.post("/break-glass")
async def post_break_glass(given: BreakGlassIn, engine: Engine, who: Who) -> Json:
    """Act without the approvals it takes, where the policy lets the caller."""
    now, follow = engine.clock(), engine.follow()
    lease = None if given.lease_s is None else timedelta(seconds=given.lease_s)
    wanted = doors.Wanted(given.action, given.target, given.params, lease, given.reason)

    def work(tx: Tx) -> Json:
        desk = engine.desk(tx)
        request = break_glass(tx, desk, who.principal, wanted, now)
        incident = tx.incidents.get(request.incident_id)
        if incident is not None:
            follow(incident.workflow_id)
        return action_view(request, desk.executors) | {"break_glass": use_view(past(tx, request.id), now)}

    with engine.tracer.start_as_current_span("intake"):
        return await engine.write(work)


def _place(past: Past) -> Place:
    return at(micros(past.use.at), past.use.request_id)

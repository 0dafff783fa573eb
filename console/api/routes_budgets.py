"""Routes over budgets: what tripped, and the two people who reset it."""

from typing import Annotated

from fastapi import APIRouter, Depends

from console.api.backend import Backend, Caller, backend_of, caller_of
from console.budget_views import trip_view
from engine.control.exhausted import segment_shares
from engine.control.resets import reset_budget
from engine.model.base import Json, Model, Said
from engine.store.tx import Tx

router = APIRouter()
Engine = Annotated[Backend, Depends(backend_of)]
Who = Annotated[Caller, Depends(caller_of)]


class ResetIn(Model):
    """A vote to have a budget's scope act by itself again."""

    scope: str
    reason: Said = ""


@router.get("/budgets")
async def get_budgets(engine: Engine, _: Who, all: bool = False) -> Json:
    """What stands tripped, or everything that ever did; and how much of each segment is under effects."""
    now = engine.clock()

    def query(tx: Tx) -> Json:
        desk = engine.desk(tx)
        found = tx.trips.all() if all else tx.trips.standing().values()
        shares = segment_shares(tx, desk.policy, desk.context, now)
        segments = [share.model_dump(mode="json") for share in shares]
        return {"trips": [trip_view(tx, desk, trip) for trip in found], "segments": [*segments]}

    return await engine.read(query)


@router.post("/budgets/reset")
async def post_reset(given: ResetIn, engine: Engine, who: Who) -> Json:
    """Vote to reset; one that does not count is answered with the reason, and recorded."""
    now = engine.clock()

    def work(tx: Tx) -> Json:
        desk = engine.desk(tx)
        answer = reset_budget(tx, desk, who.principal, given.scope, given.reason, now)
        counted: Json = {"accepted": answer.accepted, "because": answer.because}
        return trip_view(tx, desk, answer.trip) | counted

    return await engine.write(work)

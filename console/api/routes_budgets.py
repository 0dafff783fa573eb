"""Routes over budgets: what tripped, and the two people who reset it."""

from typing import Annotated

from fastapi import APIRouter, Depends

from console.api.backend import Backend, Caller, backend_of, caller_of
from console.api.paging import WantedOfAll, by_id
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
async def get_budgets(engine: Engine, _: Who, page: WantedOfAll) -> Json:
    """What stands tripped, or everything that ever did, a page at a time; on the first, how full each segment is."""
    now = engine.clock()

    def query(tx: Tx) -> Json:
        desk = engine.desk(tx)
        shares = () if page.after else segment_shares(tx, desk.policy, desk.context, now)
        segments: Json = {"segments": [share.model_dump(mode="json") for share in shares]}
        if page.all:
            return page.answer("trips", tx.listing.trips, lambda trip: trip_view(tx, desk, trip)) | segments
        standing = tx.trips.standing().values()
        return page.of("trips", standing, by_id, lambda trip: trip_view(tx, desk, trip)) | segments

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

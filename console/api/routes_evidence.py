"""Routes over what was taken down as evidence; its content never passes here, for it may be anybody's mail."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from console.api.backend import Backend, Caller, backend_of, caller_of
from console.api.paging import Page, Place, at
from engine.control.evidence import Taken, all_taken, find_taken
from engine.model.base import Json

router = APIRouter()
Engine = Annotated[Backend, Depends(backend_of)]
Who = Annotated[Caller, Depends(caller_of)]


class PageOfIncident(Page):
    """Which part of the list is wanted, and of which incident."""

    incident: str | None = None


@router.get("/evidence")
async def get_evidence(engine: Engine, _: Who, page: Annotated[PageOfIncident, Query()]) -> Json:
    """Every receipt, the oldest first, a page at a time; of one incident, where that is named."""
    return await engine.read(lambda tx: page.of("evidence", all_taken(tx, page.incident), _place, _view))


@router.get("/evidence/{lease_id}")
async def get_piece(lease_id: str, engine: Engine, _: Who) -> Json:
    """One receipt."""
    return await engine.read(lambda tx: _view(find_taken(tx, lease_id)))


def _view(taken: Taken) -> Json:
    lease = taken.lease
    about: Json = {"id": lease.id, "incidents": [*taken.incidents], "connector": lease.connector}
    return about | {"executor": lease.executor, **taken.receipt.model_dump(mode="json")}


def _place(taken: Taken) -> Place:
    return at(0, taken.lease.id)

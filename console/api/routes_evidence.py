"""Routes over what was taken down as evidence; its content never passes here, for it may be anybody's mail."""

from typing import Annotated

from fastapi import APIRouter, Depends

from console.api.backend import Backend, Caller, backend_of, caller_of
from engine.control.evidence import Taken, all_taken, find_taken
from engine.model.base import Json

router = APIRouter()
Engine = Annotated[Backend, Depends(backend_of)]
Who = Annotated[Caller, Depends(caller_of)]


@router.get("/evidence")
async def get_evidence(engine: Engine, _: Who, incident: str | None = None) -> Json:
    """Every receipt, the oldest first; of one incident, where that is named."""
    return {"evidence": await engine.read(lambda tx: [_view(taken) for taken in all_taken(tx, incident)])}


@router.get("/evidence/{lease_id}")
async def get_piece(lease_id: str, engine: Engine, _: Who) -> Json:
    """One receipt."""
    return await engine.read(lambda tx: _view(find_taken(tx, lease_id)))


def _view(taken: Taken) -> Json:
    lease = taken.lease
    about: Json = {"id": lease.id, "incidents": [*taken.incidents], "connector": lease.connector}
    return about | {"executor": lease.executor, **taken.receipt.model_dump(mode="json")}

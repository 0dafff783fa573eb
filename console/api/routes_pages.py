"""Routes over what people are paged about."""

from typing import Annotated

from fastapi import APIRouter, Depends

from console.api.backend import Backend, Caller, backend_of, caller_of
from console.page_views import page_view
from engine.control.acknowledging import acknowledge
from engine.model.base import Json
from engine.store.tx import Tx

router = APIRouter()
Engine = Annotated[Backend, Depends(backend_of)]
Who = Annotated[Caller, Depends(caller_of)]


@router.get("/pages")
async def get_pages(engine: Engine, _: Who, all: bool = False) -> Json:
    """What stands, what nobody has acknowledged first; or every page there was."""

    def query(tx: Tx) -> Json:
        found = tx.pages.all() if all else sorted(tx.pages.standing(), key=lambda page: page.state != "open")
        return {"pages": [page_view(page) for page in found]}

    return await engine.read(query)


@router.post("/pages/{page_id}/acknowledgement")
async def post_acknowledgement(page_id: str, engine: Engine, who: Who) -> Json:
    """Take a page on."""
    now = engine.clock()
    return page_view(await engine.write(lambda tx: acknowledge(tx, who.principal, page_id, now)))

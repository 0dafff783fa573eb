"""Routes over what people are paged about."""

from typing import Annotated

from fastapi import APIRouter, Depends

from console.api.backend import Backend, Caller, backend_of, caller_of
from console.api.paging import Place, WantedOfAll, at
from console.page_views import page_view
from engine.control.acknowledging import acknowledge
from engine.model.base import Json
from engine.model.page import Page, PageState
from engine.store.tx import Tx

router = APIRouter()
Engine = Annotated[Backend, Depends(backend_of)]
Who = Annotated[Caller, Depends(caller_of)]


@router.get("/pages")
async def get_pages(engine: Engine, _: Who, wanted: WantedOfAll) -> Json:
    """What stands, what nobody has acknowledged first; or every page there was; so many at a time."""

    def query(tx: Tx) -> Json:
        if wanted.all:
            return wanted.answer("pages", tx.listing.pages, page_view)
        return wanted.of("pages", tx.pages.standing(), _place, page_view)

    return await engine.read(query)


@router.post("/pages/{page_id}/acknowledgement")
async def post_acknowledgement(page_id: str, engine: Engine, who: Who) -> Json:
    """Take a page on."""
    now = engine.clock()
    return page_view(await engine.write(lambda tx: acknowledge(tx, who.principal, page_id, now)))


def _place(page: Page) -> Place:
    return at(int(page.state is not PageState.OPEN), page.id)

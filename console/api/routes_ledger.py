"""Routes over the ledger."""

import io
from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from console.api.backend import Backend, Caller, backend_of, caller_of
from engine.ledger.entries import parse
from engine.ledger.export import write_export
from engine.ledger.sealer import LedgerSealer
from engine.model.base import Json

router = APIRouter()
Engine = Annotated[Backend, Depends(backend_of)]
Who = Annotated[Caller, Depends(caller_of)]
Number = Annotated[int, Query(ge=-1, le=2**62)]
SHOWN = 200
"""Entries in one answer at the most."""


@router.get("/ledger")
async def get_ledger(engine: Engine, _: Who, subject: str | None = None, after: Number = -1) -> Json:
    """Entries in order, of one subject or all, a page at a time."""
    with engine.store.ledger() as rows:
        found = [*islice(rows.entries(after, subject), SHOWN + 1)]
        entries = [parse(data) for _, data, _ in found[:SHOWN]]
        last = entries[-1].seq if len(found) > SHOWN else None
        return {"entries": [entry.model_dump(mode="json") for entry in entries], "next": last}


class Lines(Response):
    """One JSON document a line."""

    media_type = "application/jsonl"


@router.get("/ledger/export", response_class=Lines)
async def get_export(engine: Engine, _: Who) -> Response:
    """The whole ledger, sealed to its last entry, for verification elsewhere."""
    await engine.store.seal(LedgerSealer(engine.ledger_key, engine.home), engine.clock())
    file = io.BytesIO()
    with engine.store.ledger() as rows:
        write_export((data for _, data, _ in rows.entries()), rows.checkpoints(), file)
    return Lines(file.getvalue())

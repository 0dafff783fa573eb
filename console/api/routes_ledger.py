"""Routes over the ledger, which is read in threads: it may be long, and others are answered meanwhile."""

import asyncio
import os
from contextlib import ExitStack
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryFile
from typing import Annotated, BinaryIO

from fastapi import APIRouter, Depends, HTTPException, Query
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from console.api.backend import Backend, Caller, backend_of, caller_of
from engine.ledger.entries import parse
from engine.ledger.export import write_export
from engine.ledger.sealer import LedgerSealer
from engine.model.base import Json
from engine.store.store import Store

router = APIRouter()
Engine = Annotated[Backend, Depends(backend_of)]
Who = Annotated[Caller, Depends(caller_of)]
Number = Annotated[int, Query(ge=-1, le=2**62)]
SHOWN = 200
"""Entries in one answer at the most."""
PIECE = 1024 * 1024
"""Bytes of an export that are read and sent at once."""


@router.get("/ledger")
async def get_ledger(engine: Engine, _: Who, subject: str | None = None, after: Number = -1) -> Json:
    """Entries in order, of one subject or all, a page at a time."""
    return await asyncio.to_thread(_page, engine.store, after, subject)


def _page(store: Store, after: int, subject: str | None) -> Json:
    with store.ledger() as rows:
        found = [*islice(rows.entries(after, subject), SHOWN + 1)]
    entries = [parse(data) for _, data, _ in found[:SHOWN]]
    last = entries[-1].seq if len(found) > SHOWN else None
    return {"entries": [entry.model_dump(mode="json") for entry in entries], "next": last}


class Lines(StreamingResponse):
    """One JSON document a line, out of a file that is gone once it was sent, to its end or not."""

    media_type = "application/jsonl"

    def __init__(self, file: BinaryIO) -> None:
        """Answer with the whole of `file`."""
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        super().__init__(iter(partial(file.read, PIECE), b""), headers={"Content-Length": str(size)})
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._file.close()


@router.get("/ledger/export", response_class=Lines, status_code=200)
async def get_export(engine: Engine, _: Who) -> Lines:
    """The whole ledger, sealed to its last entry, for verification elsewhere; one is written at a time."""
    # INVARIANT: nothing is waited for between the question and the lock.
    if engine.exporting.locked():
        raise HTTPException(429, "the ledger is being exported already", {"Retry-After": "10"})
    async with engine.exporting:
        await engine.store.seal(LedgerSealer(engine.ledger_key, engine.home), engine.clock())
        return Lines(await asyncio.to_thread(_write, engine.store, engine.home))


def _write(store: Store, home: Path) -> BinaryIO:
    """The export in a file without a name, beside the ledger: elsewhere may be too little room for it."""
    with ExitStack() as closing:
        file = closing.enter_context(TemporaryFile(dir=home))
        with store.ledger() as rows:
            write_export((data for _, data, _ in rows.entries()), rows.checkpoints(), file)
        closing.pop_all()
    return file

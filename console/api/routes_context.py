"""Routes over what is known about the place: taking a file in, what is known of a target, and the inventory."""

from datetime import timedelta
from pathlib import PurePath
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from console.api.backend import Backend, Caller, Seconds, backend_of, caller_of
from engine.context.imports.reading import LARGEST, Format, read, sha256, true_at
from engine.context.merge import Known
from engine.context.told import inventory, told
from engine.control.context_imports import Taken, compare, take_in
from engine.control.doors import require_role
from engine.control.governance import PROPOSERS
from engine.errors import InvalidInput
from engine.model.base import Json, Model, Said
from engine.model.provenance import Source, SourceName

router = APIRouter(prefix="/context")
Engine = Annotated[Backend, Depends(backend_of)]
Who = Annotated[Caller, Depends(caller_of)]
LONGEST_NAME = 60


class FileIn(Model):
    """What is said about a file; without a source its name is the file's, and what it says counts for 30 days."""

    file: Annotated[str, Query(min_length=1, max_length=1000)]
    source: SourceName | None = None
    format: Format | None = None
    valid_for_s: Seconds = timedelta(days=30).total_seconds()
    reason: Said = ""
    dry_run: bool = False

    def source_name(self) -> str:
        """By which it is replaced the next time."""
        name = PurePath(self.file).name.partition(".")[0].lower().replace(" ", "-")
        kept = "".join(char for char in name if char.isascii() and (char.isalnum() or char in "_-"))
        return self.source or kept.lstrip("_-")[:LONGEST_NAME] or "unnamed"


@router.post("/imports")
async def post_import(given: Annotated[FileIn, Query()], request: Request, engine: Engine, who: Who) -> Json:
    """Take a file in, which is the body: at once where it only tightens, else it is put to the vote."""
    require_role(who.principal, *PROPOSERS)
    known = _known(given, await _body(request, given.file), who, engine)
    site = engine.desk().site()
    seen = await engine.read(lambda tx: compare(tx, site, known))
    if given.dry_run:
        return _view(seen.told(), known.source)
    now = engine.clock()
    taken = await engine.write(lambda tx: take_in(tx, engine.desk, who.principal, seen, given.reason, now))
    await engine.desk.follow(engine.store)
    return _view(taken, known.source)


@router.get("/known")
async def get_known(target: Annotated[str, Query(min_length=1, max_length=1024)], engine: Engine, _: Who) -> Json:
    """What is known of a host, address or account, from where, and how old it is."""
    now = engine.clock()
    return await engine.read(lambda tx: told(engine.desk(tx).context, target, now))


@router.get("/inventory")
async def get_inventory(engine: Engine, _: Who) -> Json:
    """Every asset and account in short, and every source with its age."""
    now = engine.clock()
    return await engine.read(lambda tx: inventory(engine.desk(tx).context, now))


def _known(given: FileIn, data: bytes, who: Caller, engine: Backend) -> Known:
    found, content = read(given.file, data, given.format)
    now = engine.clock()
    source = Source(
        name=given.source_name(),
        format=found,
        file=given.file,
        sha256=sha256(data),
        by=who.actor,
        at=now,
        as_of=true_at(content, now),
        valid_for=timedelta(seconds=given.valid_for_s) if given.valid_for_s else None,
    )
    return Known(source, content)


async def _body(request: Request, file: str) -> bytes:
    data = bytearray()
    async for piece in request.stream():
        data += piece
        if len(data) > LARGEST:
            raise InvalidInput(f"is larger than {LARGEST // 2**20} MiB: split it", file=file)
    return bytes(data)


def _view(taken: Taken, source: Source) -> Json:
    return taken.model_dump(mode="json") | {"of": source.model_dump(mode="json")}

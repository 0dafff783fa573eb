"""Routes over intelligence: taking a file in, and what is known about a value."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from console.api.backend import Backend, Caller, Seconds, backend_of, caller_of
from engine.errors import InvalidInput
from engine.intel.indicators import spelled
from engine.intel.origins import FRESH, in_force, independent
from engine.intel.reading import LARGEST
from engine.intel.records import Terms
from engine.intel.values import canonical, kind_of
from engine.model.base import Json, Model
from engine.model.context import Indicator, ListedAs
from engine.model.finding import Observable, ObservableType

router = APIRouter()
Engine = Annotated[Backend, Depends(backend_of)]
Who = Annotated[Caller, Depends(caller_of)]
Name = Annotated[str, Query(max_length=200, pattern=r"^(\S(.*\S)?)?$")]


class FileIn(Model):
    """What is said about a file that its records do not say; without a feed it is the file's name."""

    file: Annotated[str, Query(min_length=1, max_length=1000)]
    feed: Name = ""
    owner: Name = ""
    confidence: Annotated[float, Query(ge=0, le=1, allow_inf_nan=False)] = 0.0
    valid_for_s: Seconds | None = None

    def terms(self) -> Terms:
        """The same as the reader takes it."""
        return Terms(
            feed=self.feed or PurePath(self.file).name.partition(".")[0].strip()[:200] or "unnamed",
            one_feed=bool(self.feed),
            owner=self.owner,
            confidence=self.confidence,
            valid_for=None if self.valid_for_s is None else timedelta(seconds=self.valid_for_s),
        )


@router.post("/intel/imports")
async def post_import(given: Annotated[FileIn, Query()], request: Request, engine: Engine, who: Who) -> Json:
    """Take a file in, which is the body; it counts whole, but for the records that are refused by name.

    Takes an administrator, of the policy or of everything: what stands in the file lowers the tier of what is done.
    """
    data = bytearray()
    async for piece in request.stream():
        data += piece
        if len(data) > LARGEST:
            raise InvalidInput(f"is larger than {LARGEST // 2**20} MiB: split it", file=given.file)
    told = await engine.library.take_in(given.file, bytes(data), given.terms(), who.actor, engine.clock())
    return told.model_dump(mode="json")


@router.get("/intel/lookup")
async def get_lookup(
    value: Annotated[str, Query(min_length=1, max_length=1024)],
    engine: Engine,
    _: Who,
    type: ObservableType | None = None,
) -> Json:
    """What is said against a value, whose and how old it is, and which warning lists it stands on."""
    kind = type or kind_of(value)
    try:
        canonical(kind, value)
    except ValueError as error:
        raise InvalidInput(str(error)) from None
    seen = Observable(type=kind, value=spelled(kind, value))
    context = engine.desk().context
    return _view(seen, context.indicators(seen), context.listed(seen), engine.clock())


def _view(seen: Observable, indicators: Sequence[Indicator], listed: Sequence[ListedAs], now: datetime) -> Json:
    """Indicators that do not count now are shown too, marked so."""
    counting = in_force(indicators, now)
    fresh = [one for one in counting if now - one.seen_at < FRESH]
    said = {warning for one in indicators for warning in one.warnings}
    return {
        "value": seen.value,
        "type": seen.type,
        "known": bool(counting),
        "independent_origins": independent(counting),
        "fresh_origins": independent(fresh),
        "warnings": [*sorted(said | {on.kind.value for on in listed})],
        "indicators": [one.model_dump(mode="json") | {"counts": one in counting} for one in indicators],
        "listed": [on.model_dump(mode="json") for on in listed],
    }

"""Long lists a page at a time: `limit` and `after` in, `next` out, which the next request takes as its `after`."""

from collections.abc import Callable, Sequence
from typing import Annotated, Protocol, TypeVar

from fastapi import Query
from pydantic import Field

from engine.model.base import Json, Model

MOST = 500


class Listed(Protocol):
    """What stands in a list, by its id."""

    @property
    def id(self) -> str: ...


L = TypeVar("L", bound=Listed)


class Page(Model):
    """Which part of a list is wanted."""

    limit: Annotated[int, Field(ge=1, le=MOST)] = MOST
    after: Annotated[str, Field(max_length=1024)] = ""

    def answer(self, name: str, find: Callable[[str, int], Sequence[L]], view: Callable[[L], Json]) -> Json:
        """One page under its name; `next` is None on the last."""
        found = find(self.after, self.limit + 1)
        shown = found[: self.limit]
        return {name: [view(one) for one in shown], "next": shown[-1].id if len(found) > len(shown) else None}


Wanted = Annotated[Page, Query()]
"""As a route takes it."""

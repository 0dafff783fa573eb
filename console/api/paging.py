"""Long lists a page at a time: `limit` and `after` in, `next` out, which the next request takes as its `after`.

Each has one order, and a page begins behind a place in it, which need not be taken any more: what was there when the
first page was asked for, and kept its place, comes once.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, NamedTuple, Protocol, TypeVar

from fastapi import Query
from pydantic import Field

from engine.errors import InvalidInput
from engine.model.base import Json, Model

MOST = 500
DIGITS = 20


class Listed(Protocol):
    """What stands in a list, by its id."""

    @property
    def id(self) -> str: ...


T = TypeVar("T")
L = TypeVar("L", bound=Listed)


class Place(NamedTuple):
    """Where something stands in a list that is at hand whole: by a number, then by its id, shorter ones first."""

    number: int
    length: int
    id: str

    def __str__(self) -> str:
        """As `next` says it."""
        return f"{self.number}.{self.id}"


FIRST = Place(-1, 0, "")


def at(number: int, id: str) -> Place:
    """The place of this id among those of the same number, which is not negative."""
    return Place(number, len(id), id)


def by_id(one: Listed) -> Place:
    """Where ids are all that orders a list."""
    return at(0, one.id)


class Page(Model):
    """Which part of a list is wanted."""

    limit: Annotated[int, Field(ge=1, le=MOST)] = MOST
    after: Annotated[str, Field(max_length=1024)] = ""

    def answer(self, name: str, find: Callable[[str, int], Sequence[L]], view: Callable[[L], Json]) -> Json:
        """One page under its name, of what is found by id; `next` is None on the last."""
        found = find(self.after, self.limit + 1)
        shown = found[: self.limit]
        return {name: [view(one) for one in shown], "next": shown[-1].id if len(found) > len(shown) else None}

    def of(self, name: str, found: Iterable[T], place: Callable[[T], Place], view: Callable[[T], Json]) -> Json:
        """The same of what is at hand whole, in the order of its places."""
        begin = _place(self.after)
        rest = sorted((one for one in found if place(one) > begin), key=place)
        shown = rest[: self.limit]
        return {name: [view(one) for one in shown], "next": str(place(shown[-1])) if len(rest) > len(shown) else None}


class PageOfAll(Page):
    """The same of a list that shows what is current, or `all` there ever was."""

    all: bool = False


Wanted = Annotated[Page, Query()]
WantedOfAll = Annotated[PageOfAll, Query()]
"""As a route takes it."""


def _place(after: str) -> Place:
    number, _, id = after.partition(".")
    if not after:
        return FIRST
    if not (number.isascii() and number.isdecimal() and len(number) <= DIGITS):
        raise InvalidInput("`after` is no place in this list: take what `next` says")
    return at(int(number), id)

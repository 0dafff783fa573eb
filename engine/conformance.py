"""What a port asks of everything behind it, as laws that can be tried anywhere: in our tests, and on a plug-in.

A law is a coroutine over a fresh case that raises `NotKept` where it does not hold, and is called what it says.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from engine.errors import FirelineError
from engine.model.base import Model

C = TypeVar("C")


class NotKept(FirelineError):
    """A law does not hold here."""


@dataclass(frozen=True)
class Law(Generic[C]):
    """One law over cases of one kind."""

    name: str
    hold: Callable[[C], Awaitable[None]]


class Verdict(Model):
    """Whether something keeps one law, and if not what was seen instead."""

    law: str
    kept: bool
    message: str = ""


def laws(*holds: Callable[[C], Awaitable[None]]) -> tuple[Law[C], ...]:
    """These coroutines as laws, named as they are."""
    return tuple(Law(getattr(hold, "__name__", "").replace("_", " "), hold) for hold in holds)


def require(held: object, otherwise: str) -> None:
    """Raise `NotKept` unless it holds; not `assert`, which an optimising interpreter leaves out."""
    if not held:
        raise NotKept(otherwise)


def same(found: object, wanted: object, what: str) -> None:
    """Raise `NotKept` unless both are equal."""
    if found != wanted:
        raise NotKept(f"{what}: `{_short(found)}`, not `{_short(wanted)}`")


async def judge(suite: Iterable[Law[C]], fresh: Callable[[], C]) -> tuple[Verdict, ...]:
    """Try every law on a case of its own; whatever is raised on the way breaks that law, and no other."""
    return tuple([await _verdict(law, fresh) for law in suite])


async def _verdict(law: Law[C], fresh: Callable[[], C]) -> Verdict:
    try:
        await law.hold(fresh())
    except NotKept as broken:
        return Verdict(law=law.name, kept=False, message=str(broken))
    # INVARIANT: somebody else's code is on trial; what it raises is the finding.
    except (Exception, SystemExit) as error:
        return Verdict(law=law.name, kept=False, message=f"raised {type(error).__name__}: {_short(error)}")
    return Verdict(law=law.name, kept=True)


def _short(value: object) -> str:
    return " ".join(str(value).split())[:300]

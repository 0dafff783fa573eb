"""Giving back what an effect displaced besides placing our own element: settings of the target that have one value.

Rules: 1. Our own element goes first, and waits for nothing of this. 2. Given back is only what still is as we left it,
compared and set by the target. 3. Whatever else somebody made of it is told, never overwritten. 4. What a person had
given back all the same is compared with what that person saw. 5. What cannot be read back was not given back. 6. While
another such effect stands, whoever's it is, nothing is given back from under it. 7. What was there is what the target
took down with our element, or takes down with the next one; but what it found as we leave it says nothing new.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pydantic import JsonValue

from engine.errors import TargetRefused
from engine.model.action import Params, Snapshot
from engine.model.base import Json
from engine.model.restoring import Changed

P = TypeVar("P", bound=Params)
HELD = "another such effect still stands there"


class Displaces(ABC, Generic[P]):
    """What an action offers besides `engine.ports.Action` if its effect sets something that had a value before.

    Rules: 1. `execute` sets it in one step with placing our element, and not while that stands. 2. `give_back` sets a
    value only where the present one is `expected`, in one step, and raises `TargetRefused` otherwise; where the value
    stands already it does nothing. 3. What was there is written down beside our element, in the same step: the
    word of a worker that died is lost. 4. `left`, `settings` and `remembered` speak of the same settings, and change
    nothing.
    """

    @abstractmethod
    def left(self, params: P) -> Json:
        """Each setting as the effect leaves it."""

    @abstractmethod
    async def settings(self, params: P) -> Json:
        """Each setting as it is now."""

    @abstractmethod
    async def remembered(self, params: P, key: str) -> Json:
        """Each setting as it was before our element of this key; nothing where none stands."""

    @abstractmethod
    async def give_back(self, params: P, setting: str, value: JsonValue, expected: JsonValue) -> None:
        """Set one of them to `value`, if it is `expected`."""


@dataclass(frozen=True)
class GivenBack:
    """What was given back (setting -> value), and what was not because it is no more as we left it."""

    restored: Json = field(default_factory=dict)
    changed: tuple[Changed, ...] = ()


async def displaced(action: object, params: Params, before: Snapshot | None = None) -> Json:
    """The settings that the effect will displace, as they are now, over those it displaced `before`; mostly none."""
    return _newest(action.left(params), before, await action.settings(params)) if isinstance(action, Displaces) else {}


async def remembered(action: object, params: Params, key: str, before: Snapshot | None) -> Snapshot | None:
    """The snapshot, and over it what the target itself remembers (rule 7)."""
    if not isinstance(action, Displaces):
        return before
    was = _newest(action.left(params), before, await action.remembered(params, key))
    return (before or Snapshot(present=False)).model_copy(update={"displaced": was}) if was else before


def _newest(left: Json, before: Snapshot | None, found: Json) -> Json:
    """What was found, but not as we leave it: then it was lifted by halves, or stands under another effect of ours."""
    known = {} if before is None else before.displaced
    return {**known, **{name: was for name, was in found.items() if was != left.get(name) or name not in known}}


async def give_back(
    action: object, params: Params, before: Snapshot | None, agreed: tuple[Changed, ...] = (), held: bool = False
) -> GivenBack:
    """Give back what the effect displaced, or exactly what a person has `agreed` to; may raise `TargetError`.

    Where it is `held` by another such effect nothing is (rule 6).
    """
    if not isinstance(action, Displaces):
        return GivenBack()
    seen = agreed or tuple(compare(before, action.left(params), await action.settings(params)))
    if held:
        return GivenBack(changed=tuple(each.model_copy(update={"refused": HELD}) for each in seen))
    # What a person agreed to is compared with what they saw (rule 4), all else with what we left (rule 2).
    wanted = [each for each in seen if each.was is not None and (agreed or each.now == each.left)]
    tried = await _try_all(action, params, wanted)
    return GivenBack(
        restored={each.setting: each.was for each in tried if each.now == each.was},
        changed=tuple(
            [*(each for each in seen if each not in wanted), *(each for each in tried if each.now != each.was)]
        ),
    )


def unanswered(action: object, params: Params, before: Snapshot | None, why: str) -> tuple[Changed, ...]:
    """What was not given back because the target would not speak of it, and so of which nobody knows what it is now."""
    left = action.left(params) if isinstance(action, Displaces) else {}
    known = {} if before is None else before.displaced
    every = (Changed(setting=name, was=known.get(name), left=value, refused=why) for name, value in left.items())
    return tuple(each for each in every if each.was != each.left)


async def _try_all(action: Displaces[Params], params: Params, wanted: Sequence[Changed]) -> Sequence[Changed]:
    """Each as it is afterwards, read back (rule 5)."""
    if not wanted:
        return ()
    refused = {each.setting: await _try(action, params, each) for each in wanted}
    now = await action.settings(params)
    return [each.model_copy(update={"now": now.get(each.setting), "refused": refused[each.setting]}) for each in wanted]


def compare(before: Snapshot | None, left: Json, now: Json) -> Iterator[Changed]:
    """Each setting that we changed, and that is not as it was again; pure.

    Where nobody knows what it was, it is named only as long as it is as we left it.
    """
    for setting, value in left.items():
        was, present = None if before is None else before.displaced.get(setting), now.get(setting)
        theirs = present != value if was is None else present == was or value == was
        if not theirs:
            yield Changed(setting=setting, was=was, left=value, now=present)


async def _try(action: Displaces[Params], params: Params, each: Changed) -> str:
    """Why the target would not; empty where it did. What nobody could see is compared with what we left."""
    try:
        await action.give_back(params, each.setting, each.was, each.left if each.now is None else each.now)
    except TargetRefused as refusal:
        return str(refusal)
    return ""

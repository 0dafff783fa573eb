"""What of a misshapen playbook file can still be read: everything but the fields and steps that are wrong.

What goes out takes facts with it; complaints that only follow from their absence are not told.
"""

from collections.abc import Iterable
from copy import deepcopy

from pydantic import JsonValue

from engine.documents import Step as Key
from engine.model.base import Json
from engine.playbook_scope import given, spelling

Path = tuple[Key, ...]

_BLOCKS = frozenset({"steps", "then", "else", "default", "do"})
_HEAD: Json = {"playbook": "unnamed", "version": 0, "description": "", "owner": "nobody"}
_STANDING_IN: Json = {"because": "it cannot be read", "at_most": 1, "every": "1s", "wait": "1s", "target": "= dyn(0)"}
_OPTIONAL = frozenset({"when", "timeout", "lease", "on_failure", "together", "groups", "severity"})
"""Fields of a step that no other part of it rests on."""


def without(data: Json, wrong: Iterable[tuple[Path, bool]]) -> tuple[Json, tuple[str, ...]]:
    """The data without what is wrong, each with whether only its key is unknown; and how lost facts' names begin."""
    rest: Json = deepcopy(data)
    lost = [name for path, unknown in wrong for name in _leave_out(rest, path, unknown)]
    return rest, tuple(lost)


def is_step(path: Path) -> bool:
    """Whether a step stands at this place of a file."""
    in_list = len(path) > 1 and isinstance(path[-1], int)
    return path[-1:] == ("on_failure",) or in_list and (path[-2] in _BLOCKS or path[-3:-2] == ("cases",))


def at(data: JsonValue, path: Iterable[Key]) -> JsonValue:
    """What stands at a path, or nothing."""
    for part in path:
        match data:
            case dict() if isinstance(part, str):
                data = data.get(part)
            case list() if isinstance(part, int) and part < len(data):
                data = data[part]
            case _:
                return None
    return data


def _leave_out(data: Json, path: Path, unknown: bool) -> tuple[str, ...]:
    steps = [path[:end] for end in range(1, len(path) + 1) if is_step(path[:end])]
    if unknown:
        return _drop(data, path)
    return _mend(data, steps[-1], path[len(steps[-1]) :]) if steps else _mend_head(data, path)


def _drop(data: Json, path: Path) -> tuple[str, ...]:
    around = at(data, path[:-1])
    if isinstance(around, dict):
        around.pop(str(path[-1]), None)
    return ()


def _mend_head(data: Json, path: Path) -> tuple[str, ...]:
    name = str(path[0]) if path else ""
    if name in _HEAD:
        data[name] = _HEAD[name]
    elif name in ("inputs", "outputs") and len(path) > 1:
        _drop(data, path[:2])
        return (given(str(path[1])),) if path[1] else ()
    elif name != "steps":
        data.pop(name, None)
    return ("input.",) if name == "inputs" else ()


def _mend(data: Json, path: Path, inside: Path) -> tuple[str, ...]:
    """Take a field out of the step at `path`, or the step where others rest on that field."""
    step, name = at(data, path), str(inside[0]) if inside else ""
    if isinstance(step, dict) and len(inside) == 1 and name in _STANDING_IN:
        step[name] = _STANDING_IN[name]
        return ()
    return _drop(data, (*path, name)) if name in _OPTIONAL else _replace(data, path)


def _replace(data: Json, path: Path) -> tuple[str, ...]:
    """A step that does nothing in place of the one at `path`."""
    around, written = at(data, path[:-1]), at(data, path)
    name = written.get("name") if isinstance(written, dict) else None
    known = name if isinstance(name, str) and name else f"unread.{'.'.join(map(str, path))}"
    nothing: Json = {"name": known, "because": "it cannot be read", "wait": "1s"}
    match around, path[-1]:
        case dict(), str(key):
            around[key] = nothing
        case list(), int(index) if index < len(around):
            around[index] = nothing
    return f"answer.{spelling(known)}.", f"output.{spelling(known)}.", f"step.{spelling(known)}."

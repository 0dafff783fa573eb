"""How the steps of a playbook file stand in each other, and what of that is refused whatever the steps say.

Rules: 1. Every step's name stands once in its file, also in the spelling of expressions. 2. At most `STEPS` steps and
`NESTING` blocks and `CALLS` calls within each other: what nobody can survey, nobody can approve.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.authoring import Reviewer
from engine.documents import Step as Key
from engine.model.steps import (
    Common,
    ForEachStep,
    IfStep,
    OnFailure,
    ParallelStep,
    PlaybookFile,
    Step,
    SwitchStep,
    WhileStep,
)
from engine.playbook_scope import spelling

STEPS = 500
NESTING = 10
CALLS = 10

Path = tuple[Key, ...]


@dataclass(frozen=True)
class Standing:
    """A step of a file, where it stands in the document, and within how many blocks."""

    step: Step
    at: Path
    depth: int


def blocks(step: Common) -> Mapping[Path, Sequence[Step]]:
    """The blocks written in a step, by where they stand in it."""
    match step:
        case ParallelStep():
            return {("parallel", index, "steps"): branch.steps for index, branch in enumerate(step.parallel)}
        case IfStep():
            return _present({("then",): step.then, ("else",): step.else_ or ()})
        case SwitchStep():
            cases: dict[Path, Sequence[Step]] = {("cases", name): block for name, block in step.cases.items()}
            return _present({**cases, ("default",): step.default or ()})
        case WhileStep() | ForEachStep():
            return {("do",): step.do}
    return {}


def _present(written: Mapping[Path, Sequence[Step]]) -> Mapping[Path, Sequence[Step]]:
    return {place: block for place, block in written.items() if block}


def standings(content: PlaybookFile) -> Iterator[Standing]:
    """Every step of a file, those that stand in on failure too, in its order."""
    yield from _block(content.steps, ("steps",), 1)


def _block(steps: Sequence[Step], at: Path, depth: int) -> Iterator[Standing]:
    for index, step in enumerate(steps):
        yield from _step(step, (*at, index), depth)


def _step(step: Step, at: Path, depth: int) -> Iterator[Standing]:
    yield Standing(step, at, depth)
    for place, block in blocks(step).items():
        yield from _block(block, (*at, *place), depth + 1)
    if not isinstance(step.on_failure, OnFailure):
        yield from _step(step.on_failure, (*at, "on_failure"), depth + 1)


def check_outline(content: PlaybookFile, reviewer: Reviewer) -> None:
    """Refuse what breaks the rules of this module."""
    found = list(standings(content))
    known: dict[str, str] = {}
    for standing in found:
        name, other = standing.step.name, known.get(spelling(standing.step.name))
        if other is not None:
            told = f"`{name}` stands here twice" if other == name else f"`{name}` and `{other}` are one in expressions"
            reviewer.refuse(told, *standing.at, "name")
        known[spelling(name)] = name
        if standing.depth > NESTING:
            reviewer.refuse(f"stands within more than {NESTING} blocks", *standing.at)
    if len(found) > STEPS:
        reviewer.refuse(f"{len(found)} steps: at most {STEPS} may stand in a playbook", "steps")

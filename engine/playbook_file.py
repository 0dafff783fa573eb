"""Playbook files: read, checked against the actions they use, and compiled once; `engine.planner` binds them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.authoring import Call, Reviewer
from engine.digest import sha256
from engine.documents import Document, parse, read
from engine.errors import InvalidFile, InvalidInput
from engine.expressions import Expression, Expressions, FactType
from engine.fact_table import PLAN_FACTS
from engine.model.playbook import PlaybookDocument, Step
from engine.ports import Specs

LANGUAGE: dict[str, FactType] = {name: kind for name, (kind, _) in PLAN_FACTS.items()}
"""What a playbook may ask about."""


@dataclass(frozen=True)
class CompiledStep:
    """One step, ready to be bound."""

    step: Step
    when: Expression
    call: Call


@dataclass(frozen=True)
class Playbook:
    """A playbook ready to be bound to incidents. `digest` is over the file's plain content."""

    document: PlaybookDocument
    digest: str
    language: Expressions
    when: Expression
    steps: tuple[CompiledStep, ...]

    @property
    def id(self) -> str:
        """The playbook's own name."""
        return self.document.playbook


def load_playbook(path: Path, specs: Specs) -> Playbook:
    """The playbook in the file at `path`; raise `InvalidFile` with everything that is wrong in it."""
    return compile_playbook(read(path), specs)


def load_playbooks(folder: Path, specs: Specs) -> tuple[Playbook, ...]:
    """Every `*.yaml` of a folder, by file name; raise `InvalidFile` with what is wrong in any of them."""
    playbooks: list[Playbook] = []
    problems: list[InvalidInput] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            playbooks.append(load_playbook(path, specs))
        except InvalidFile as error:
            problems.extend(error.problems)
    problems.extend(_twice(playbooks))
    if problems:
        raise InvalidFile(tuple(problems))
    return tuple(playbooks)


def parse_playbook(text: str, name: str, specs: Specs) -> Playbook:
    """The playbook that `text` is, called `name` in errors."""
    return compile_playbook(parse(text, name), specs)


def compile_playbook(document: Document, specs: Specs) -> Playbook:
    """The document as a playbook; raise `InvalidFile` with everything that is wrong in it."""
    content = document.validate(PlaybookDocument)
    language = Expressions(LANGUAGE)
    reviewer = Reviewer(document, language, specs)
    reviewer.unique([step.name for step in content.steps], "steps", field="name")
    when = reviewer.condition(content.when, "when")
    steps = [_step(step, reviewer, index) for index, step in enumerate(content.steps)]
    reviewer.finish()
    return Playbook(content, sha256(document.data), language, when, tuple(step for step in steps if step is not None))


def _step(step: Step, reviewer: Reviewer, index: int) -> CompiledStep | None:
    call = reviewer.call(step.action, step.target, step.params, "steps", index)
    when = reviewer.condition(step.when, "steps", index, "when")
    return None if call is None else CompiledStep(step, when, call)


def _twice(playbooks: Sequence[Playbook]) -> list[InvalidInput]:
    names = [playbook.id for playbook in playbooks]
    return [
        InvalidInput(f"two playbooks are called `{name}`") for name in sorted({n for n in names if names.count(n) > 1})
    ]

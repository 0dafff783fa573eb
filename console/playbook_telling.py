"""A playbook in words: what each step does in one line, and the whole as a tree."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.duration import render
from engine.model.steps import Common, OnFailure
from engine.playbook import Block, Compiled, CompiledStep, Playbook
from engine.playbook_words import headline, shown


@dataclass(frozen=True)
class Branch:
    """A node of the tree: its own lines, and what stands below it."""

    lines: Sequence[str]
    below: "Sequence[Branch]" = ()


def on_failure(step: Common) -> str:
    """What its failure means, where that is a word."""
    return step.on_failure.value.replace("_", " ") if isinstance(step.on_failure, OnFailure) else ""


def tell(playbook: Playbook) -> Iterator[str]:
    """The whole playbook, a line each."""
    yield from _head(playbook)
    yield from draw(_block(playbook.block))


def draw(branches: Sequence[Branch], indent: str = "") -> Iterator[str]:
    """A tree's lines."""
    for number, branch in enumerate(branches, start=1):
        last = number == len(branches)
        first, rest = ("└─ ", "   ") if last else ("├─ ", "│  ")
        for index, line in enumerate(branch.lines):
            bar = ("│  " if branch.below else "   ") if index else ""
            yield f"{indent}{rest if index else first}{bar}{line}"
        yield from draw(branch.below, indent + rest)


def _head(playbook: Playbook) -> Iterator[str]:
    document = playbook.document
    yield f"playbook `{playbook.id}` version {playbook.version}, owner {document.owner}, digest {playbook.digest[:16]}"
    yield " ".join(document.description.split())
    yield "called by others only" if document.when is None else f"answers: {document.when}"
    for told, listing in (
        ("ATT&CK", document.techniques),
        ("D3FEND", document.countermeasures),
        ("never", document.never),
    ):
        if listing:
            yield f"{told}: {', '.join(listing)}"
    for name, given in document.inputs.items():
        default = "" if given.default is None else f", else {shown(given.default)}"
        yield f"input {name}: {given.type}{default} ({given.because})"
    for name, output in document.outputs.items():
        yield f"output {name}: {output.type}, {shown(output.value)}"


def _block(block: Block) -> list[Branch]:
    return [_step(step) for step in block]


def _step(compiled: CompiledStep, begin: str = "") -> Branch:
    below = [Branch([label], _block(block)) for label, block in compiled.blocks.items()]
    handling = compiled.on_failure
    if not isinstance(handling, OnFailure):
        below.append(_step(handling, "on failure: "))
    return Branch([f"{begin}{compiled.step.name}: {headline(compiled.step)}", *_common(compiled)], below)


def _common(compiled: Compiled) -> Iterator[str]:
    step = compiled.step
    yield f"because {step.because}"
    if step.when != "true":
        yield f"when {step.when}"
    said = [f"fails after {render(step.timeout)}"] if step.timeout else []
    if isinstance(step.on_failure, OnFailure) and step.on_failure is not OnFailure.STOP:
        said.append(f"on failure: {on_failure(step)}")
    if said:
        yield "; ".join(said)

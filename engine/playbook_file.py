"""Playbook files: read, checked against the actions and playbooks they use, and compiled once."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from engine.authoring import Reviewer
from engine.digest import sha256
from engine.documents import DEPTH_LIMIT, SIZE_LIMIT, Document, parse, read
from engine.errors import InvalidFile, InvalidInput
from engine.expressions import Expressions, fits
from engine.model.steps import PlaybookFile
from engine.playbook import Playbook
from engine.playbook_compiler import Compiler, Library, typed
from engine.playbook_outline import NESTING, check_outline
from engine.playbook_scope import EVERYWHERE, Facts, fact_type, input_facts, spelling
from engine.playbook_shape import shape_of
from engine.ports import Specs

DEPTH = DEPTH_LIMIT + 4 * NESTING
"""Levels of a playbook file: a block takes up to four."""


def load_playbook(path: Path, specs: Specs, others: Sequence[Playbook] = ()) -> Playbook:
    """The playbook in the file at `path`; raise `InvalidFile` with everything that is wrong in it."""
    return compile_playbook(read(path, SIZE_LIMIT, DEPTH), specs, others)


def parse_playbook(text: str, name: str, specs: Specs, others: Sequence[Playbook] = ()) -> Playbook:
    """The playbook that `text` is, called `name` in errors."""
    return compile_playbook(parse(text, name, SIZE_LIMIT, DEPTH), specs, others)


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


def compile_playbook(document: Document, specs: Specs, others: Iterable[Playbook] = ()) -> Playbook:
    """The document as a playbook that may call these others; raise `InvalidFile` with everything that is wrong."""
    library = Library({(other.id, other.version): other for other in others})
    shape = shape_of(document)
    if shape.content is None:
        raise InvalidFile(shape.problems)
    content = shape.content
    reviewer = Reviewer(document, Expressions(EVERYWHERE), specs)
    check_outline(content, reviewer)
    _check_head(content, reviewer)
    start: Facts = {**EVERYWHERE, **input_facts(content)}
    when = None if content.when is None else reviewer.over(Expressions(start)).condition(content.when, "when")
    compiler = Compiler(reviewer, library, start)
    block, end = compiler.steps(content)
    last = reviewer.over(Expressions(end))
    outputs = {
        name: typed(last, wanted.value, fact_type(wanted.type), "outputs", name, "value")
        for name, wanted in content.outputs.items()
    }
    reviewer.finish()
    facts = dict(compiler.facts)
    return Playbook(content, document.data, sha256(document.data), Expressions(facts), facts, when, block, outputs)


def _check_head(content: PlaybookFile, reviewer: Reviewer) -> None:
    for part, names in (("inputs", list(content.inputs)), ("outputs", list(content.outputs))):
        spelled = [spelling(name) for name in names]
        for index, name in enumerate(names):
            if spelled[index] in spelled[:index]:
                reviewer.refuse(f"`{name}` and another are one in expressions", part, name)
    for name, wanted in content.inputs.items():
        if wanted.default is not None and not fits(wanted.default, fact_type(wanted.type)):
            reviewer.refuse(f"must be `{wanted.type}`, as declared", "inputs", name, "default")
        if wanted.default is None and content.when is not None:
            reviewer.refuse("without a default only a call can give it: then there is no `when`", "inputs", name)


def _twice(playbooks: Sequence[Playbook]) -> list[InvalidInput]:
    names = [playbook.id for playbook in playbooks]
    return [
        InvalidInput(f"two playbooks are called `{name}`") for name in sorted({n for n in names if names.count(n) > 1})
    ]

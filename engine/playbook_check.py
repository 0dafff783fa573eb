"""One playbook document, checked as a whole against the actions and playbooks it uses, and compiled."""

import re
from collections.abc import Iterator, Sequence

from engine.authoring import Reviewer
from engine.digest import sha256
from engine.documents import Document
from engine.errors import InvalidFile, InvalidInput
from engine.expressions import Expressions, fits
from engine.model.steps import PlaybookFile
from engine.playbook import Playbook
from engine.playbook_compiler import Compiler, typed
from engine.playbook_library import Library
from engine.playbook_outline import check_outline
from engine.playbook_scope import EVERYWHERE, Facts, fact_type, input_facts, spelling
from engine.playbook_shape import Shape
from engine.ports import Specs

_UNDECLARED = re.compile(r"undeclared reference to '([^']+)'")
_WHERE = "only what the steps before leave, in the same block or one around it"


def compile_shape(document: Document, shape: Shape, specs: Specs, library: Library) -> Playbook:
    """The document, whose shape was judged already, as a playbook; raise `InvalidFile` with all that is wrong."""
    if shape.content is None:
        raise InvalidFile(shape.problems)
    reviewer = Reviewer(document, Expressions(EVERYWHERE), specs)
    playbook = _compiled(document, shape.content, reviewer, library)
    problems = [*shape.problems, *_explained(reviewer.problems, playbook.facts, shape.lost)]
    if problems:
        raise InvalidFile(tuple(sorted(problems, key=lambda problem: (problem.line, problem.column))))
    return playbook


def _compiled(document: Document, content: PlaybookFile, reviewer: Reviewer, library: Library) -> Playbook:
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
    facts = dict(compiler.facts)
    return Playbook(content, document.data, sha256(document.data), Expressions(facts), facts, when, block, outputs)


def _check_head(content: PlaybookFile, reviewer: Reviewer) -> None:
    for part, names in (("inputs", [*content.inputs]), ("outputs", [*content.outputs])):
        spelled = [*map(spelling, names)]
        for index, name in enumerate(names):
            if spelled[index] in spelled[:index]:
                other = names[spelled.index(spelled[index])]
                reviewer.refuse(f"`{name}` and `{other}` are one in expressions", part, name)
    for name, wanted in content.inputs.items():
        if wanted.default is not None and not fits(wanted.default, fact_type(wanted.type)):
            reviewer.refuse(f"must be `{wanted.type}`, as declared", "inputs", name, "default")
        if wanted.default is None and content.when is not None:
            reviewer.refuse("without a default only a call can give it: then there is no `when`", "inputs", name)


def _explained(problems: Sequence[InvalidInput], known: Facts, lost: Sequence[str]) -> Iterator[InvalidInput]:
    """The problems without those that only follow from what could not be read; and why a fact is not in scope."""
    for problem in problems:
        asked = _UNDECLARED.search(problem.message)
        fact = "" if asked is None else asked[1]
        if fact in known:
            told = f"`{fact}` does not stand here: {_WHERE}"
            yield InvalidInput(told, file=problem.file, line=problem.line, column=problem.column)
        elif not fact.startswith(tuple(lost)) or not fact:
            yield problem

"""Several playbook files at once: those that call each other, each version once, and no call that comes back."""

from collections.abc import Iterable, Mapping, Sequence

from engine.documents import Document, Position
from engine.errors import InvalidFile, InvalidInput
from engine.model.steps import CallStep
from engine.playbook import Playbook
from engine.playbook_check import compile_shape
from engine.playbook_library import TOO_DEEP, Called, Library
from engine.playbook_outline import CALLS, standings
from engine.playbook_shape import Shape, shape_of
from engine.ports import Specs


def compile_playbooks(
    documents: Sequence[Document], specs: Specs, known: Iterable[Playbook] = ()
) -> tuple[Playbook, ...]:
    """All documents as playbooks, in their order; they may call each other and the known ones, which they replace.

    Raise `InvalidFile` with everything that is wrong in any of them.
    """
    return _Set(documents, specs, known).compile()


class _Set:
    """The files by what they are called, and what became of each."""

    def __init__(self, documents: Sequence[Document], specs: Specs, known: Iterable[Playbook]) -> None:
        self._documents, self._specs = documents, specs
        self._shapes = [shape_of(document) for document in documents]
        self._numbers: dict[Called, int] = {}
        self._unread = {shape.content.playbook for shape in self._shapes if shape.content and shape.problems}
        self._done: dict[Called, Playbook] = {(other.id, other.version): other for other in known}
        self._results: dict[int, Playbook] = {}
        self._problems: dict[int, tuple[InvalidInput, ...]] = {}

    def compile(self) -> tuple[Playbook, ...]:
        """Each after those it calls; all or none."""
        twice = [problem for number, shape in enumerate(self._shapes) for problem in self._enter(number, shape)]
        for called in self._numbers:
            self._done.pop(called, None)
        for number in range(len(self._documents)):
            self._file(number, ())
        problems = [one for number in sorted(self._problems) for one in self._problems[number]] + twice
        if problems:
            raise InvalidFile(tuple(problems))
        return tuple(self._results[number] for number in range(len(self._documents)))

    def _enter(self, number: int, shape: Shape) -> list[InvalidInput]:
        if shape.content is None:
            return []
        called = (shape.content.playbook, shape.content.version)
        first = self._numbers.setdefault(called, number)
        if first != number:
            return [
                self._documents[number].at(("playbook",)).error(f"{_told(called)} stands in {self._name(first)} too")
            ]
        rivals = [self._answering(other) for other in range(number)]
        if shape.content.when is None or called[0] not in rivals:
            return []
        other = self._name(rivals.index(called[0]))
        return [self._at(number, "when").error(f"another version, in {other}, answers findings too")]

    def _answering(self, number: int) -> str | None:
        content = self._shapes[number].content
        return None if content is None or content.when is None else content.playbook

    def _at(self, number: int, key: str) -> Position:
        return self._documents[number].at((key,))

    def _name(self, number: int) -> str:
        return f"`{self._documents[number].name}`"

    def _file(self, number: int, callers: tuple[Called, ...]) -> None:
        if number in self._results or number in self._problems:
            return
        shape, document = self._shapes[number], self._documents[number]
        refused = dict(self._calls(shape, callers))
        try:
            self._results[number] = compile_shape(document, shape, self._specs, Library(self._done, refused))
        except InvalidFile as error:
            self._problems[number] = error.problems
        else:
            playbook = self._results[number]
            self._done.setdefault((playbook.id, playbook.version), playbook)

    def _calls(self, shape: Shape, callers: tuple[Called, ...]) -> Mapping[Called, str]:
        """Compile what a file calls; why some of it cannot be called."""
        if shape.content is None:
            return {}
        own = (shape.content.playbook, shape.content.version)
        chain = (*callers, own)
        refused: dict[Called, str] = {}
        for called in _called(shape):
            if called in chain:
                round_trip = " calls ".join(map(_told, (*chain[chain.index(called) :], called)))
                refused[called] = f"no playbook may come back to itself: {round_trip}"
            elif called in self._numbers and len(callers) >= CALLS:
                refused[called] = TOO_DEEP
            elif called in self._numbers:
                self._file(self._numbers[called], chain)
                refused |= {} if called in self._done else {called: f"{_told(called)} is refused itself"}
            elif called not in self._done and called[0] in self._unread:
                refused[called] = f"{_told(called)} is refused itself"
        return refused


def _called(shape: Shape) -> tuple[Called, ...]:
    steps = () if shape.content is None else (standing.step for standing in standings(shape.content))
    return tuple(dict.fromkeys((step.playbook, step.version) for step in steps if isinstance(step, CallStep)))


def _told(called: Called) -> str:
    return f"`{called[0]}` version {called[1]}"

"""Playbook files: read, checked against the actions and playbooks they use, and compiled once."""

from collections.abc import Iterable
from pathlib import Path

from engine.documents import DEPTH_LIMIT, SIZE_LIMIT, Document, parse, read
from engine.errors import InvalidFile, InvalidInput
from engine.playbook import Playbook
from engine.playbook_check import compile_shape
from engine.playbook_library import Library
from engine.playbook_outline import NESTING
from engine.playbook_set import compile_playbooks
from engine.playbook_shape import shape_of
from engine.ports import Specs

DEPTH = DEPTH_LIMIT + 4 * NESTING
"""Levels of a playbook file: a block takes up to four."""


def load_playbook(path: Path, specs: Specs, others: Iterable[Playbook] = ()) -> Playbook:
    """The playbook in the file at `path`; raise `InvalidFile` with everything that is wrong in it."""
    return compile_playbook(read_playbook(path), specs, others)


def parse_playbook(text: str, name: str, specs: Specs, others: Iterable[Playbook] = ()) -> Playbook:
    """The playbook that `text` is, called `name` in errors."""
    return compile_playbook(parse(text, name, SIZE_LIMIT, DEPTH), specs, others)


def read_playbook(path: Path) -> Document:
    """The document in a playbook file, whatever it says; raise `InvalidFile` where it is none."""
    return read(path, SIZE_LIMIT, DEPTH)


def compile_playbook(document: Document, specs: Specs, others: Iterable[Playbook] = ()) -> Playbook:
    """The document as a playbook that may call these others; raise `InvalidFile` with everything that is wrong."""
    shape = shape_of(document)
    playbooks = {(other.id, other.version): other for other in others}
    if shape.content is None:
        return compile_shape(document, shape, specs, Library(playbooks))
    own = (shape.content.playbook, shape.content.version)
    playbooks.pop(own, None)
    return compile_shape(document, shape, specs, Library(playbooks, {own: "a playbook may not call itself"}))


def load_files(paths: Iterable[Path], specs: Specs, known: Iterable[Playbook] = ()) -> tuple[Playbook, ...]:
    """The playbooks in these files; raise `InvalidFile` with everything that is wrong in any of them."""
    documents: list[Document] = []
    problems: list[InvalidInput] = []
    for path in paths:
        try:
            documents.append(read_playbook(path))
        except InvalidFile as error:
            problems += error.problems
    try:
        playbooks = compile_playbooks(documents, specs, known)
    except InvalidFile as error:
        problems += error.problems
    if problems:
        raise InvalidFile(tuple(problems))
    return playbooks


def load_playbooks(folder: Path, specs: Specs) -> tuple[Playbook, ...]:
    """Every `*.yaml` of a folder, by file name; raise `InvalidFile` with what is wrong in any of them."""
    return load_files(sorted(folder.glob("*.yaml")), specs)

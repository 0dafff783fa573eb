"""Policies and sets of playbooks as the texts they were written in, and what these compile to."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from engine.calendars.attached import SUFFIX, among, attach, named_calendars
from engine.digest import sha256
from engine.documents import SIZE_LIMIT, Document, parse
from engine.errors import EngineBug, InvalidFile, InvalidInput
from engine.model.governance import Bundle, Kind, SourceText
from engine.playbook import Playbook
from engine.playbook_file import DEPTH
from engine.playbook_set import compile_playbooks
from engine.playbook_shape import shape_of
from engine.policy_file import Policy, compile_layers
from engine.ports import Specs


def read_text(path: Path) -> SourceText:
    """The file at `path`; raise `InvalidFile` where it cannot be read as text."""
    try:
        return SourceText(name=path.name, text=path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise InvalidFile((InvalidInput(f"cannot be read: {error.strerror}", file=str(path)),)) from error
    except UnicodeDecodeError as error:
        raise InvalidFile((InvalidInput("is not UTF-8 text", file=str(path)),)) from error


def policy_of(files: Sequence[SourceText], specs: Specs) -> Policy:
    """The policy in these files, one a layer; raise `InvalidFile` with everything that is wrong in them."""
    fetch = among({file.name: file.text for file in files})
    layers = [file for file in files if not file.name.endswith(SUFFIX)]
    return compile_layers([attach(parse(file.text, file.name), fetch) for file in layers], specs)


def policy_texts(paths: Iterable[Path]) -> tuple[SourceText, ...]:
    """The files of a policy, one a layer, and the calendars beside them; two of one name must be the same."""
    found: dict[str, SourceText] = {}
    for path in [*paths]:
        layer = read_text(path)
        beside = [read_text(path.parent / name) for name in named_calendars(parse(layer.text, str(path)))]
        for file in (layer, *beside):
            if file != found.setdefault(file.name, file):
                raise InvalidFile(
                    (InvalidInput(f"another file of this policy is called `{file.name}` too", file=str(path)),)
                )
    return tuple(found.values())


def policy_bundle(files: Sequence[SourceText], policy: Policy) -> Bundle:
    """The texts of a policy that was compiled from them."""
    label = f"{policy.name} version {policy.document.version}"
    return Bundle(kind=Kind.POLICY, digest=policy.digest, label=label, files=tuple(files))


def playbooks_of(files: Sequence[SourceText], specs: Specs) -> tuple[Playbook, ...]:
    """The set of playbooks in these files, in their order; raise `InvalidFile` with what is wrong in any of them."""
    documents: list[Document] = []
    problems: list[InvalidInput] = []
    for file in files:
        try:
            documents.append(_document(file))
        except InvalidFile as error:
            problems += error.problems
    try:
        playbooks = compile_playbooks(documents, specs)
    except InvalidFile as error:
        problems += error.problems
    if problems:
        raise InvalidFile(tuple(problems))
    return playbooks


def _document(file: SourceText) -> Document:
    return parse(file.text, file.name, SIZE_LIMIT, DEPTH)


def playbooks_bundle(files: Sequence[SourceText], playbooks: Sequence[Playbook]) -> Bundle:
    """The texts of a set of playbooks that was compiled from them."""
    digest, label = set_digest(playbooks), f"{len(playbooks)} playbooks"
    return Bundle(kind=Kind.PLAYBOOKS, digest=digest, label=label, files=tuple(files))


def set_digest(playbooks: Iterable[Playbook]) -> str:
    """What a set of playbooks is named by; their order means nothing to it."""
    return sha256({f"{playbook.id}@{playbook.version}": playbook.digest for playbook in playbooks})


def amended(active: Bundle, changed: Sequence[SourceText]) -> tuple[SourceText, ...]:
    """The files of the active set with these added.

    Each takes the place of its own version and, where it answers findings, of whichever version did.
    """
    new = [_declared(file) for file in changed]
    return (*(file for file in active.files if not any(_replaces(one, _declared(file)) for one in new)), *changed)


_Declared = tuple[str, int, bool]
"""A playbook's name, its version, and whether it answers findings by itself."""


def _declared(file: SourceText) -> _Declared:
    content = shape_of(_document(file)).content
    return ("", 0, False) if content is None else (content.playbook, content.version, content.when is not None)


def _replaces(new: _Declared, old: _Declared) -> bool:
    return new[0] == old[0] and (new[1] == old[1] or (new[2] and old[2]))


def require(bundle: Bundle | None, kind: Kind, digest: str) -> Bundle:
    """A bundle that must be there, since something that was voted on names it."""
    if bundle is None:
        raise EngineBug(f"the texts of {kind} `{digest}` are not there")
    return bundle

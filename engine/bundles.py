"""Policies and sets of playbooks as the texts they were written in, and what these compile to."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from engine.digest import sha256
from engine.errors import EngineBug, InvalidFile, InvalidInput
from engine.model.governance import Bundle, Kind, SourceText
from engine.playbook import Playbook
from engine.playbook_file import parse_playbook
from engine.policy_file import Policy, parse_policy
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
    """The policy in these files; raise `InvalidFile` with everything that is wrong in it."""
    if len(files) != 1:
        raise InvalidInput(f"a policy is one file, and these are {len(files)}")
    return parse_policy(files[0].text, files[0].name, specs)


def policy_bundle(files: Sequence[SourceText], policy: Policy) -> Bundle:
    """The texts of a policy that was compiled from them."""
    label = f"{policy.name} version {policy.document.version}"
    return Bundle(kind=Kind.POLICY, digest=policy.digest, label=label, files=tuple(files))


def playbooks_of(files: Sequence[SourceText], specs: Specs) -> tuple[Playbook, ...]:
    """The set of playbooks in these files, in their order; raise `InvalidFile` with what is wrong in any of them."""
    found: list[Playbook] = []
    problems: list[InvalidInput] = []
    for file in files:
        try:
            found.append(parse_playbook(file.text, file.name, specs))
        except InvalidFile as error:
            problems.extend(error.problems)
    names = [playbook.id for playbook in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    problems.extend(InvalidInput(f"two playbooks are called `{name}`") for name in twice)
    if problems:
        raise InvalidFile(tuple(problems))
    return tuple(found)


def playbooks_bundle(files: Sequence[SourceText], playbooks: Sequence[Playbook]) -> Bundle:
    """The texts of a set of playbooks that was compiled from them."""
    digest, label = set_digest(playbooks), f"{len(playbooks)} playbooks"
    return Bundle(kind=Kind.PLAYBOOKS, digest=digest, label=label, files=tuple(files))


def set_digest(playbooks: Iterable[Playbook]) -> str:
    """What a set of playbooks is named by; their order means nothing to it."""
    return sha256({playbook.id: playbook.digest for playbook in playbooks})


def amended(active: Bundle, changed: Sequence[SourceText], specs: Specs) -> tuple[SourceText, ...]:
    """The files of the active set with these playbooks added, or in place of those of the same name."""
    names = {playbook.id for playbook in playbooks_of(changed, specs)}
    pairs = zip(active.files, playbooks_of(active.files, specs), strict=True)
    return (*(file for file, playbook in pairs if playbook.id not in names), *changed)


def require(bundle: Bundle | None, kind: Kind, digest: str) -> Bundle:
    """A bundle that must be there, since something that was voted on names it."""
    if bundle is None:
        raise EngineBug(f"the texts of {kind} `{digest}` are not there")
    return bundle

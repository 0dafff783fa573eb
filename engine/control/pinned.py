"""The playbooks that runs are pinned to, by what they said when their runs began; compiled once a process."""

from engine.control.desk import Desk
from engine.documents import Document, Position
from engine.errors import EngineBug
from engine.model.run import Run
from engine.model.steps import CallStep, PlaybookFile
from engine.playbook import Playbook
from engine.playbook_file import compile_playbook
from engine.playbook_outline import standings
from engine.store.tx import Tx


def pin(tx: Tx, desk: Desk, playbook: Playbook) -> dict[str, str]:
    """Keep what a playbook says, and each it may call; return the digests of these by `name@version`."""
    desk.pinned[playbook.identity] = playbook
    tx.contents.keep(playbook.digest, playbook.content)
    pins: dict[str, str] = {}
    for called in playbook.called:
        pins |= {f"{called.id}@{called.version}": called.digest, **pin(tx, desk, called)}
    return pins


def pinned(tx: Tx, desk: Desk, run: Run) -> Playbook:
    """The playbook a run was started with; raise `InvalidFile` where this engine cannot carry it out any more."""
    if run.identity not in desk.pinned:
        desk.pinned[run.identity] = _compile(tx, desk, run.digest, run)
    return desk.pinned[run.identity]


def _compile(tx: Tx, desk: Desk, digest: str, run: Run) -> Playbook:
    content = tx.contents.get(digest)
    if content is None:
        raise EngineBug(f"the content of {run.signature}, with which {run.id} was started, is gone")
    document = Document(f"{run.signature} of {run.id}", content, {(): Position(run.id, 1, 1)}, {})
    steps = [standing.step for standing in standings(document.validate(PlaybookFile))]
    calls = {(step.playbook, step.version) for step in steps if isinstance(step, CallStep)}
    called = [_compile(tx, desk, run.pins[f"{name}@{version}"], run) for name, version in sorted(calls)]
    return compile_playbook(document, desk.specs, called)

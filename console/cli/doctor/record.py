"""The database and the end of its ledger; the whole ledger is `fireline ledger verify`'s."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from console.cli.doctor.lines import Line, away, bad, odd, well
from console.cli.doctor.place import JUMP
from console.clock import now
from engine.errors import InvalidInput, StoreUnavailable
from engine.settings import Settings

if TYPE_CHECKING:
    from engine.store.inspection import Head

FILE = "sqlite:///"
RESTORE = "stop the engine, keep the file for the investigation, and restore from a backup"
AWAY = "see that the server runs, lets us in, and is the one that `database_url` names"
SERVER = "mend the server's settings; what it acknowledged before a power cut may be missing after it"
INVESTIGATE = "`fireline ledger verify`, and hold it against a copied checkpoint"


def database(settings: Settings) -> Iterator[Line]:
    """Whether it is sound, and of this release's schema."""
    from engine.store.inspection import inspect

    if not _made(settings):
        yield odd("database", "not made yet", "the engine's first start makes it")
        return
    try:
        seen = inspect(settings.database_url)
    except StoreUnavailable as error:
        yield away("database", str(error), RESTORE if _in_file(settings) else AWAY)
        return
    for problem in seen.problems:
        yield bad("database", problem, RESTORE if _in_file(settings) else SERVER)
    if seen.revision != seen.newest:
        said = f"schema {seen.revision or 'none'}, this release has {seen.newest}"
        yield odd("database", said, "the engine's next start migrates it; an older release cannot read it afterwards")
    elif not seen.problems:
        yield well("database", f"sound, schema {seen.revision}")


def ledger(settings: Settings) -> Iterator[Line]:
    """Whether its last checkpoint holds, nothing was cut off since, and the last entries are what they were."""
    from engine.store.inspection import inspect

    try:
        head = inspect(settings.database_url).head if _made(settings) else None
    except StoreUnavailable as error:
        yield away("ledger", str(error), INVESTIGATE if _in_file(settings) else AWAY)
        return
    if head is None:
        yield well("ledger", "nothing is recorded yet")
        return
    problems = [*head.problems, *_seal_problems(head, settings), *_copy_problems(head, settings)]
    for problem in problems:
        yield bad("ledger", problem, INVESTIGATE)
    if not problems:
        sealed = f"the last checkpoint holds over {head.tree.size}" if head.note else "none sealed yet"
        yield well("ledger", f"{head.entries} entries, {sealed}")
    if head.last_at is not None and head.last_at > now() + JUMP:
        yield bad("clock", f"the ledger's last entry is of {head.last_at.isoformat()}: the clock went back", "set it")


def _made(settings: Settings) -> bool:
    return not _in_file(settings) or (settings.home / settings.database_url.removeprefix(FILE)).is_file()


def _in_file(settings: Settings) -> bool:
    return settings.database_url.startswith(FILE)


def _seal_problems(head: "Head", settings: Settings) -> Iterator[str]:
    from engine.ledger.keys import keyring
    from engine.ledger.note import verify

    if head.note is None:
        return
    try:
        signed = verify(head.note, keyring(settings.home / "keys")).checkpoint
    except InvalidInput as error:
        yield f"the last checkpoint: {error.message}"
        return
    if (signed.size, signed.root) != (head.tree.size, head.tree.root()):
        yield f"the tree is not the one that the checkpoint over {signed.size} entries was signed for"
    if signed.size > head.entries:
        yield f"tail cut: the last checkpoint covers {signed.size} entries, {head.entries} are there"


def _copy_problems(head: "Head", settings: Settings) -> Iterator[str]:
    from engine.ledger.copies import read_last_copy
    from engine.ledger.note import peek
    from engine.ledger.sealer import COPIES

    copies = settings.home / COPIES
    if not copies.exists():
        return
    size = peek(read_last_copy(copies)).size
    if size > head.entries:
        yield f"tail cut: the last copied checkpoint covers {size} entries, {head.entries} are there"

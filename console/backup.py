"""Backup and restore of a home: both databases as a pair, and everything that decisions and the ledger need besides.

Rules: 1. Temporal's database is copied first and ours after it. A workflow that Temporal does not know is started
again from our rows; so the pair may be that much apart. 2. Each is copied by SQLite itself, so the engine may run
meanwhile. 3. A backup holds keys and tokens: it is its owner's alone, and to be kept like the home. The world is no
part of it, nor is what is true only while something runs. 4. It is put back whole, into a home where nothing of it
stands, after every file has been compared with its digest. 5. A restored engine begins nothing until somebody lifts
its freeze: what was released since the backup was made would else be put in force again. Releases go on. 6. Nor does
it know who was shut out since: API tokens, sessions and links that sign in end with it, and are made anew.
7. A database in a server is dumped after the home was copied, and put back before it is, both by its own tools; then
rules 5 and 6 hold there too. One in a file of another place is refused: it would be missing, and nobody would notice.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from engine.control.api_tokens import revoke_all
from engine.control.moves import note
from engine.control.sessions import end_all
from engine.errors import Denied, InvalidInput
from engine.model.base import AwareDatetime, Json, Model
from engine.model.freeze import Freeze
from engine.settings import Settings, load, make_private
from engine.store.copying import copy_database
from engine.store.database import sqlite_file, sqlite_url
from engine.store.inspection import inspect
from engine.store.store import Store
from engine.store.tx import Tx

MANIFEST = "backup.json"
OURS, TEMPORAL = Path("fireline.db"), Path("temporal/temporal.db")
LEFT_OUT = frozenset({"run", "log", "temporal", "site"})
"""What is true only while something runs, Temporal's own files, and a simulated world."""
RESTORE = "restore"
"""Who froze a restored engine, and ended what lets somebody in."""


class Backup(Model):
    """What a backup holds: each file, by its place in the home, with its SHA-256."""

    at: AwareDatetime
    files: dict[str, str]

    @property
    def whole(self) -> bool:
        """Whether it holds our database too, which may be in a server."""
        return str(OURS) in self.files


def back_up(settings: Settings, to: Path, now: datetime) -> Backup:
    """Copy a home into a new folder; the engine may run. Raise `InvalidInput` where that cannot be done.

    A database in a server is no part of it (rule 7).
    """
    databases = _databases(settings)
    if to.exists() and any(to.iterdir()):
        raise InvalidInput(f"`{to}` is not empty: a backup is made whole, in a folder of its own")
    make_private(to)
    for database in databases:
        make_private((to / database).parent)
        copy_database(settings.home / database, to / database)
    for file in _others(settings.home):
        _copy(settings.home / file, to / file)
    made = Backup(at=now, files={str(file): _digest(to / file) for file in _all(to)})
    (to / MANIFEST).touch(0o600)
    (to / MANIFEST).write_text(made.model_dump_json(indent=1) + "\n")
    return made


async def restore(source: Path, settings: Settings, now: datetime) -> Backup:
    """Put a backup into a fresh home, and freeze it; raise `InvalidInput` for a damaged one, and change nothing."""
    backup = _read(source)
    home = settings.home
    standing = sorted(name for name in (*backup.files, str(OURS)) if (home / name).exists())
    if standing:
        raise Denied(f"`{home / standing[0]}` stands there already: restore into a fresh home")
    if backup.whole and not _in_home(settings):
        raise InvalidInput("the backup brings its database along, and `database_url` names another: unset it")
    with ExitStack() as opened:
        # Before anything is written: where an engine has it, no home is put back beside it.
        elsewhere = None if backup.whole else _open(opened, _dumped(source))
        make_private(home)
        for name in backup.files:
            _copy(source / name, home / name)
        store = elsewhere or _open(opened, sqlite_url(home / OURS))
        await store.write(lambda tx: _begin_anew(tx, backup, now))
    return backup


def _databases(settings: Settings) -> list[Path]:
    """Those to copy, in the order of rule 1."""
    file = sqlite_file(settings.database_url)
    if file is not None and not _in_home(settings):
        raise InvalidInput(
            f"the database is `{file}`, which no backup takes along: stop the engine, move it to "
            f"`{settings.home / OURS}`, and unset `database_url`"
        )
    if file is not None and not file.exists():
        raise InvalidInput(f"there is no database in `{settings.home}`")
    temporal = [TEMPORAL] if (settings.home / TEMPORAL).exists() else []
    return temporal if file is None else [*temporal, OURS]


def _in_home(settings: Settings) -> bool:
    return sqlite_file(settings.database_url) == (settings.home / OURS).resolve()


def _dumped(source: Path) -> str:
    """The address of the database that this backup's home works on (rule 7), by our settings or its own."""
    settings = load({"home": source})
    if _in_home(settings):
        raise InvalidInput("the backup is of a home whose database is elsewhere: name that in `database_url`")
    if inspect(settings.database_url).revision is None:
        raise InvalidInput("there is nothing in the database that `database_url` names: put its dump back first")
    return settings.database_url


def _open(opened: ExitStack, url: str) -> Store:
    return opened.enter_context(closing(Store(url)))


def _begin_anew(tx: Tx, backup: Backup, now: datetime) -> None:
    """Rules 5 and 6."""
    _freeze(tx, backup, now)
    revoke_all(tx, RESTORE, now)
    end_all(tx, "restored", RESTORE, now)


def _freeze(tx: Tx, backup: Backup, now: datetime) -> None:
    """Rule 5, in the ledger like any other freeze."""
    reason = f"restored from a backup of {backup.at.isoformat()}: look at what was released since, then lift this"
    tx.freezes.put(Freeze(scope="global", principal=RESTORE, reason=reason, since=now))
    body: Json = {"scope": "global", "reason": reason, "until": None}
    note(tx, "freeze", "freeze.set", now, body, RESTORE)


def _read(source: Path) -> Backup:
    try:
        backup = Backup.model_validate_json((source / MANIFEST).read_bytes())
    except (OSError, ValidationError) as error:
        raise InvalidInput(f"`{source}` is no backup: `{MANIFEST}` is missing or damaged") from error
    for name, digest in backup.files.items():
        place = Path(name)
        if place.is_absolute() or ".." in place.parts:
            raise InvalidInput(f"`{source}` is damaged: `{name}` is no place in a home")
        if not (source / place).is_file() or _digest(source / place) != digest:
            raise InvalidInput(f"`{source}` is damaged: `{name}` is not what was backed up")
    return backup


def _copy(source: Path, to: Path) -> None:
    make_private(to.parent)
    shutil.copyfile(source, to)
    to.chmod(0o600)


def _others(home: Path) -> Iterator[Path]:
    """Every other file to keep, by its place in the home."""
    for file in _all(home):
        if file.parts[0] not in LEFT_OUT and not file.name.startswith(OURS.name):
            yield file


def _all(folder: Path) -> Iterator[Path]:
    for place, _, names in os.walk(folder):
        yield from ((Path(place) / name).relative_to(folder) for name in sorted(names))


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()

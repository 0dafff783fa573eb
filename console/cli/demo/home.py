"""Where the demo plays: under a home and in an environment of its own.

Rules: 1. A home is played in only if it is new or carries our mark, by one demo at a time. 2. Only what a demo made is
taken away, only under the mark, and never while an engine runs there. 3. What is set around us does not reach the demo.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from engine.errors import InvalidInput, ServiceAway
from engine.settings import load, make_private
from workflows.embedded import end_left_behind
from workflows.home_files import HomeLock

MARK = "demo.home"
"""The file that tells a home the demo made from one that somebody works in; locked by the demo that plays."""
MADE = (
    "alerts", "checkpoints.txt", "fireline.db", "fireline.db-shm", "fireline.db-wal", "fireline.yaml", "flows", "keys",
    "late-releases.jsonl", "late-releases.jsonl.lock", "log", "people.yaml", "run", "site", "temporal", "token",
)  # fmt: skip
"""What a demo leaves in its home."""
NOT_OURS = ("FIRELINE_", "TEMPORAL_", "OTEL_")
"""Variables by which somebody sets up another engine, or its commands."""


@contextmanager
def own_home(given: str | None) -> Iterator[Path]:
    """`given`, cleared of an earlier demo (it stays), else a folder that is gone afterwards; nothing else is set."""
    if given:
        home = make_private(Path(given).expanduser().absolute())
        with _alone(home), _held(home):
            clear(home)
            yield home
        return
    home = Path(tempfile.mkdtemp(prefix="fireline-demo-"))
    try:
        with _alone(home):
            yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def environment(home: Path, inherited: Mapping[str, str]) -> dict[str, str]:
    """What is inherited, with nothing set for Fireline but the home."""
    kept = {name: value for name, value in inherited.items() if not name.startswith(NOT_OURS)}
    return kept | {"FIRELINE_HOME": str(home)}


def clear(home: Path) -> None:
    """Take away what an earlier demo left under a home with our mark; raise `InvalidInput` where an engine runs."""
    assert (home / MARK).exists()
    engine = HomeLock(make_private(home / "run") / "engine.lock")
    try:
        engine.take()
    except ServiceAway as error:
        raise InvalidInput(f"an engine runs under `{home}`: stop it first, or name another folder") from error
    try:
        asyncio.run(end_left_behind(load({"home": home})))
        for name in MADE:
            _remove(home / name)
    finally:
        engine.release()


@contextmanager
def _held(home: Path) -> Iterator[None]:
    """The mark, set where the home is new, and ours until the end."""
    found = [name for name in MADE if os.path.lexists(home / name)]
    if found and not (home / MARK).exists():
        raise InvalidInput(f"`{home}` is somebody's home, with `{found[0]}`: unset FIRELINE_HOME, or name a new folder")
    mark = HomeLock(home / MARK)
    try:
        mark.take()
    except ServiceAway as error:
        raise InvalidInput(f"another demo plays under `{home}`: wait for it, or name another folder") from error
    try:
        yield
    finally:
        mark.release()


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """This process's own environment, for as long as the demo plays: its commands read their settings from there."""
    before = {**os.environ}
    _replace(environment(home, before))
    try:
        yield
    finally:
        _replace(before)


def _replace(variables: Mapping[str, str]) -> None:
    for name in os.environ.keys() - variables.keys():
        del os.environ[name]
    os.environ.update(variables)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)

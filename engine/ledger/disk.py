"""Writes that are on the disk when they return, and locks that two processes respect."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write_whole(path: Path, data: bytes, mode: int, replace: bool = True) -> None:
    """Write a file that appears whole or not at all; without `replace`, one that is there already stays as it is."""
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        _place(aside, path, replace)
    finally:
        Path(aside).unlink(missing_ok=True)
    sync_directory(path.parent)


def _place(aside: str, path: Path, replace: bool) -> None:
    if replace:
        os.replace(aside, path)
        return
    try:
        os.link(aside, path)
    except FileExistsError:
        return


def append(path: Path, data: bytes, mode: int) -> None:
    """Append to a file, which is made if there is none; after an error a part of `data` may stand at its end."""
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, mode)
    try:
        size = os.fstat(handle).st_size
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(handle, rest) :]
        os.fsync(handle)
    finally:
        os.close(handle)
    if size == 0:
        sync_directory(path.parent)


def tail(path: Path, count: int) -> bytes:
    """The last bytes of a file, at most `count`."""
    with open(path, "rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - count))
        return file.read(count)


def sync_directory(directory: Path) -> None:
    """Make what was created, renamed or removed in a directory last."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def locked(path: Path, mode: int = 0o600, wait: bool = True) -> Iterator[bool]:
    """Hold the lock that this file stands for; without `wait` say False at once where somebody else holds it."""
    handle = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, mode)
    try:
        yield _lock(handle, wait)
    finally:
        os.close(handle)


def _lock(handle: int, wait: bool) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True

"""An append-only file of JSON lines that several processes share, and any of them may be killed at any instant.

Rules: 1. a change is one line; it has happened once its newline is in the file. 2. Changes are made under an exclusive
lock, after reading what others wrote, so compare-and-set holds across processes. 3. A line without its newline is what
a killed writer left: readers pass over it, the next writer cuts it off. 4. Nothing is synced: a killed process loses
nothing, a power cut may.
"""

import fcntl
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.errors import TargetUnavailable

Append = Callable[[bytes], None]


class Journal:
    """Hands every line of the file to `fold` exactly once, in order, whoever wrote it.

    The file is opened anew for each use: a lock then belongs to that use alone, also after a fork.
    """

    def __init__(self, path: Path, fold: Callable[[bytes], None]) -> None:
        """`fold` gets each line without its newline; it must not raise for lines that `writing` appended."""
        self._path = path
        self._fold = fold
        self._offset = 0
        self._thread = threading.RLock()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)

    def refresh(self) -> None:
        """Take in what was written since the last look."""
        with self._thread:
            if self._path.stat().st_size == self._offset:
                return
            with self._locked(fcntl.LOCK_SH) as descriptor:
                self._take(descriptor)

    @contextmanager
    def writing(self) -> Iterator[Append]:
        """Keep everyone else out, refresh, and give the function that appends one line and folds it."""
        with self._thread, self._locked(fcntl.LOCK_EX) as descriptor:
            torn = self._take(descriptor)
            if torn:
                os.ftruncate(descriptor, self._offset)

            def append(line: bytes) -> None:
                whole = line + b"\n"
                if os.write(descriptor, whole) != len(whole):
                    raise TargetUnavailable(f"journal `{self._path.name}` could not be written: no space left")
                self._offset += len(whole)
                self._fold(line)

            yield append

    @contextmanager
    def _locked(self, kind: int) -> Iterator[int]:
        descriptor = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, kind)
            yield descriptor
        finally:
            os.close(descriptor)

    def _take(self, descriptor: int) -> bool:
        """Fold the complete new lines; whether a torn one stands behind them."""
        size = os.fstat(descriptor).st_size
        if size < self._offset:
            raise TargetUnavailable(f"journal `{self._path.name}` has lost lines that were read before")
        fresh = os.pread(descriptor, size - self._offset, self._offset)
        complete, newline, torn = fresh.rpartition(b"\n")
        # INVARIANT: counted before folding, so that no line is ever folded twice.
        self._offset += len(complete) + len(newline)
        for line in complete.split(b"\n") if newline else ():
            self._fold(line)
        return bool(torn)

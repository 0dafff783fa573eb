"""The disk under a home: one of its own where we may mount, so that it alone can be full or read-only."""

import os
import subprocess
from pathlib import Path

SIZE = "2g"
"""In memory, and taken as it fills; a home of some hundred kills is a tenth of it."""


class Disk:
    """A tmpfs, and over it the home: engines see the home, the harness looks at what is under it."""

    def __init__(self, home: Path, under: Path) -> None:
        """Mount, or leave the home a plain directory where that is not allowed."""
        home.mkdir(mode=0o700, parents=True)
        under.mkdir(mode=0o700)
        self._home = home
        self._mounted = _mount("-t", "tmpfs", "-o", f"size={SIZE},mode=700", "fireline-crash", str(under))
        if self._mounted:
            _mount("--bind", str(under), str(home))
        self.folder = under if self._mounted else home
        """Where the harness reads: what it has open there does not keep the home from becoming read-only."""

    @property
    def may_fail(self) -> bool:
        """Whether it can be made to fail."""
        return self._mounted

    def fill(self) -> None:
        """Have no room left for anything more."""
        room = os.statvfs(self.folder)
        # At least one block, for none at all would mean no limit.
        used = max(1, room.f_blocks - room.f_bfree) * room.f_frsize
        _require("-o", f"remount,size={used}", str(self.folder))

    def empty(self) -> None:
        """Have room again."""
        _require("-o", f"remount,size={SIZE}", str(self.folder))

    def seal(self) -> None:
        """Take no writes any more; nobody may be writing."""
        _require("-o", "remount,bind,ro", str(self._home))

    def unseal(self) -> None:
        """Take writes again."""
        _require("-o", "remount,bind,rw", str(self._home))

    def close(self) -> None:
        """Give back what was mounted; whatever lay there is gone."""
        if self._mounted:
            for place in (self._home, self.folder):
                # Lazily: who still has something open there keeps that until it ends.
                subprocess.run(["umount", "--lazy", str(place)], check=True)
            self._mounted = False


def _mount(*words: str) -> bool:
    return os.geteuid() == 0 and subprocess.run(["mount", *words], capture_output=True).returncode == 0


def _require(*words: str) -> None:
    subprocess.run(["mount", *words], check=True, capture_output=True)

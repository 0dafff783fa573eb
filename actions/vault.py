"""Where evidence is kept: content under its SHA-256, receipts under the owner key it was taken for.

Rules: 1. Owner only: folders 0700, files 0600. 2. A receipt is written last, synced, and never replaced, so that a
killed process leaves content without a receipt at worst, which the next change removes. 3. Nothing is kept beyond its
retention, and no more than `room` bytes in all: when that is used up nothing more is taken, and nothing is thrown away
early. 4. Content that does not have its digest any more is no evidence. 5. A receipt that we cannot read, of a newer
version or damaged, stays as long as any, and while there is one so does content that no other receipt names.
"""

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import ValidationError

from engine.errors import TargetRefused, TargetUnavailable
from engine.model.evidence import Receipt

KEPT_FOR = timedelta(days=90)
ROOM = 8 * 2**30


class Vault:
    """One folder, shared by every process that opens it."""

    def __init__(
        self, folder: Path, clock: Callable[[], datetime], *, kept_for: timedelta = KEPT_FOR, room: int = ROOM
    ) -> None:
        """`clock` tells what is beyond its retention; `room` is in bytes."""
        self._contents, self._receipts, self._lock = folder / "sha256", folder / "receipts", folder / "lock"
        self._clock, self._kept_for, self._room = clock, kept_for, room
        for made in (folder, self._contents, self._receipts):
            made.mkdir(mode=0o700, parents=True, exist_ok=True)

    def keep(self, owner: str, content: bytes, receipt: Receipt) -> Receipt:
        """Keep content under its digest, and its receipt; whatever was kept under this key before stands."""
        try:
            with self._alone():
                return self.receipt(owner) or self._keep(owner, content, receipt)
        except OSError as error:
            raise TargetUnavailable(f"evidence could not be kept: {error.strerror}") from None

    def receipt(self, owner: str) -> Receipt | None:
        """What was kept under this key, if anything was."""
        try:
            return Receipt.model_validate_json(self._receipt(owner).read_bytes())
        except (FileNotFoundError, ValidationError):
            return None

    def intact(self, owner: str) -> bool:
        """Whether the content of this key stands there as it was (rule 4)."""
        receipt = self.receipt(owner)
        return receipt is not None and self.content(receipt.digest) is not None

    def content(self, digest: str) -> bytes | None:
        """The content of this digest, None where it is gone or not what it was."""
        try:
            content = (self._contents / digest).read_bytes()
        except FileNotFoundError:
            return None
        return content if hashlib.sha256(content).hexdigest() == digest else None

    def forget(self) -> int:
        """Remove what is beyond its retention (rule 3); the number of receipts that went."""
        with self._alone():
            return self._forget()

    def _keep(self, owner: str, content: bytes, receipt: Receipt) -> Receipt:
        self._forget()
        used = sum(file.stat().st_size for file in self._contents.iterdir())
        if used + len(content) > self._room:
            raise TargetRefused(f"no room for {len(content)} bytes of evidence: {used} of {self._room} are used")
        _write(self._contents / receipt.digest, content)
        path = self._receipt(owner)
        if path.exists():
            path.replace(path.with_name(f"{path.name}.unreadable"))
        _write(path, receipt.model_dump_json().encode())
        return receipt

    def _forget(self) -> int:
        before = self._clock() - self._kept_for
        found = [(file, _taken(file)) for file in self._receipts.iterdir()]
        over = {file for file, taken in found if _since(file, taken) < before}
        for file in over:
            file.unlink()
        standing = [taken for file, taken in found if file not in over]
        kept = {taken.digest for taken in standing if taken is not None}
        for content in self._contents.iterdir():
            # Rule 5: it may be what a receipt names that we cannot read.
            spared = None in standing and _since(content, None) >= before
            if content.name not in kept and not spared:
                content.unlink()
        return len(over)

    def _receipt(self, owner: str) -> Path:
        return self._receipts / hashlib.sha256(owner.encode()).hexdigest()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def digest_of(content: bytes) -> str:
    """The name that content is kept under."""
    return hashlib.sha256(content).hexdigest()


def _taken(file: Path) -> Receipt | None:
    try:
        return Receipt.model_validate_json(file.read_bytes())
    except ValidationError:
        return None


def _since(file: Path, taken: Receipt | None) -> datetime:
    """When it was taken, or where no receipt says when it was written; a draft counts as never."""
    if taken is not None:
        return taken.taken_at
    if file.name.startswith("."):
        return datetime.min.replace(tzinfo=UTC)
    return datetime.fromtimestamp(file.stat().st_mtime, UTC)


def _write(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)

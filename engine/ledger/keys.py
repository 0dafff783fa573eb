"""The ledger's key on disk: made on first use, readable by its owner only, rotated by an entry that the old key seals.

A directory holds `ledger.key` (the private key), `ledger.vkeys` (every public key this ledger ever had, oldest first,
for verifiers) and, while a rotation is under way, `ledger.key.next`.

Rules: 1. A key file that others can read, that is not ours, or that is no plain file is not used. 2. A directory that
others can write is not used. 3. Files appear whole or not at all, and of two processes that make a key at once both use
the same one. 4. A key that `ledger.vkeys` does not list is not used: the record of public keys was lost or replaced.
"""

import os
import stat
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.errors import InvalidInput
from engine.ledger.disk import sync_directory, write_whole
from engine.ledger.note import NAME, SigningKey, VerifyingKey
from engine.model.entry import Draft

KEY, NEXT, PUBLIC = "ledger.key", "ledger.key.next", "ledger.vkeys"
ROTATED = "ledger.key_rotated"
"""Kind of the entry that signs a new key in."""


def load_or_make(directory: Path, name: str) -> SigningKey:
    """The ledger's key; made under `name`, which is also the ledger's origin, if there is none yet.

    An existing key keeps the name it was made with. Raise `InvalidInput` with the remedy where a rule forbids its use.
    """
    _require_directory(directory)
    key = _load_or_make(directory / KEY, name)
    if not (directory / PUBLIC).exists():
        write_whole(directory / PUBLIC, f"{key.verifying}\n".encode(), 0o644)
    if key.verifying not in keyring(directory / PUBLIC):
        raise InvalidInput(
            f"`{directory / PUBLIC}` does not list the public key of `{directory / KEY}`: restore both from one backup"
        )
    return key


def keyring(path: Path) -> tuple[VerifyingKey, ...]:
    """The public keys in a file of vkeys, one a line, oldest first; or in the `ledger.vkeys` of a directory."""
    file = path / PUBLIC if path.is_dir() else path
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise InvalidInput(f"no public keys at `{file}`: name the file of vkeys that came with the ledger") from None
    except UnicodeDecodeError:
        raise InvalidInput("not a file of vkeys", file=str(file)) from None
    return tuple(_vkey(line, file, number) for number, line in enumerate(lines, 1) if line.strip())


def begin_rotation(directory: Path) -> SigningKey:
    """Make the next key, or find the one a rotation broken off has left; the current key stays in use.

    Then append `rotation` and seal it under the old key, and only after that `finish_rotation`.
    """
    current = _load(directory / KEY)
    return _load_or_make(directory / NEXT, current.name)


def rotation(old: VerifyingKey, new: VerifyingKey, actor: str, at: datetime) -> Draft:
    """The entry by which `old` hands over to `new`; verifiers learn the new key from it once it is sealed."""
    return Draft(subject="ledger/key", kind=ROTATED, actor=actor, at=at, body={"vkey": str(new), "retired": str(old)})


def finish_rotation(directory: Path) -> SigningKey:
    """Put the next key in the place of the current one, whose private half is gone after that."""
    new = _load(directory / NEXT)
    listed = keyring(directory)
    if new.verifying not in listed:
        write_whole(directory / PUBLIC, "".join(f"{key}\n" for key in (*listed, new.verifying)).encode(), 0o644)
    os.replace(directory / NEXT, directory / KEY)
    sync_directory(directory)
    return new


def _vkey(line: str, file: Path, number: int) -> VerifyingKey:
    try:
        return VerifyingKey.parse(line)
    except InvalidInput as error:
        raise InvalidInput(error.message, file=str(file), line=number) from None


def _require_directory(directory: Path) -> None:
    """Rule 2."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    mode = stat.S_IMODE(directory.stat().st_mode)
    if mode & 0o022:
        raise InvalidInput(f"`{directory}` can be written by others (mode {mode:04o}): run `chmod 700 {directory}`")


def _load_or_make(path: Path, name: str) -> SigningKey:
    """Rule 3: a finished file is linked to its name, and whoever comes second reads the first one's."""
    if not os.path.lexists(path):
        if not NAME.fullmatch(name):
            raise InvalidInput(f"a ledger's name has neither spaces nor plus signs: `{name}`")
        made = SigningKey(name, Ed25519PrivateKey.generate().private_bytes_raw())
        write_whole(path, f"{made.to_text()}\n".encode(), 0o600, replace=False)
    return _load(path)


def _load(path: Path) -> SigningKey:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise InvalidInput(f"no key at `{path}`") from None
    except OSError as error:
        raise InvalidInput(f"key file `{path}` cannot be read: {error.strerror}") from None
    with open(handle, encoding="utf-8", errors="replace") as file:
        _require_private(path, os.fstat(handle))
        text = file.read(4096)
    try:
        return SigningKey.parse(text.removesuffix("\n"))
    except InvalidInput as error:
        raise InvalidInput(f"key file `{path}` is damaged: {error.message}") from None


def _require_private(path: Path, status: os.stat_result) -> None:
    """Rule 1."""
    mode = stat.S_IMODE(status.st_mode)
    if not stat.S_ISREG(status.st_mode):
        raise InvalidInput(f"key file `{path}` is not a plain file")
    if status.st_uid != os.geteuid():
        raise InvalidInput(f"key file `{path}` belongs to another user: run `chown {os.geteuid()} {path}`")
    if mode & 0o077:
        raise InvalidInput(f"key file `{path}` can be read by others (mode {mode:04o}): run `chmod 600 {path}`")

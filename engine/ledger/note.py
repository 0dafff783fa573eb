"""Signed notes and checkpoints as C2SP specifies them (c2sp.org/signed-note, c2sp.org/tlog-checkpoint), with Ed25519.

Rules, stricter than the specification where a changed byte would otherwise go unseen:
1. Base64 is accepted in its one canonical spelling only.
2. Every signature line must be by a key of the keyring, once, and hold; unknown signers are refused, not skipped.
3. A checkpoint has no extension lines.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from engine.errors import InvalidInput

ED25519 = b"\x01"
SECRET = "PRIVATE+KEY+"
LIMIT = 16384
"""Characters of a note; ours have about 200."""
CHECKPOINT = re.compile(r"(?P<origin>[^\n]+)\n(?P<size>0|[1-9][0-9]{0,15})\n(?P<root>[A-Za-z0-9+/=]+)\n", re.ASCII)
NAME = re.compile(r"[^\s+\x00-\x1f\x7f\ud800-\udfff]+")
"""A key's name: no spaces, no plus sign, and nothing that UTF-8 or a terminal cannot take."""
SIGNATURE = re.compile(rf"— (?P<name>{NAME.pattern}) (?P<signature>[A-Za-z0-9+/=]+)\n")
SURROGATE = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True)
class VerifyingKey:
    """The public half; its text is the vkey that verifiers are given: `name+id+base64(type, key)`."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        """The four bytes that a signature names its key by."""
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        """The vkey."""
        return f"{self.name}+{self.id.hex()}+{_base64(ED25519 + self.public)}"

    @classmethod
    def parse(cls, text: str) -> "VerifyingKey":
        """Read a vkey; raise `InvalidInput` for anything else."""
        name, _, rest = text.partition("+")
        data = _key_data(rest, f"not a public key in vkey form: `{text[:120]}`")
        key = cls(name, data)
        if not NAME.fullmatch(name) or str(key) != text:
            raise InvalidInput(f"not a public key in vkey form: `{text[:120]}`")
        return key

    def holds(self, text: str, signature: bytes) -> bool:
        """Whether `signature` is this key's for `text`."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True)
class SigningKey:
    """The private half; `secret` is the 32-byte seed and never shown."""

    name: str
    secret: bytes = field(repr=False)

    @property
    def verifying(self) -> VerifyingKey:
        """The public half."""
        private = Ed25519PrivateKey.from_private_bytes(self.secret)
        return VerifyingKey(self.name, private.public_key().public_bytes_raw())

    def sign(self, text: str) -> str:
        """The signature line for `text`."""
        signature = Ed25519PrivateKey.from_private_bytes(self.secret).sign(text.encode())
        return f"— {self.name} {_base64(self.verifying.id + signature)}\n"

    def to_text(self) -> str:
        """The form in which the key file holds it: `PRIVATE+KEY+name+id+base64(type, seed)`."""
        return f"{SECRET}{self.name}+{self.verifying.id.hex()}+{_base64(ED25519 + self.secret)}"

    @classmethod
    def parse(cls, text: str) -> "SigningKey":
        """Read `to_text` back; the error shows nothing of it."""
        name, _, rest = text.removeprefix(SECRET).partition("+")
        key = cls(name, _key_data(rest, "not a private key in note form"))
        if not NAME.fullmatch(name) or key.to_text() != text:
            raise InvalidInput("not a private key in note form")
        return key


@dataclass(frozen=True)
class Checkpoint:
    """What is signed: the ledger's name, how many entries, and the root of the tree over them."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The note's text: three lines."""
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\n"


@dataclass(frozen=True)
class Signed:
    """A checkpoint whose signatures hold, and by whom."""

    checkpoint: Checkpoint
    signers: tuple[VerifyingKey, ...]


def sign(checkpoint: Checkpoint, *keys: SigningKey) -> str:
    """The signed note over a checkpoint."""
    return checkpoint.text + "\n" + "".join(key.sign(checkpoint.text) for key in keys)


def peek(note: str) -> Checkpoint:
    """The checkpoint a note claims, **its signatures unchecked**: to sort notes by, never to believe them."""
    return _checkpoint(_split(note)[0])


def verify(note: str, keyring: Iterable[VerifyingKey]) -> Signed:
    """The checkpoint in a note, if every signature is by a key of the keyring and holds; otherwise `InvalidInput`."""
    text, lines = _split(note)
    keys = {(key.name, key.id): key for key in keyring}
    signers = tuple(_signer(text, line, keys) for line in lines)
    if len(set(signers)) != len(signers):
        raise InvalidInput("one key signed twice")
    return Signed(_checkpoint(text), signers)


def _split(note: str) -> tuple[str, list[str]]:
    if len(note) > LIMIT or SURROGATE.search(note):
        raise InvalidInput(f"not a signed note: at most {LIMIT} characters of UTF-8 are due")
    text, blank, signatures = note.rpartition("\n\n")
    lines = signatures.splitlines(keepends=True)
    if not blank or not lines or not all(SIGNATURE.fullmatch(line) for line in lines):
        raise InvalidInput("not a signed note: a text, a blank line and signature lines are due")
    return text + "\n", lines


def _checkpoint(text: str) -> Checkpoint:
    parts = CHECKPOINT.fullmatch(text)
    root = _unbase64(parts["root"]) if parts else None
    if parts is None or root is None or len(root) != 32 or not parts["origin"].isprintable():
        raise InvalidInput("not a checkpoint: origin, size and root are due, one a line")
    return Checkpoint(parts["origin"], int(parts["size"]), root)


def _signer(text: str, line: str, keys: dict[tuple[str, bytes], VerifyingKey]) -> VerifyingKey:
    parts = SIGNATURE.fullmatch(line)
    signature = _unbase64(parts["signature"]) if parts else None
    if parts is None or signature is None or len(signature) != 68:
        raise InvalidInput("a signature line is damaged")
    key = keys.get((parts["name"], signature[:4]))
    if key is None:
        raise InvalidInput(f"signed by a key outside the keyring: `{parts['name'][:120]}` {signature[:4].hex()}")
    if not key.holds(text, signature[4:]):
        raise InvalidInput(f"the signature of `{key.name}` does not hold for this text")
    return key


def _key_data(rest: str, message: str) -> bytes:
    """The 32 bytes behind `id+base64(type, key)`."""
    data = _unbase64(rest.partition("+")[2])
    if data is None or len(data) != 33 or data[:1] != ED25519:
        raise InvalidInput(message)
    return data[1:]


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _unbase64(text: str) -> bytes | None:
    """Rule 1: None for any spelling but the canonical one."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if _base64(data) == text else None

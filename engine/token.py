"""Commit tokens: leave to execute one piece of work once, signed by the engine and checked where the world is touched.

Rules: 1. nothing begins without a token signed by our engine. 2. It fits exactly one work: action, version, connector,
target, parameters and owner key. 3. A token for a simulated executor opens no real one, nor the other way round (I12).
4. Nothing begins after its time. 5. A release needs no leave and never goes stale, but sets at the target only what our
engine signed as standing there before.
"""

import base64
import json
import os
import tempfile
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from engine.digest import canonical, work_digest
from engine.errors import GuardrailBreach, InvalidInput
from engine.model.action import Executor
from engine.model.execution import CommitToken, Work

KEY_FILE = "token.key"
PUBLIC_FILE = "token.pub"
_PURPOSE = b"fireline commit token v1\n"
_GIVING_BACK = b"fireline giving back v1\n"


class StaleToken(GuardrailBreach):
    """The token was good, but its time is over; ask for a new one."""


class TokenSigner:
    """Signs what one transaction has authorised; lives beside the database only."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        """`key` never leaves the engine; zone workers get `public_key`."""
        self._key = key

    @property
    def public_key(self) -> bytes:
        """The 32 bytes with which zone workers verify."""
        return self._key.public_key().public_bytes_raw()

    def sign(self, token: CommitToken) -> CommitToken:
        """The same token with its signature."""
        return token.model_copy(update={"signature": self._under(_signed_bytes(token))})

    def vouch(self, work: Work) -> Work:
        """The same work with the signature under what its release gives back."""
        return work.model_copy(update={"signature": self._under(_given_back(work))})

    def _under(self, message: bytes) -> str:
        return base64.b64encode(self._key.sign(message)).decode()


class TokenVerifier:
    """Checks tokens in the zone, by the engine's public key alone."""

    def __init__(self, public_key: bytes) -> None:
        """`public_key` is the signer's, 32 bytes."""
        self._key = Ed25519PublicKey.from_public_bytes(public_key)

    def require(self, token: CommitToken | None, work: Work, executor: Executor, now: datetime) -> CommitToken:
        """The token, if it opens this work on this kind of executor now.

        Raises `GuardrailBreach` for a missing, forged or foreign token, `StaleToken` for a good one that came too late.
        """
        if token is None:
            raise GuardrailBreach(f"no commit token for `{work.action}` on `{work.target}`")
        self._require_signature(token)
        _require_fit(token, work, executor)
        require_in_time(token, now)
        return token

    def vouched(self, work: Work) -> Work:
        """The work as far as a release may follow it: without our signature it gives nothing back by its own word."""
        if self._is_ours(work.signature, _given_back(work)):
            return work
        return work.model_copy(update={"snapshot": None, "undo": None, "agreed": ()})

    def _require_signature(self, token: CommitToken) -> None:
        if not self._is_ours(token.signature, _signed_bytes(token)):
            raise GuardrailBreach(f"commit token of `{token.request_id}` is not signed by this engine")

    def _is_ours(self, signature: str, message: bytes) -> bool:
        try:
            self._key.verify(base64.b64decode(signature, validate=True), message)
        except (InvalidSignature, ValueError):
            return False
        return True


def _signed_bytes(token: CommitToken) -> bytes:
    return _PURPOSE + canonical(token.model_dump(mode="json", exclude={"signature"}))


def _given_back(work: Work) -> bytes:
    """What a release does besides taking our element away, of which effect; sorted, whatever carried it (rule 5)."""
    said = work.model_dump(mode="json", exclude={"token", "expires_at", "keeps", "signature"})
    return _GIVING_BACK + json.dumps(said, sort_keys=True).encode()


def require_in_time(token: CommitToken, now: datetime) -> None:
    """Raise `StaleToken` where its time is over."""
    if now > token.not_after:
        raise StaleToken(f"commit token of `{token.request_id}` was good until {token.not_after.isoformat()}")


def _require_fit(token: CommitToken, work: Work, executor: Executor) -> None:
    """Rules 2 and 3."""
    digest = work_digest(work.action, work.action_version, work.connector, work.target, work.params)
    if token.digest != digest or token.owner != work.owner:
        raise GuardrailBreach(f"commit token of `{token.request_id}` is for other work")
    if not token.executor == work.executor == executor:
        raise GuardrailBreach(f"commit token of `{token.request_id}` is not for a {executor} executor")


def load_or_create(directory: Path) -> Ed25519PrivateKey:
    """The engine's signing key in `directory`, made on first use; readable by its owner only.

    Two processes that start at once end with the same key. Raises `InvalidInput` for a key others can read.
    """
    path = directory / KEY_FILE
    if not path.exists():
        _create(path)
    return _load(path)


def _create(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.") as draft:
        draft.write(pem)
        draft.flush()
        os.fsync(draft.fileno())
        # INVARIANT: a key appears whole or not at all, and the first one stays: link never overwrites.
        try:
            os.link(draft.name, path)
        except FileExistsError:
            return


def _load(path: Path) -> Ed25519PrivateKey:
    if path.stat().st_mode & 0o077:
        raise InvalidInput("key can be read by others: make it `chmod 600`", file=str(path))
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except ValueError:
        raise InvalidInput("no key in PEM form", file=str(path)) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise InvalidInput("not an Ed25519 key", file=str(path))
    return key


def publish(key: Ed25519PrivateKey, directory: Path) -> None:
    """Write the public half beside the key: the one file a zone worker needs of the engine."""
    path = directory / PUBLIC_FILE
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    if not path.exists() or path.read_bytes() != pem:
        draft = path.with_suffix(".new")
        draft.write_bytes(pem)
        draft.replace(path)
    # Whoever carries it elsewhere carries its mode along, and a worker there is somebody else.
    path.chmod(0o644)


def load_public(path: Path) -> bytes:
    """The 32 bytes of a published key; raise `InvalidInput` where there is none."""
    try:
        key = load_pem_public_key(path.read_bytes())
    except OSError as error:
        raise InvalidInput(f"cannot be read: {error.strerror}", file=str(path)) from error
    except ValueError:
        raise InvalidInput("no public key in PEM form", file=str(path)) from None
    if not isinstance(key, Ed25519PublicKey):
        raise InvalidInput("not an Ed25519 key", file=str(path))
    return key.public_bytes_raw()

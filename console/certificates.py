"""Certificates and keys as files, read before they are used: what is wrong with one is said with its name.

Rules: 1. A message names files and references, never what stands in a key.
"""

import stat
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from engine.errors import InvalidInput


def read_certificates(path: Path) -> list[x509.Certificate]:
    """The certificates in a PEM file, in its order: at least one; raise `InvalidInput` where there is none."""
    try:
        return x509.load_pem_x509_certificates(_read(path))
    except ValueError as error:
        raise InvalidInput(f"`{path}` is no certificate in PEM") from error


def require_pair(certificate: x509.Certificate, key: bytes, named: str) -> None:
    """Raise `InvalidInput` unless `key`, which is `named` so in messages, is this certificate's."""
    try:
        public = load_pem_private_key(key, None).public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # A key under a password is a TypeError; nobody would be there to type it.
        raise InvalidInput(f"`{named}` is no key in PEM, or one under a password") from None
    if _bytes_of(public) != _bytes_of(certificate.public_key()):
        raise InvalidInput(f"`{named}` is not the key of its certificate")


def read_key(path: Path) -> bytes:
    """What stands in the file of a key; raise `InvalidInput` where it cannot be read, or others may read it."""
    require_private(path)
    return _read(path)


def require_private(key: Path) -> None:
    """Raise `InvalidInput` where others may read this key."""
    try:
        mode = key.stat().st_mode
    except OSError as error:
        raise _unreadable(key, error) from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise InvalidInput(f"`{key}` may be read by others: chmod 600 it")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> InvalidInput:
    return InvalidInput(f"`{path}` cannot be read: {error.strerror}")


def _bytes_of(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

"""Who shows a client certificate: what names it, and by whom in the people's file it is meant.

Rules: 1. TLS has asked for the certificate and has verified that our own authority signed it; here it is read from the
connection itself, never from what a header or a proxy says. 2. It counts while it is valid, asked at every request: a
connection may outlive it. 3. Whose it is stands in the people's file, by its SHA-256 or by a URI among its names.
4. It opens the doors that take findings, and no other.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from starlette.types import Scope

from engine.model.permission import Permission
from engine.model.principal import Principal

SCOPES = frozenset({Permission.SUBMIT_FINDINGS})
"""Rule 4."""
SHOWN = "fireline.certificate"
"""Where a connection's certificate stands in the scope of its requests."""


@dataclass(frozen=True)
class Certificate:
    """One that TLS has verified: what it may be named by, and until when it is valid."""

    names: frozenset[str]
    begins: datetime
    ends: datetime

    @property
    def fingerprint(self) -> str:
        """Its SHA-256."""
        return min(name for name in self.names if name.startswith("sha256:"))

    def why_not(self, now: datetime) -> str | None:
        """Why it does not count now, None where it does (rule 2)."""
        if now < self.begins:
            return "not valid yet"
        return "expired" if now >= self.ends else None


def read_certificate(der: bytes) -> Certificate:
    """A certificate as TLS hands it over; raise `ValueError` where it cannot be read."""
    read = x509.load_der_x509_certificate(der)
    names = {f"sha256:{hashlib.sha256(der).hexdigest()}", *_uris(read)}
    return Certificate(frozenset(names), read.not_valid_before_utc, read.not_valid_after_utc)


def shown(scope: Scope) -> Certificate | None:
    """The certificate of the connection that a request came by; None where it came another way."""
    found = scope.get(SHOWN)
    assert found is None or isinstance(found, Certificate)
    return found


def whose(certificate: Certificate, people: Iterable[Principal]) -> Principal | None:
    """Who is meant by it (rule 3); nobody, where two are."""
    found = [one for one in people if certificate.names & set(one.certificates)]
    return found[0] if len(found) == 1 else None


def _uris(read: x509.Certificate) -> list[str]:
    try:
        names = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return names.get_values_for_type(x509.UniformResourceIdentifier)

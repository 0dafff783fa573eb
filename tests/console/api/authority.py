"""An authority that signs certificates for sensors and for this host, made for a test."""

import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)
HERE = x509.IPAddress(ip_address("127.0.0.1"))


@dataclass(frozen=True)
class Files:
    """A certificate and its key, on disk."""

    certificate: Path
    key: Path
    fingerprint: str


class Authority:
    """Signs what it is asked to; its own certificate lies in `file`."""

    def __init__(self, folder: Path, name: str, now: datetime, lasts: timedelta = DAY) -> None:
        self._folder, self._now = folder, now
        self._key, self._name = ec.generate_private_key(ec.SECP256R1()), _named(name)
        builder = self._builder(self._name, self._key.public_key(), now + lasts)
        made = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(made.sign(self._key, SHA256()).public_bytes(Encoding.PEM))

    def sign(self, name: str, *names: x509.GeneralName, ends: datetime | None = None) -> Files:
        """A certificate for `name`, valid for a day unless it ends otherwise."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(_named(name), key.public_key(), ends or self._now + DAY)
        extended = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name), *names]), critical=False)
        made = extended.sign(self._key, SHA256())
        files = self._folder / f"{name}.crt", self._folder / f"{name}.key"
        files[0].write_bytes(made.public_bytes(Encoding.PEM))
        files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        files[1].chmod(0o600)
        return Files(*files, made.fingerprint(SHA256()).hex())

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePublicKey, ends: datetime) -> x509.CertificateBuilder:
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self._name).public_key(key)
        dated = builder.not_valid_before(self._now - 2 * DAY).not_valid_after(ends)
        return dated.serial_number(x509.random_serial_number())


def trusting(authority: Authority, shows: Files | None = None) -> ssl.SSLContext:
    """How a client speaks that trusts this authority, and what it shows of itself."""
    context = ssl.create_default_context(cafile=str(authority.file))
    # The authorities made here are as small as may be.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    for files in [shows] if shows else []:
        context.load_cert_chain(files.certificate, files.key)
    return context


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])

"""Receivers of events on loopback: syslog by TLS, with certificates of its own, which answers as it is told."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.patience import PATIENCE_S

LONG = timedelta(days=1)


@dataclass(frozen=True)
class Authority:
    """Somebody who issues certificates, into a folder."""

    folder: Path
    name: str = "ca"
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def path(self) -> str:
        """Its own certificate."""
        file = self.folder / f"{self.name}.pem"
        if not file.exists():
            file.write_bytes(self._signed(self.name, self.key, True).public_bytes(Encoding.PEM))
        return str(file)

    def issue(self, name: str) -> tuple[str, str]:
        """The paths of a certificate for `name` and of its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate, private = self.folder / f"{self.name}-{name}.pem", self.folder / f"{self.name}-{name}.key"
        certificate.write_bytes(self._signed(name, key, False).public_bytes(Encoding.PEM))
        private.touch(0o600)
        private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return str(certificate), str(private)

    def _signed(self, name: str, key: ec.EllipticCurvePrivateKey, is_ca: bool) -> x509.Certificate:
        names = [x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]
        issuer = [x509.NameAttribute(x509.NameOID.COMMON_NAME, self.name)]
        with suppress(ValueError):
            named: x509.GeneralName = x509.DNSName(name)
            named = x509.IPAddress(ip_address(name))
        now = datetime.now(UTC)  # noqa: TID251 - a certificate is good for a time
        return (
            x509.CertificateBuilder(x509.Name(issuer), x509.Name(names), key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - LONG)
            .not_valid_after(now + LONG)
            .add_extension(x509.SubjectAlternativeName([named]), False)
            .add_extension(x509.BasicConstraints(is_ca, None), True)
            .sign(self.key, hashes.SHA256())
        )


@dataclass
class Taken:
    """What came, octet-counted and taken apart; `peers` are the names on the clients' certificates."""

    port: int = 0
    messages: list[bytes] = field(default_factory=list)
    peers: list[str] = field(default_factory=list)


@contextmanager
def syslog(
    certificate: tuple[str, str], *, clients: str | None = None, deaf: int = 0, port: int = 0
) -> Iterator[Taken]:
    """A receiver for as long as the block lasts; the first `deaf` connections it drops with their bytes unread."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=clients)
    context.verify_mode = ssl.CERT_REQUIRED if clients else ssl.CERT_NONE
    context.load_cert_chain(*certificate)
    taken = Taken()

    def serve(listener: socket.socket) -> None:
        left = deaf
        while True:
            try:
                raw, _ = listener.accept()
            except OSError:
                return
            with suppress(OSError), raw:
                left = _hear(taken, context, raw, left)

    with socket.create_server(("127.0.0.1", port)) as listener:
        taken.port = listener.getsockname()[1]
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        try:
            yield taken
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _hear(taken: Taken, context: ssl.SSLContext, raw: socket.socket, deaf: int) -> int:
    raw.settimeout(PATIENCE_S)
    with context.wrap_socket(raw, server_side=True) as tls:
        if deaf:
            _drop(tls)
            return deaf - 1
        if shown := tls.getpeercert(binary_form=True):
            taken.peers.append(x509.load_der_x509_certificate(shown).subject.rfc4514_string())
        with tls.makefile("rb") as stream:
            while length := _length(stream.read):
                taken.messages.append(stream.read(length))
        tls.unwrap().close()
    return 0


def _drop(tls: ssl.SSLSocket) -> None:
    """Closed with bytes unread: the peer sees a reset, as when the receiver was killed."""
    with socket.socket(fileno=tls.detach()) as bare:
        bare.settimeout(PATIENCE_S)
        bare.recv(1, socket.MSG_PEEK)


def _length(read: Callable[[int], bytes]) -> int:
    digits = b""
    while (one := read(1)) not in (b" ", b""):
        digits += one
    return int(digits or b"0")

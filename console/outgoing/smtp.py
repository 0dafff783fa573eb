"""Handing a message to a mail server (RFC 5321); blocking, for a thread.

Rules: 1. Nothing is said before the connection is encrypted and the certificate fits the name, unless it goes to this
host and the settings want it so. 2. The connection goes to an address that was looked at, not to what the name says a
moment later. 3. What the server says is not repeated: only the code of its answer.
"""

import smtplib
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from email.message import EmailMessage

from engine.errors import TargetRefused, TargetUnavailable
from engine.model.channel import EmailSettings
from engine.secrets import reveal

STEP_S = 10.0
"""How long one answer of the server is waited for."""


class _Direct(smtplib.SMTP):
    """Rule 2: connects to the addresses in turn, while the certificate is asked for the name."""

    def __init__(self, settings: EmailSettings, addresses: Sequence[str], tls: ssl.SSLContext) -> None:
        self.tls, self._addresses = tls, addresses
        self._begin(settings, settings.sender.partition("@")[2])

    def _begin(self, settings: EmailSettings, name: str) -> None:
        super().__init__(settings.server, settings.port, name, STEP_S)

    def connect(self, host: str = "", port: int = 0, source_address: object = None) -> tuple[int, bytes]:
        *others, last = self._addresses
        for address in others:
            with suppress(OSError):
                return super().connect(address, port)
        return super().connect(last, port)


class _DirectTls(_Direct, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte on."""

    def _begin(self, settings: EmailSettings, name: str) -> None:
        smtplib.SMTP_SSL.__init__(self, settings.server, settings.port, name, timeout=STEP_S, context=self.tls)


def hand_over(
    settings: EmailSettings, addresses: Sequence[str], message: EmailMessage, to: Sequence[str]
) -> Mapping[str, int]:
    """Have the server take a message for these people; return whom it refused, with the code of each.

    Raises `TargetRefused`, or `TargetUnavailable` where it may pass later; then nobody got it.
    """
    with _judged(settings.server), _session(settings, addresses) as session:
        try:
            refused = session.send_message(message, settings.sender, [*to])
        except smtplib.SMTPRecipientsRefused as error:
            refused = error.recipients
        return {address: code for address, (code, _) in refused.items()}


def greet(settings: EmailSettings, addresses: Sequence[str]) -> None:
    """Return if the server would take messages of ours, as far as that shows before one."""
    with _judged(settings.server), _session(settings, addresses) as session:
        session.noop()


@contextmanager
def _session(settings: EmailSettings, addresses: Sequence[str]) -> Iterator[smtplib.SMTP]:
    tls = ssl.create_default_context(cafile=settings.ca)
    kind = _DirectTls if settings.security == "tls" else _Direct
    with kind(settings, addresses, tls) as session:
        if settings.security == "starttls":
            session.starttls(context=tls)
        if settings.username is not None and settings.password is not None:
            session.login(settings.username, reveal(settings.password))
        yield session


@contextmanager
def _judged(server: str) -> Iterator[None]:
    """Turn what went wrong into our errors (rule 3)."""
    try:
        yield
    except smtplib.SMTPResponseException as error:
        raise judged(server, error.smtp_code) from None
    except smtplib.SMTPNotSupportedError:
        raise TargetUnavailable(f"{server} offers no way to encrypt or to sign in") from None
    except OSError as error:
        raise TargetUnavailable(f"{server} does not take mail: {type(error).__name__}") from None
    except ValueError as error:
        raise TargetRefused(f"{server} cannot be sent this: {type(error).__name__}") from None


def judged(server: str, code: int) -> TargetRefused | TargetUnavailable:
    """What an answer of the server means: from 500 on it is no for good (RFC 5321, 4.2.1)."""
    said = f"{server} answered {code}"
    return TargetRefused(said) if 500 <= code < 600 else TargetUnavailable(said)

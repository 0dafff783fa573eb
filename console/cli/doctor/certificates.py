"""How long a certificate of ours is good for."""

from datetime import timedelta
from typing import TYPE_CHECKING

from console.cli.doctor.lines import Line, bad, odd, well
from console.clock import now

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

SOON = timedelta(days=14)
RENEW = "have it renewed, and start the engine anew: it reads it at its start"


def validity(check: str, certificate: "Certificate", named: str) -> Line:
    """Whether it is valid now, and for `SOON`."""
    begins, ends, at = certificate.not_valid_before_utc, certificate.not_valid_after_utc, now()
    until = f"{ends:%Y-%m-%d %H:%M} UTC"
    if at < begins:
        return bad(check, f"`{named}` is not valid before {begins:%Y-%m-%d %H:%M} UTC", "look at the clock, or wait")
    if at >= ends:
        return bad(check, f"`{named}` expired at {until}", RENEW)
    if ends - at < SOON:
        return odd(check, f"`{named}` expires at {until}", RENEW)
    return well(check, f"`{named}` is valid until {until}")

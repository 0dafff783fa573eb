"""What a session's browser carries, and how its requests are told from those that another page made it send.

Rules: 1. Over TLS the cookie is `__Host-`: set by us alone, for this host alone, never in the clear. On this host it
has a name of its own, so that neither is ever taken for the other. No script reads it. 2. What changes anything has to
come from a page of ours (`Origin`, `Sec-Fetch-Site`: whichever is there says so, and one of them is there) and to bring
in a header what only a page of ours can read: a token bound to the session, compared in constant time.
"""

import hmac
from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import Request, Response

from console.api.backend import backend_of
from engine.errors import Denied
from engine.model.session import LONGEST

OVER_TLS, HERE = "__Host-fireline", "fireline-here"
CSRF_HEADER = "x-fireline-csrf"
CHANGING_NOTHING = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Place:
    """Where browsers reach us: the origins of our own pages, and whether that is over TLS."""

    origins: frozenset[str]
    over_tls: bool

    @property
    def address(self) -> str:
        """What our own addresses begin with."""
        return min(self.origins)

    @property
    def cookie(self) -> str:
        """The name of the session's cookie (rule 1)."""
        return OVER_TLS if self.over_tls else HERE

    @property
    def begun(self) -> str:
        """The name of the cookie by which a sign-in is known to be this browser's."""
        return f"{self.cookie}-sign-in"


def place_of(request: Request) -> Place:
    """By the settings; without them this host and the port that was connected to, never what a header says."""
    public = backend_of(request).public_url
    if public is not None:
        parts = urlsplit(public)
        return Place(frozenset({f"{parts.scheme}://{parts.netloc}"}), parts.scheme == "https")
    port = request.scope["server"][1]
    return Place(frozenset(f"http://{host}:{port}" for host in ("127.0.0.1", "localhost")), over_tls=False)


def carried(request: Request) -> str | None:
    """The secret of the session that the browser came with."""
    return request.cookies.get(place_of(request).cookie)


def hand_over(request: Request, response: Response, secret: str) -> None:
    """Have the browser carry this from now on."""
    keep(request, response, place_of(request).cookie, secret, int(LONGEST.total_seconds()))


def keep(request: Request, response: Response, name: str, value: str, seconds: int) -> None:
    """Set a cookie that no script reads and no other site sends along with more than a click on a link."""
    over_tls = place_of(request).over_tls
    response.set_cookie(name, value, max_age=seconds, path="/", secure=over_tls, httponly=True, samesite="lax")


def take_back(request: Request, response: Response, name: str) -> None:
    """Have the browser forget a cookie."""
    over_tls = place_of(request).over_tls
    response.delete_cookie(name, path="/", secure=over_tls, httponly=True, samesite="lax")


def csrf_token(secret: str) -> str:
    """What our own pages send along: told to whoever can read an answer of ours, and worthless for another session."""
    return hmac.digest(secret.encode(), b"fireline csrf", "sha256").hex()


def require_our_page(request: Request) -> None:
    """Raise `Denied` where another site's page had this sent."""
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    if origin is None and site is None:
        raise Denied("this came by a session, and does not say from which page")
    if (origin is not None and origin not in place_of(request).origins) or (site or "same-origin") != "same-origin":
        raise Denied("this came by a session, from a page that is not ours")


def require_meant(request: Request, secret: str) -> None:
    """Rule 2, for what was sent with this session's secret."""
    if request.method in CHANGING_NOTHING:
        return
    require_our_page(request)
    brought = request.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(brought.encode(), csrf_token(secret).encode()):
        raise Denied(f"this came by a session, without the `{CSRF_HEADER}` that belongs to it")

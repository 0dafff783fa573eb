"""The values that indicators name: checked, and in the one spelling under which they are stored and looked up.

Rules: 1. What is not plainly a value of its kind is refused, never mended: a defanged name stays unread. 2. Nothing is
taken that would cover a large part of everything: no top-level domain, no network wider than `WIDEST`.
"""

import re
from urllib.parse import SplitResult, urlsplit, urlunsplit

from engine.context.places import place
from engine.model.finding import ObservableType
from engine.ports import Network

WIDEST = {4: 8, 6: 20}
"""The shortest prefix an indicator may have, by IP version."""
LONGEST = 1024
"""Characters of a value at most, as for an observable."""
HASHES = {32: "MD5", 40: "SHA-1", 56: "SHA-224", 64: "SHA-256", 96: "SHA-384", 128: "SHA-512"}
"""What a digest is, by its hexadecimal digits."""
SCHEMES = {"http": 80, "https": 443, "ftp": 21}
"""Schemes that a URL may have, with the port that goes without saying."""

_HEX = re.compile(r"[0-9a-f]+")
_NAME = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+(?!\d+$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])")
_LOCAL = re.compile(r"[^\s@\"<>()\[\]\\,;:]{1,64}")


def canonical(kind: ObservableType, text: str) -> str:
    """The value as it is compared; raise `ValueError` saying why it is none of its kind."""
    if not 0 < len(text) <= LONGEST:
        raise ValueError(f"a value has 1 to {LONGEST} characters, not {len(text)}")
    match kind:
        case ObservableType.IP:
            return _address(text)
        case ObservableType.DOMAIN:
            return _domain(text)
        case ObservableType.URL:
            return _url(text)
        case ObservableType.HASH:
            return _hash(text)
        case ObservableType.EMAIL:
            return _email(text)
        case _:
            raise ValueError(f"no indicator names a {kind}")


def kind_of(text: str) -> ObservableType:
    """What a person means by a value: read off its form, a domain where nothing else fits."""
    if place(text) is not None:
        return ObservableType.IP
    if "://" in text:
        return ObservableType.URL
    if "@" in text:
        return ObservableType.EMAIL
    hexadecimal = len(text) in HASHES and _HEX.fullmatch(text.lower())
    return ObservableType.HASH if hexadecimal else ObservableType.DOMAIN


def host_of(url: str) -> str:
    """The host of a canonical URL."""
    return (urlsplit(url).hostname or "") if "://" in url else ""


def _address(text: str) -> str:
    found = place(text)
    if found is None:
        raise ValueError(f"`{text}` is neither an address nor a network")
    if isinstance(found, Network) and found.prefixlen < WIDEST[found.version]:
        raise ValueError(f"`{text}` is wider than a /{WIDEST[found.version]}")
    return str(found)


def _domain(text: str) -> str:
    name = text.lower().removesuffix(".")
    if not name.isascii():
        try:
            name = name.encode("idna").decode()
        except UnicodeError:
            raise ValueError(f"`{text}` has no form in the DNS") from None
    if len(name) > 253 or not _NAME.fullmatch(name):
        raise ValueError(f"`{text}` is no domain below a top-level one")
    return name


def _url(text: str) -> str:
    if not text.isprintable() or " " in text:
        raise ValueError(f"`{text}` has characters that no URL has")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"`{text}` is no URL: {error}") from None
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise ValueError(f"`{text}` is no URL of {', '.join(SCHEMES)}")
    return urlunsplit((parts.scheme, _authority(parts, port), parts.path or "/", parts.query, ""))


def _authority(parts: SplitResult, port: int | None) -> str:
    found = place(parts.hostname or "")
    host = _domain(parts.hostname or "") if found is None else str(found)
    user = parts.netloc.rpartition("@")[0]
    shown = f"[{host}]" if ":" in host else host
    named = shown if port in (None, SCHEMES[parts.scheme]) else f"{shown}:{port}"
    return f"{user}@{named}" if user else named


def _hash(text: str) -> str:
    digest = text.lower()
    if len(digest) not in HASHES or not _HEX.fullmatch(digest):
        raise ValueError(f"`{text}` is no {', '.join(HASHES.values())}")
    return digest


def _email(text: str) -> str:
    local, _, domain = text.rpartition("@")
    if not _LOCAL.fullmatch(local):
        raise ValueError(f"`{text}` is no mail address")
    return f"{local.lower()}@{_domain(domain)}"

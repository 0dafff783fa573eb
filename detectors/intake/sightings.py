"""Things seen, in the one spelling that correlation, intelligence and policy compare."""

import re
from collections.abc import Callable, Iterable, Mapping
from email.utils import parseaddr
from functools import lru_cache
from ipaddress import IPv6Address, ip_address

from engine.model.finding import Endpoint, Observable, ObservableType

MOST = 256
"""Observables kept of one finding."""

_LONGEST = 1024
_HASH = re.compile(r"[0-9a-f]{32,128}")


@lru_cache(maxsize=1 << 14)
def address(text: str) -> str | None:
    """An IP address compressed, without a zone index, and as IPv4 where it only wraps one; None if it is none.

    `::ffff:10.0.0.5` and `10.0.0.5` are one host: spelled differently, a protection of the one would miss the other.
    """
    try:
        parsed = ip_address(text.strip())
    except ValueError:
        return None
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or IPv6Address(int(parsed)))


def name(text: str) -> str | None:
    """A name of a host, domain, user or process in lower case and without the root's dot; None if nothing is left."""
    return text.strip().rstrip(".").lower() or None


def _hash(text: str) -> str | None:
    digest = text.strip().lower()
    return digest if _HASH.fullmatch(digest) else None


def _mailbox(text: str) -> str | None:
    mailbox = parseaddr(text)[1].lower()
    return mailbox if "@" in mailbox else None


def _verbatim(text: str) -> str | None:
    return text.strip() or None


_SPELLINGS: Mapping[ObservableType, Callable[[str], str | None]] = {
    ObservableType.IP: address,
    ObservableType.HOST: name,
    ObservableType.USER: name,
    ObservableType.DOMAIN: name,
    ObservableType.HASH: _hash,
    ObservableType.EMAIL: _mailbox,
    ObservableType.MESSAGE: _verbatim,
    ObservableType.URL: _verbatim,
    ObservableType.PROCESS: name,
}


def observable(kind: ObservableType, text: str | None) -> Observable | None:
    """The observable in canonical form, or None where the text is no such thing or too long to be one."""
    value = _SPELLINGS[kind](text) if text else None
    return Observable(type=kind, value=value) if value and len(value) <= _LONGEST else None


def site(text: str | None) -> Observable | None:
    """What a protocol calls a server: an address or a domain, with or without a port."""
    if not text:
        return None
    bare = text.strip()
    host = bare[1:].partition("]")[0] if bare.startswith("[") else bare.partition(":")[0]
    return (
        observable(ObservableType.IP, bare)
        or observable(ObservableType.IP, host)
        or observable(ObservableType.DOMAIN, host)
    )


def unique(seen: Iterable[Observable | None]) -> tuple[Observable, ...]:
    """Each observable once, in order of first sight, at most `MOST`."""
    return tuple(dict.fromkeys(item for item in seen if item is not None))[:MOST]


def endpoint(ip: str | None, port: int | None, host: str | None, user: str | None) -> Endpoint | None:
    """One end of the activity with its names in canonical form; None where nothing is known of it."""
    end = Endpoint(ip=ip, port=port, host=name(host or ""), user=name(user or ""))
    return end if end != Endpoint() else None


def of_endpoints(*ends: Endpoint | None) -> list[Observable | None]:
    """Addresses, hosts and users that stand at the ends of the activity."""
    present = [end for end in ends if end is not None]
    return (
        [observable(ObservableType.IP, end.ip) for end in present]
        + [observable(ObservableType.HOST, end.host) for end in present]
        + [observable(ObservableType.USER, end.user) for end in present]
    )

"""The ground the load plays on: a site with hosts, accounts and messages enough to be used one after the other."""

THINGS = 60
"""Hosts, accounts and messages; used again when all were used. Addresses need no description."""


def host(number: int) -> str:
    """The name of a host."""
    return f"box-{number % THINGS:04d}"


def account(number: int) -> str:
    """The name of an account."""
    return f"user-{number % THINGS:04d}"


def message(number: int) -> str:
    """The id of a message."""
    return f"<{number % THINGS:04d}@load.example>"


def inside(number: int) -> str:
    """An address inside, behind which no host is known: each makes an incident of its own."""
    return f"10.{100 + number // 65536}.{number // 256 % 256}.{number % 256}"


def outside(number: int) -> str:
    """An address outside, to be blocked."""
    return f"198.{18 + number // 65536}.{number // 256 % 256}.{number % 256}"


def beyond(number: int) -> str:
    """Another address outside, for cases that need more than one."""
    return f"198.{118 + number // 65536}.{number // 256 % 256}.{number % 256}"


def site_text() -> str:
    """The site's description."""
    lines = ["as_of: 2026-11-21T03:00:00Z", "segments:", "  - {name: floor, cidr: 10.20.0.0/16, kind: offices}"]
    lines += ["assets:"]
    lines += [f"  - {{name: {host(n)}, criticality: low, segment: floor}}" for n in range(THINGS)]
    lines += ["identities:", *(f"  - {{name: {account(n)}, criticality: low}}" for n in range(THINGS))]
    lines += ["messages:", *(f'  - {{id: "{message(n)}", mailbox: m, subject: s}}' for n in range(THINGS))]
    return "\n".join(lines) + "\n"

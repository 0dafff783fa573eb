"""Spreading ends: not everything that began together is to end together, at an instant that somebody can wait for."""

import hashlib
from datetime import timedelta

DRAWN = 8
"""Bytes of the digest that are drawn."""


def spread(lease_id: str, lasts: timedelta, longest: timedelta, share: float) -> timedelta:
    """`lasts`, moved by up to `share` of it either way, the same for the same lease; never beyond `longest`."""
    digest = hashlib.sha256(lease_id.encode()).digest()[:DRAWN]
    draw: float = int.from_bytes(digest) / (2 ** (8 * DRAWN) - 1)
    return min(lasts * (1 + share * (2 * draw - 1)), longest)

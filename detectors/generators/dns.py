"""Headers of clean DNS, by category and from a seed: made up from the standards, taken from no capture.

RFC 1035 (queries, answers, errors), 4035 (DNSSEC), 6891 and 7873 (EDNS, cookies), 5936 and 1995 (transfers), 1996
(NOTIFY), 2136 (UPDATE), 8490 (stateful operations). A header is a row of eight bytes: id, flags, QDCOUNT, ANCOUNT.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

Rng = np.random.Generator
Rows = NDArray[np.uint8]
Ints = NDArray[np.int64]
Value = int | Ints | NDArray[np.bool_]

IQUERY, STATUS, NOTIFY, UPDATE, STATEFUL = 1, 2, 4, 5, 6
"""Opcodes other than the ordinary query (0)."""

LARGEST_RRSET, LARGEST_TRANSFER = 100, 1000
"""Records in one answer, and in one message of a zone transfer (servers fill about 20 KiB, at most 64)."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """Headers, and for each the name of what made it."""

    headers: Rows
    categories: NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class Category:
    """A kind of clean message: its share of the made-up traffic, and how to make some."""

    share: float
    make: Callable[[Rng, int], Rows]


def header(
    rng: Rng,
    n: int,
    *,
    qr: Value = 0,
    opcode: Value = 0,
    aa: Value = 0,
    tc: Value = 0,
    rd: Value = 0,
    ra: Value = 0,
    ad: Value = 0,
    cd: Value = 0,
    rcode: Value = 0,
    qd: Value = 1,
    an: Value = 0,
) -> Rows:
    """`n` headers with random ids; each field is one value for all, or a column."""
    flags = np.zeros(n, np.int64)
    fields = ((qr, 15), (opcode, 11), (aa, 10), (tc, 9), (rd, 8), (ra, 7), (ad, 5), (cd, 4), (rcode, 0))
    for value, shift in fields:
        flags |= np.asarray(value, np.int64) << shift
    words = np.empty((n, 4), ">u2")
    words[:, 0] = rng.integers(0, 1 << 16, n)
    words[:, 1], words[:, 2], words[:, 3] = flags, qd, an
    return words.view(np.uint8)


def chance(rng: Rng, n: int, share: float) -> NDArray[np.bool_]:
    """True in about `share` of `n` places."""
    return rng.random(n) < share


def spread(rng: Rng, n: int, most: int) -> Ints:
    """Counts from 1 to `most`, as many of each magnitude."""
    return np.exp(rng.uniform(0, np.log(most + 1), n)).astype(np.int64).clip(1, most)


def _records(rng: Rng, n: int) -> Ints:
    """Answers in an ordinary response: mostly a few, seldom many."""
    few = np.minimum(rng.geometric(0.4, n), LARGEST_RRSET)
    return np.where(chance(rng, n, 0.06), spread(rng, n, LARGEST_RRSET), few)


def _query(rng: Rng, n: int) -> Rows:
    """From stub to resolver; some ask for validation (AD) or leave it to themselves (CD)."""
    return header(rng, n, rd=chance(rng, n, 0.9), ad=chance(rng, n, 0.25), cd=chance(rng, n, 0.08))


def _answer(rng: Rng, n: int) -> Rows:
    """From a resolver, with answers or none of that type; a query's CD comes back (RFC 4035 3.1.6)."""
    an = _records(rng, n) * chance(rng, n, 0.8)
    rd, ra = chance(rng, n, 0.97), chance(rng, n, 0.97)
    return header(rng, n, qr=1, rd=rd, ra=ra, aa=chance(rng, n, 0.06), cd=chance(rng, n, 0.06), an=an)


def _authoritative(rng: Rng, n: int) -> Rows:
    """From the zone's own servers: answers with AA, referrals without; validating resolvers ask them with CD."""
    answered = chance(rng, n, 0.75)
    rd, ra = chance(rng, n, 0.4), chance(rng, n, 0.15)
    ad, cd = chance(rng, n, 0.05), chance(rng, n, 0.3)
    return header(rng, n, qr=1, aa=answered, rd=rd, ra=ra, ad=ad, cd=cd, an=_records(rng, n) * answered)


def _dnssec(rng: Rng, n: int) -> Rows:
    """Validated answers: signatures double the records."""
    an = 2 * _records(rng, n) * chance(rng, n, 0.8)
    ad, cd = chance(rng, n, 0.75), chance(rng, n, 0.3)
    rcode = 3 * (chance(rng, n, 0.1) & (an == 0))
    return header(rng, n, qr=1, rd=chance(rng, n, 0.9), ra=1, ad=ad, cd=cd, rcode=rcode, an=an)


def _truncated(rng: Rng, n: int) -> Rows:
    """Answers that did not fit, to be asked again over TCP."""
    an = _records(rng, n) * chance(rng, n, 0.5)
    recursive, rd = chance(rng, n, 0.7), chance(rng, n, 0.8)
    ad, cd = chance(rng, n, 0.1) & recursive, chance(rng, n, 0.15)
    return header(rng, n, qr=1, tc=1, aa=~recursive, rd=rd, ra=recursive, ad=ad, cd=cd, an=an)


def _edns(rng: Rng, n: int) -> Rows:
    """Extended codes seen by their low bits (BADVERS 16, BADCOOKIE 23), and queries for a cookie alone."""
    kind = rng.integers(0, 3, n)
    rd = chance(rng, n, 0.7)
    ra = (kind > 0) & chance(rng, n, 0.5)
    return header(rng, n, qr=kind > 0, rd=rd, ra=ra, rcode=np.where(kind == 2, 7, 0), qd=kind > 0)


def _error(rng: Rng, n: int) -> Rows:
    """Failures of ordinary queries; a format error may come without the question."""
    codes = rng.choice([3, 2, 5, 4, 1, 9], n, p=[0.55, 0.15, 0.13, 0.06, 0.08, 0.03])
    qd = ~((codes == 1) & chance(rng, n, 0.5) | chance(rng, n, 0.02))
    an = rng.integers(1, 4, n) * ((codes == 3) & chance(rng, n, 0.12))
    rd, ra = chance(rng, n, 0.9), chance(rng, n, 0.8)
    aa, ad, cd = chance(rng, n, 0.2) & (codes == 3), chance(rng, n, 0.1), chance(rng, n, 0.1)
    return header(rng, n, qr=1, aa=aa, rd=rd, ra=ra, ad=ad, cd=cd, rcode=codes, qd=qd, an=an)


def _transfer(rng: Rng, n: int) -> Rows:
    """AXFR and IXFR: the request, then messages full of records, the later ones without a question."""
    asked = chance(rng, n, 0.15)
    ra = chance(rng, n, 0.3) & ~asked
    an = np.where(asked, 0, spread(rng, n, LARGEST_TRANSFER))
    qd = asked | chance(rng, n, 0.6)
    return header(rng, n, qr=~asked, aa=~asked, rd=chance(rng, n, 0.25), ra=ra, qd=qd, an=an)


def _notify(rng: Rng, n: int) -> Rows:
    """A primary tells of a new serial, sometimes with the SOA as answer; the secondary confirms."""
    confirms = chance(rng, n, 0.45)
    an = chance(rng, n, 0.45) & ~confirms
    aa = ~confirms | chance(rng, n, 0.6)
    rcode = rng.choice([0, 5, 9, 4], n, p=[0.85, 0.06, 0.05, 0.04]) * confirms
    ra, rd = chance(rng, n, 0.15) & confirms, chance(rng, n, 0.08)
    return header(rng, n, qr=confirms, opcode=NOTIFY, aa=aa, ra=ra, rd=rd, rcode=rcode, an=an)


def _update(rng: Rng, n: int) -> Rows:
    """Dynamic update: QDCOUNT counts the zone, ANCOUNT the prerequisites."""
    answered = chance(rng, n, 0.45)
    prerequisites = np.where(chance(rng, n, 0.6), rng.integers(1, 6, n), 0) * (~answered | chance(rng, n, 0.4))
    rcode = (
        rng.choice([0, 5, 9, 6, 7, 8, 10, 1, 2], n, p=[0.6, 0.15, 0.05, 0.05, 0.03, 0.05, 0.03, 0.02, 0.02]) * answered
    )
    qd = ~answered | chance(rng, n, 0.8)
    ra = answered & chance(rng, n, 0.3)
    return header(rng, n, qr=answered, opcode=UPDATE, ra=ra, rcode=rcode, qd=qd, an=prerequisites * qd)


def _rare(rng: Rng, n: int) -> Rows:
    """Inverse queries, server status and stateful operations, with the answers that mostly refuse them."""
    opcode = rng.choice([IQUERY, STATUS, STATEFUL], n)
    answered = chance(rng, n, 0.5)
    rcode = rng.choice([4, 0, 5, 1], n, p=[0.5, 0.3, 0.1, 0.1]) * answered
    an = ((opcode == IQUERY) & ~answered).astype(np.int64)
    return header(rng, n, qr=answered, opcode=opcode, rd=chance(rng, n, 0.1), rcode=rcode, qd=0, an=an)


CLEAN: Mapping[str, Category] = MappingProxyType(
    {
        "query": Category(0.24, _query),
        "answer": Category(0.22, _answer),
        "authoritative": Category(0.1, _authoritative),
        "dnssec": Category(0.1, _dnssec),
        "truncated": Category(0.04, _truncated),
        "edns": Category(0.04, _edns),
        "error": Category(0.1, _error),
        "transfer": Category(0.06, _transfer),
        "notify": Category(0.04, _notify),
        "update": Category(0.04, _update),
        "rare": Category(0.02, _rare),
    }
)
"""What clean DNS is made of. Rare kinds have more than their share in any network, so that they are learned at all."""


def clean(rng: Rng, n: int) -> Labelled:
    """About `n` headers of clean DNS, each category by its share, in random order."""
    parts = {name: kind.make(rng, round(n * kind.share)) for name, kind in CLEAN.items()}
    names = np.repeat(list(parts), [len(part) for part in parts.values()])
    order = rng.permutation(len(names))
    return Labelled(np.concatenate(list(parts.values()))[order], names[order])

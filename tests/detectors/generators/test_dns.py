"""Made-up DNS: repeatable, of every category, and plausible throughout."""

import numpy as np
import pytest

from detectors.dns.header import implausible, pack, unpack
from detectors.generators.dns import CLEAN, clean
from detectors.generators.foreign import OPENINGS, foreign


def test_the_same_seed_gives_the_same_headers() -> None:
    first, second = (clean(np.random.default_rng(3), 500) for _ in range(2))
    assert (first.headers == second.headers).all()
    assert (first.categories == second.categories).all()


def test_categories_have_their_share() -> None:
    made = clean(np.random.default_rng(3), 1000)
    names, counts = np.unique(made.categories, return_counts=True)
    assert dict(zip(names.tolist(), counts.tolist(), strict=True)) == {
        name: round(1000 * kind.share) for name, kind in CLEAN.items()
    }
    assert sum(kind.share for kind in CLEAN.values()) == pytest.approx(1.0)


@pytest.mark.parametrize("name", sorted(CLEAN))
def test_clean_headers_say_nothing_that_no_standard_allows(name: str) -> None:
    patterns = pack(CLEAN[name].make(np.random.default_rng(5), 5000))
    assert not implausible(patterns).any()


@pytest.mark.parametrize(("name", "opcode"), [("notify", 4), ("update", 5), ("query", 0)])
def test_kinds_carry_their_opcode(name: str, opcode: int) -> None:
    fields = unpack(pack(CLEAN[name].make(np.random.default_rng(5), 100)))
    assert set(fields["Opcode"].tolist()) == {opcode}


def test_foreign_payloads_come_from_every_protocol_alike() -> None:
    made = foreign(np.random.default_rng(3), 20)
    names, counts = np.unique(made.categories, return_counts=True)
    assert names.tolist() == sorted(OPENINGS)
    assert set(counts.tolist()) == {20}
    assert made.headers.shape == (20 * len(OPENINGS), 8)

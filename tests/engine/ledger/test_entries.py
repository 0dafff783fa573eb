"""Entries: their bytes, their hash, and what is no entry."""

import hashlib
import json
import timeit
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.digest import canonical
from engine.errors import EngineBug, InvalidInput
from engine.ledger.entries import build, parse, render
from engine.model.base import Json
from engine.model.entry import Draft

AT = datetime(2026, 11, 21, 13, 0, 0, 250_000, tzinfo=timezone(timedelta(hours=1)))
PREV = "ab" * 32

LONG = timedelta(days=700_000)

leaves = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text()
numbers = st.floats(allow_nan=False, allow_infinity=False)
bodies = st.dictionaries(
    st.text(), st.recursive(leaves | numbers, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
)
zones = st.integers(-23, 23).map(lambda hours: timezone(timedelta(hours=hours)))
times = st.builds(lambda days, zone: (AT + days).astimezone(zone), st.timedeltas(-LONG, LONG), zones)


def draft(body: Json | None = None, at: datetime = AT) -> Draft:
    return Draft(subject="request/AR-0001", kind="request.held", actor="engine", at=at, body=body or {"to": "held"})


def test_an_entry_is_canonical_json_with_its_time_in_utc() -> None:
    assert build(draft(), 17, 3, PREV).data.decode() == (
        '{"actor":"engine","at":"2026-11-21T12:00:00.250000Z","body":{"to":"held"},"kind":"request.held","n":3,'
        f'"prev":"{PREV}","seq":17,"subject":"request/AR-0001"}}'
    )


def test_its_hash_is_the_leaf_hash_of_rfc_6962() -> None:
    sealed = build(draft(), 0, 0, "")
    assert sealed.hash == hashlib.sha256(b"\x00" + sealed.data).hexdigest()


@given(bodies, times, st.text(), st.integers(1, 2**53 - 1))
def test_an_entry_is_read_back_as_it_was_built(body: Json, at: datetime, subject: str, seq: int) -> None:
    sealed = build(Draft(subject=subject, kind="k", actor="a", at=at, body=body), seq, 1, PREV)
    assert parse(sealed.data) == sealed.entry
    assert canonical(json.loads(sealed.data)["subject"]) == canonical(subject)


@given(times)
def test_the_bytes_are_those_of_the_models_own_json(at: datetime) -> None:
    entry = build(draft(at=at), 0, 0, "").entry
    assert json.loads(render(entry)) == entry.model_dump(mode="json")


@pytest.mark.parametrize(("seq", "n", "prev"), [(-1, 0, ""), (0, -1, PREV), (3, 4, PREV), (3, 0, PREV), (3, 1, "")])
def test_numbers_that_cannot_follow_each_other_are_our_own_bug(seq: int, n: int, prev: str) -> None:
    with pytest.raises(EngineBug, match="cannot be #"):
        build(draft(), seq, n, prev)


def test_a_body_without_json_form_is_refused() -> None:
    with pytest.raises(InvalidInput, match="has no JSON form"):
        build(draft({"score": float("nan")}), 0, 0, "")


GOOD = build(draft(), 17, 3, PREV).data.decode()


@pytest.mark.parametrize(
    "text",
    [
        GOOD + "\n",
        GOOD.replace('"n":3', '"n": 3'),
        GOOD.replace('"n":3', '"n":3.0'),
        GOOD.replace('"n":3', '"n":"3"'),
        GOOD.replace('"n":3', '"n":3,"n":3'),
        GOOD.replace("12:00:00.250000Z", "13:00:00.250000+01:00"),
        GOOD.replace("12:00:00.250000Z", "12:00:00.25Z"),
        GOOD.replace('"to"', '"t\\u006f"'),
        GOOD.replace('"kind":"request.held",', ""),
        GOOD.replace('"kind"', '"extra":1,"kind"'),
        GOOD.replace('"subject":"request/AR-0001"', '"subject":null'),
        "[]",
        "",
        "{",
    ],
)
def test_any_other_bytes_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse(text.encode())


def test_a_refusal_names_the_field_and_shows_nothing_of_it() -> None:
    with pytest.raises(InvalidInput, match=r"^not a ledger entry: seq: ") as caught:
        parse(GOOD.replace('"seq":17', '"seq":"s3cret"').encode())
    assert "s3cret" not in str(caught.value)


def test_building_an_entry_costs_little_more_than_writing_plain_json() -> None:
    """Two to three times as measured; the bar leaves room for a busy machine."""
    ours = draft({"from": "authorised", "to": "held", "score": 0.97, "checks": ["a", "b", "c"], "at_ms": 12})
    plain = build(ours, 17, 3, PREV).entry.model_dump(mode="json")
    built = min(timeit.repeat(lambda: build(ours, 17, 3, PREV), number=20, repeat=50))
    dumped = min(timeit.repeat(lambda: hashlib.sha256(json.dumps(plain).encode()), number=20, repeat=50))
    assert built < 8 * dumped


def test_the_time_of_the_model_is_utc() -> None:
    assert build(draft(), 0, 0, "").entry.at.tzinfo is UTC

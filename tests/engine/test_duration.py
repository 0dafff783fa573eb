"""Durations as people write them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from engine.duration import Duration, parse, render
from engine.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "seconds"), [("15s", 15), ("30m", 1800), ("30 min", 1800), ("1h30m", 5400), ("7 d", 604800), ("0.5s", 0.5)]
)
def test_a_duration_reads_as_people_write_it(text: str, seconds: float) -> None:
    assert parse(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "5", "m", "5 weeks", "5m and more", "-5m", "99999999999999d"])
def test_what_names_no_duration_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="duration"):
        parse(text)


@given(st.integers(min_value=0, max_value=10**7))
def test_what_is_rendered_reads_back_the_same(seconds: int) -> None:
    assert parse(render(timedelta(seconds=seconds))) == timedelta(seconds=seconds)


class Lease(BaseModel):
    lasts: Duration


def test_a_model_takes_both_spellings_and_its_own_json() -> None:
    lease = Lease.model_validate({"lasts": "90m"})
    assert lease == Lease.model_validate({"lasts": "PT1H30M"}) == Lease.model_validate_json(lease.model_dump_json())


def test_a_model_says_how_a_duration_is_written() -> None:
    with pytest.raises(ValidationError, match="write for example"):
        Lease.model_validate({"lasts": "soon"})

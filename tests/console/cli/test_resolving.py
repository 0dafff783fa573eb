"""Names are asked for once, together, and not for long."""

from threading import Event

import pytest

from console.cli.resolving import addresses_of

KNOWN = {"db.example": ["192.0.2.5", "2001:db8::5"], "pager.example": ["192.0.2.9"]}


def test_each_name_has_its_addresses() -> None:
    assert addresses_of([*KNOWN, "db.example"], KNOWN.__getitem__) == KNOWN


@pytest.mark.parametrize("error", [OSError("away"), UnicodeError("label too long")])
def test_what_nobody_answers_for_is_left_out(error: Exception) -> None:
    def look_up(name: str) -> list[str]:
        raise error

    assert addresses_of(["db.example"], look_up) == {}


def test_a_resolver_that_is_silent_is_not_waited_for() -> None:
    never = Event()

    def look_up(name: str) -> list[str]:
        never.wait()
        return []

    assert addresses_of(["db.example"], look_up, patience=0.0) == {}
    never.set()

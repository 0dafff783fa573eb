"""Nobody's pace of being told alone is used up by others, but that of strangers by all of them together."""

from datetime import UTC, datetime, timedelta

from console.chat.patience import AT_ONCE, STRANGERS_AT_ONCE, Patience

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def let(patience: Patience, user: str, times: int, *, known: bool) -> int:
    """How often they are told, all at one instant."""
    return sum(patience.lets(user, NOW, known=known) for _ in range(times))


def test_each_has_a_pace_of_their_own() -> None:
    patience = Patience()
    told = [let(patience, user, AT_ONCE + 3, known=known) for user, known in (("anna", True), ("eve", False))]
    assert told == [AT_ONCE, AT_ONCE]
    assert patience.lets("anna", NOW + timedelta(minutes=1), known=True)


def test_strangers_share_another_which_nobody_who_is_known_draws_from() -> None:
    patience = Patience()
    assert sum(let(patience, f"u{n}", AT_ONCE, known=True) for n in range(100)) == 100 * AT_ONCE
    assert sum(let(patience, f"s{n}", 1, known=False) for n in range(STRANGERS_AT_ONCE + 10)) == STRANGERS_AT_ONCE
    assert let(patience, "anna", 1, known=True) == 1


def test_a_stranger_who_is_held_back_takes_nothing_from_the_others() -> None:
    patience = Patience()
    let(patience, "eve", 10 * STRANGERS_AT_ONCE, known=False)
    left = STRANGERS_AT_ONCE - AT_ONCE
    assert sum(let(patience, f"s{n}", 1, known=False) for n in range(left + 10)) == left

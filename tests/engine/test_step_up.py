"""One-time codes: which are right, and which of those are taken."""

import base64
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from pyotp import TOTP

from engine.errors import InvalidInput
from engine.model.step_up import Codes
from engine.step_up import STEP_S, USED, WITHIN, WRONG, WRONG_AT_MOST, new_secret, setup_uri, use_code

SECRET = base64.b32encode(b"12345678901234567890").decode()
NEW = Codes(principal="anna")
NOON = datetime(2026, 11, 22, 12, 0, 15, tzinfo=UTC)
STEP = timedelta(seconds=STEP_S)


def code(at: datetime = NOON, secret: str = SECRET) -> str:
    return TOTP(secret).at(at)


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"),
        (2000000000, "279037"), (20000000000, "353130"),
    ],
)  # fmt: skip
def test_the_codes_of_rfc_6238_are_right_at_their_time(second: int, said: str) -> None:
    """Appendix B, of which six digits are taken here."""
    at = datetime.fromtimestamp(second, UTC)
    assert use_code(SECRET, said, NEW, at) == (NEW.model_copy(update={"last_step": second // STEP_S}), None)


@pytest.mark.parametrize("by", [-1, 0, 1])
def test_a_clock_that_is_a_step_off_does(by: int) -> None:
    assert use_code(SECRET, code(NOON + by * STEP), NEW, NOON)[1] is None


@pytest.mark.parametrize("by", [-2, 2, 100])
def test_one_that_is_further_off_does_not(by: int) -> None:
    assert use_code(SECRET, code(NOON + by * STEP), NEW, NOON) == (NEW.model_copy(update={"wrong": (NOON,)}), WRONG)


def test_a_code_is_used_once_and_none_before_it() -> None:
    known, _ = use_code(SECRET, code(), NEW, NOON)
    assert use_code(SECRET, code(), known, NOON) == (known, USED)
    assert use_code(SECRET, code(), known, NOON + STEP) == (known, USED)
    assert use_code(SECRET, code(NOON - STEP), known, NOON) == (known, USED)
    assert use_code(SECRET, code(NOON + STEP), known, NOON + STEP)[1] is None


def test_what_somebody_else_has_for_a_code_is_wrong() -> None:
    assert use_code(new_secret(), code(), NEW, NOON)[1] == WRONG


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "000000\x00", "-00001", "0x1234"])
def test_anything_else_is_wrong(typed: str) -> None:
    assert use_code(SECRET, typed, NEW, NOON)[1] == WRONG


def test_blanks_within_are_how_authenticators_show_it() -> None:
    said = code()
    assert use_code(SECRET, f" {said[:3]} {said[3:]}\n", NEW, NOON)[1] is None


def test_after_five_wrong_ones_not_even_a_right_one_is_taken_for_a_while() -> None:
    known = NEW
    for n in range(WRONG_AT_MOST):
        known, why = use_code(SECRET, "none", known, NOON + n * STEP)
        assert why == WRONG
    late = NOON + WITHIN - timedelta(microseconds=1)
    same, why = use_code(SECRET, code(late), known, late)
    assert (same, why) == (known, "5 wrong codes were given: none is taken before 2026-11-22T12:10:15+00:00")
    assert use_code(SECRET, code(NOON + WITHIN), known, NOON + WITHIN)[1] is None


def test_guessing_on_is_no_way_to_more_than_five_in_ten_minutes() -> None:
    known, looked_at = NEW, 0
    for second in range(0, 1800, 5):
        known, why = use_code(SECRET, "none", known, NOON + timedelta(seconds=second))
        looked_at += why == WRONG
    assert looked_at == 3 * WRONG_AT_MOST


@pytest.mark.parametrize("secret", ["", "AAAA", "not base32!", "ABCDEFGH"])
def test_what_is_no_secret_checks_nothing_and_is_not_repeated(secret: str) -> None:
    with pytest.raises(InvalidInput, match="no base32 of 112 bits") as refused:
        use_code(secret, code(), NEW, NOON)
    assert not secret or secret not in str(refused.value)


def test_an_authenticator_takes_the_secret_by_its_uri() -> None:
    secret = new_secret()
    uri = urlsplit(setup_uri(secret, "anna"))
    assert (uri.scheme, uri.netloc, uri.path) == ("otpauth", "totp", "/Fireline:anna")
    assert parse_qs(uri.query) == {"secret": [secret], "issuer": ["Fireline"]}
    assert len(base64.b32decode(secret)) == 20

"""Whatever a finding says, a card shows it as data."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.card_text import LENGTH, shown

LINK = re.compile(r"(?i)https?:|[^\W\d_]\.\w|\w\.[^\W\d_]|(?!hxxps?:)\b\w+://")


@pytest.mark.parametrize(
    ("said", "as_data"),
    [
        ("plain words, 10.20.4.17:443 and 0.97", "plain words, 10.20.4.17:443 and 0.97"),
        ("see https://evil.example/x?y=1", "see hxxps://evil[.]example/x?y=1"),
        ("HTTP://EVIL.EXAMPLE", "HXXP://EVIL[.]EXAMPLE".replace("HXX", "Hxx")),
        ("ftp://10.0.0.1/x ssh://10.0.0.1 smb://10.0.0.1", "ftp[:]//10.0.0.1/x ssh[:]//10.0.0.1 smb[:]//10.0.0.1"),
        ("FILE://10.1.1.1 a-b+c://x https://10.0.0.1", "FILE[:]//10.1.1.1 a-b+c[:]//x hxxps://10.0.0.1"),
        ("tel:+41791234567 sip:eve mailto:eve hotel:1", "tel[:]+41791234567 sip[:]eve mailto[:]eve hotel:1"),
        ("evil\u3002com evil\uff0ecom", "evil[.]com evil[.]com"),
        ("mail.bad.co.uk", "mail[.]bad[.]co[.]uk"),
        ("2.1 GB sent. Then more.", "2.1 GB sent. Then more."),
        ("<!channel> <@U0ANNA> @here <https://x|click>", "‹!channel› ‹@\u2060U0ANNA› @\u2060here ‹hxxps://x|click›"),
        ("approve\u202eevorppa\u2066", "approve evorppa"),
        ("one\nREAL · TIER 1\r\nthree", "one REAL · TIER 1 three"),
        ("p\u0430ypal.com", "p[U+0430]ypal[.]com"),
        ("\u0430\u0440\u0440\u04cf\u0435", "\u0430\u0440\u0440\u04cf\u0435"),
        ("Zürich and Łódź", "Zürich and Łódź"),
        ("", ""),
    ],
)
def test_text_from_outside_has_nothing_that_acts(said: str, as_data: str) -> None:
    assert shown(said) == as_data


def test_a_megabyte_is_as_short_as_anything() -> None:
    assert len(shown("x" * 1_000_000)) == LENGTH
    assert len(shown("a.b" * 400_000)) == LENGTH


@given(st.text(alphabet=st.characters() | st.sampled_from("htps:/.@<>ae\u0430\u202e\n"), max_size=200))
def test_nothing_that_a_screen_obeys_or_a_chat_expands_is_left(said: str) -> None:
    made = shown(said, 100)
    assert len(made) <= 100
    assert not {unicodedata.category(letter)[0] for letter in made.replace("\u2060", "")} & {"C"}
    assert not LINK.search(made)
    assert not {"<", ">", "\n"} & {*made}

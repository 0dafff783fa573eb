"""The values that indicators name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.intel.values import canonical, kind_of
from engine.model.finding import ObservableType


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("ip", "2001:DB8:0::1", "2001:db8::1"),
        ("ip", "::ffff:198.51.100.23", "198.51.100.23"),
        ("ip", "198.51.100.77/24", "198.51.100.0/24"),
        ("ip", "198.51.100.77/32", "198.51.100.77"),
        ("ip", "10.0.0.0/8", "10.0.0.0/8"),
        ("domain", "Bad.Example.", "bad.example"),
        ("domain", "_dmarc.bad.example", "_dmarc.bad.example"),
        ("domain", "bücher.example", "xn--bcher-kva.example"),
        ("url", "HTTP://Bad.Example:80/Path?Q=1#x", "http://bad.example/Path?Q=1"),
        ("url", "https://bad.example", "https://bad.example/"),
        ("url", "https://bad.example:8443/", "https://bad.example:8443/"),
        ("url", "http://u:p@[2001:DB8::1]:8080/", "http://u:p@[2001:db8::1]:8080/"),
        ("hash", "D41D8CD98F00B204E9800998ECF8427E", "d41d8cd98f00b204e9800998ecf8427e"),
        ("email", "Eve@Bad.Example", "eve@bad.example"),
    ],
)
def test_a_value_has_one_spelling(kind: str, text: str, value: str) -> None:
    assert canonical(ObservableType(kind), text) == value
    assert canonical(ObservableType(kind), value) == value
    assert kind_of(text) == kind


@pytest.mark.parametrize(
    ("kind", "text", "why"),
    [
        ("ip", "bad.example", "neither an address nor a network"),
        ("ip", "198[.]51[.]100[.]23", "neither an address nor a network"),
        ("ip", "0.0.0.0/0", "wider than a /8"),
        ("ip", "2000::/3", "wider than a /20"),
        ("domain", "com", "no domain below a top-level one"),
        ("domain", "198.51.100.23", "no domain below a top-level one"),
        ("domain", "bad[.]example", "no domain below a top-level one"),
        ("domain", "*.bad.example", "no domain below a top-level one"),
        ("domain", "-bad.example", "no domain below a top-level one"),
        ("domain", "a" * 64 + ".example", "no domain below a top-level one"),
        ("domain", "\udcff.example", "no form in the DNS"),
        ("url", "hxxp://bad.example/", "no URL of http, https, ftp"),
        ("url", "bad.example/x", "no URL of http, https, ftp"),
        ("url", "http://bad.example/a b", "characters that no URL has"),
        ("url", "http://bad.example/\n", "characters that no URL has"),
        ("url", "http://bad.example:99999/", "no URL: "),
        ("url", "http://bad[.]example/", "no URL: "),
        ("url", "http://localhost/", "no domain below"),
        ("hash", "d41d8cd9", "is no MD5"),
        ("hash", "g" * 32, "is no MD5"),
        ("email", "eve", "no mail address"),
        ("email", "<eve@bad.example>", "no mail address"),
        ("process", "cmd.exe", "no indicator names a process"),
        ("domain", "", "1 to 1024 characters"),
    ],
)
def test_what_is_no_such_value_is_refused_and_never_mended(kind: str, text: str, why: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        canonical(ObservableType(kind), text)
    assert why in str(caught.value)


@given(st.sampled_from(ObservableType), st.text(max_size=60) | st.from_regex(r"[a-z]{1,5}://[\x00-\x7f]{0,30}"))
def test_any_text_is_a_value_that_stays_itself_or_refused(kind: ObservableType, text: str) -> None:
    try:
        value = canonical(kind, text)
    except ValueError:
        return
    assert canonical(kind, value) == value

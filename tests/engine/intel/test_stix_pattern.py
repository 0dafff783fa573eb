"""STIX patterns: read whole, or refused whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidInput
from engine.intel.stix_pattern import DEEPEST, LONGEST, WIDEST, claims

SHA256 = "ef537f25c895bfa782526529a9b63d97aa631564d5d789c2b765448c8635fb6c"
MD5 = "79054025255fb1a26e4bc422aef54eb4"


@pytest.mark.parametrize(
    ("pattern", "values"),
    [
        ("[ipv4-addr:value = '198.51.100.23']", ["ip 198.51.100.23"]),
        ("[ipv4-addr:value = '198.51.100.0/24']", ["ip 198.51.100.0/24"]),
        ("[ipv4-addr:value ISSUBSET '198.51.100.0/24']", ["ip 198.51.100.0/24"]),
        ("[ipv6-addr:value = '2001:DB8::1']", ["ip 2001:db8::1"]),
        ("[ipv6-addr:value ISSUBSET '2001:db8::/32']", ["ip 2001:db8::/32"]),
        ("[domain-name:value == 'Bad.Example']", ["domain bad.example"]),
        ("[url:value = 'http://bad.example/a\\'b']", ["url http://bad.example/a'b"]),
        ("[email-addr:value = 'eve@bad.example']", ["email eve@bad.example"]),
        ("[email-message:from_ref.value = 'eve@bad.example']", ["email eve@bad.example"]),
        (f"[file:hashes.MD5 = '{MD5}']", [f"hash {MD5}"]),
        (f"[file:hashes.'SHA-256' = '{SHA256.upper()}']", [f"hash {SHA256}"]),
        (f"[file:hashes.'SHA256' = '{SHA256}']", [f"hash {SHA256}"]),
        ("[network-traffic:dst_ref.value = '198.51.100.23']", ["ip 198.51.100.23"]),
        ("[network-traffic:dst_ref.value = 'bad.example']", ["domain bad.example"]),
        (
            "[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '198.51.100.23']",
            ["ip 198.51.100.23"],
        ),
        ("[ipv4-addr:value='192.0.2.1'OR ipv4-addr:value='192.0.2.2']", ["ip 192.0.2.1", "ip 192.0.2.2"]),
        ("[ipv4-addr:value = '192.0.2.1'] OR [domain-name:value = 'a.example']", ["ip 192.0.2.1", "domain a.example"]),
        ("([ipv4-addr:value = '192.0.2.1'])", ["ip 192.0.2.1"]),
        ("[(ipv4-addr:value = '192.0.2.1' OR (ipv4-addr:value = '192.0.2.1'))]", ["ip 192.0.2.1"]),
        ("[domain-name:value IN ('a.example', 'b.example')]", ["domain a.example", "domain b.example"]),
        (f"[file:hashes.MD5 = '{MD5}' AND file:hashes.'SHA-256' = '{SHA256}']", [f"hash {MD5}", f"hash {SHA256}"]),
        (f"[file:name = 'a.exe' AND file:hashes.MD5 = '{MD5}' AND file:size = 25]", [f"hash {MD5}"]),
        (
            f"[file:hashes.MD5 = '{MD5}' AND (file:name = 'a' OR file:name = 'b')]",
            [f"hash {MD5}"],
        ),
        (f"[artifact:hashes.MD5 = '{MD5}']", [f"hash {MD5}"]),
    ],
)
def test_plain_values_are_claimed(pattern: str, values: list[str]) -> None:
    assert [f"{kind} {value}" for kind, value in claims(pattern)] == values


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("[ipv4-addr:value = '192.0.2.1'] AND [domain-name:value = 'a.example']", "`AND`"),
        ("[ipv4-addr:value = '192.0.2.1'] FOLLOWEDBY [ipv4-addr:value = '192.0.2.2']", "`FOLLOWEDBY`"),
        ("[ipv4-addr:value = '192.0.2.1'] WITHIN 5 SECONDS", "`WITHIN`"),
        ("[ipv4-addr:value = '192.0.2.1'] REPEATS 5 TIMES", "`REPEATS`"),
        ("[ipv4-addr:value != '192.0.2.1']", "is no equality"),
        ("[ipv4-addr:value NOT = '192.0.2.1']", "is no equality"),
        ("[NOT ipv4-addr:value = '192.0.2.1']", "`NOT`"),
        ("[EXISTS ipv4-addr:value]", "`EXISTS`"),
        ("[ipv4-addr:value ISSUPERSET '192.0.2.0/24']", "is no equality"),
        ("[domain-name:value LIKE '%.example']", "is no equality"),
        ("[domain-name:value MATCHES '.*']", "is no equality"),
        ("[domain-name:value ISSUBSET '192.0.2.0/24']", "has no subsets"),
        ("[domain-name:value = 'a.example' AND domain-name:resolves_to_refs[*].value = '192.0.2.1']", "only together"),
        ("[network-traffic:dst_ref.value = '192.0.2.1' AND network-traffic:dst_port = 443]", "only together"),
        ("[ipv4-addr:value = '192.0.2.1' AND ipv4-addr:value = '192.0.2.2']", "only together"),
        (f"[artifact:hashes.MD5 = '{MD5}' AND file:name = 'a.exe']", "only together"),
        ("[file:name = 'a.exe']", "`file:name` names nothing that is looked up here"),
        ("[process:command_line = 'x']", "names nothing that is looked up"),
        ("[file:hashes.SSDEEP = 'x']", "names nothing that is looked up"),
        ("[network-traffic:dst_port = 443]", "names nothing that is looked up"),
        ("[ipv4-addr:value = '0.0.0.0/0']", "wider than a /8"),
        ("[ipv4-addr:value = 'bad.example']", "neither an address nor a network"),
        ("[file:hashes.MD5 = 'xyz']", "is no MD5"),
        ("[ipv4-addr:value = '192.0.2.1'", "`its end`"),
        ("[ipv4-addr:value = 192.0.2.1]", "`.2.1]`"),
        ("ipv4-addr:value = '192.0.2.1'", "`ipv4-addr:value`"),
        ("[ipv4-addr:value = '192.0.2.1']]", "`]`"),
        ("[ipv4-addr:value = '192.0.2.1' or ipv4-addr:value = '192.0.2.2']", "`or`"),
        ("[]", "`]`"),
        ("", "`its end`"),
        ("rule x { condition: true }", "`{ condition: true }`"),
    ],
)
def test_anything_else_is_refused_with_its_reason(pattern: str, why: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        claims(pattern)
    assert why in str(caught.value)


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("[" + "(" * (DEEPEST + 1) + "ipv4-addr:value = '192.0.2.1'" + ")" * (DEEPEST + 1) + "]", "nested deeper"),
        ("[" + " AND ".join("(file:name = 'a' OR file:name = 'b')" for _ in range(40)) + "]", "alternatives"),
        ("[" + " OR ".join("url:size=1" for _ in range(WIDEST + 1)) + "]", "alternatives"),
        ("[" + "x" * LONGEST + "]", "longer than"),
    ],
)
def test_what_would_cost_much_is_refused_early(pattern: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        claims(pattern)


pieces = st.sampled_from(
    ["[", "]", "(", ")", " OR ", " AND ", "ipv4-addr:value", " = ", " IN ", "'192.0.2.1'", "'", "\\", ",", "file:name"]
)  # fmt: skip


@given(st.text(max_size=40) | st.lists(pieces, max_size=14).map("".join))
def test_any_text_is_read_or_refused(pattern: str) -> None:
    try:
        assert claims(pattern)
    except InvalidInput as error:
        assert str(error)

"""What passes the fields of parameters is safe to hand to any connector."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from actions.dns_sinkhole import SinkholeParams
from actions.host_contain_ports import ContainPortsParams
from actions.host_isolate import IsolateParams
from actions.identity_disable_account import DisableAccountParams
from actions.mail_quarantine import QuarantineParams
from actions.network_block_ip import BlockIpParams
from actions.network_block_segment import BlockSegmentParams
from actions.notify import NotifyParams
from engine.model.action import Params

HOSTILE = [
    "",
    " ",
    "-x",
    "--all",
    "../etc",
    "a/b",
    "a b",
    "a;b",
    "a\nb",
    "a\x00b",
    "$(id)",
    "`id`",
    "a'b",
    'a"b',
    "{x}",
]


@pytest.mark.parametrize("kind", [IsolateParams, ContainPortsParams, DisableAccountParams])
@pytest.mark.parametrize("target", [*HOSTILE, "x" * 300])
def test_a_hostile_name_is_refused(kind: type[Params], target: str) -> None:
    with pytest.raises(ValidationError):
        kind.model_validate({"target": target})


@pytest.mark.parametrize("target", ["", "-x", "a b", "<a@b>\r\nX: y", "<é@b>", "<" + "a" * 999 + ">"])
def test_a_hostile_message_id_is_refused(target: str) -> None:
    with pytest.raises(ValidationError):
        QuarantineParams.model_validate({"target": target})


@pytest.mark.parametrize(
    "target",
    ["files-02", "10.0.0.0/8", "0.0.0.0", "::", "127.0.0.1", "::ffff:127.0.0.1", "224.0.0.1", "ff02::1",
     "255.255.255.255", "fe80::1%eth0", "fe80::1%$(id)", "10.0.0.1; x", "010.0.0.1"],
)  # fmt: skip
def test_what_is_no_address_of_one_host_is_not_blocked(target: str) -> None:
    with pytest.raises(ValidationError):
        BlockIpParams.model_validate({"target": target})


@pytest.mark.parametrize(
    "target", ["0.0.0.0/0", "::/0", "10.0.0.0/7", "2001::/16", "10.0.0.1", "10.0.0.1/32", "10.0.0.1/8", "x"]
)
def test_what_is_no_segment_is_not_blocked(target: str) -> None:
    with pytest.raises(ValidationError):
        BlockSegmentParams.model_validate({"target": target})


@pytest.mark.parametrize(
    "target",
    [*HOSTILE, "com", ".", "evil.example..", ".evil.example", "10.0.0.1", "::1", "-evil.example", "evil-.example",
     "évil.example", "a" * 64 + ".example", "a." * 127 + "example", "evil.example/x", "*.example", "evil.1"],
)  # fmt: skip
def test_what_is_no_domain_is_not_sinkholed(target: str) -> None:
    with pytest.raises(ValidationError):
        SinkholeParams.model_validate({"target": target})


@pytest.mark.parametrize(
    ("kind", "target", "canonical"),
    [
        (BlockIpParams, "::ffff:203.0.113.9", "203.0.113.9"),
        (BlockIpParams, "2001:DB8:0::1", "2001:db8::1"),
        (BlockSegmentParams, "2001:DB8::/32", "2001:db8::/32"),
        (IsolateParams, "FILES-02", "files-02"),
        (DisableAccountParams, "J.Doe@example.net", "j.doe@example.net"),
        (QuarantineParams, "<Invoice.1@Example.net>", "<Invoice.1@Example.net>"),
        (SinkholeParams, " C2.Evil.Example. ", "c2.evil.example"),
        (SinkholeParams, "_dmarc.xn--bcher-kva.example", "_dmarc.xn--bcher-kva.example"),
    ],
)
def test_one_thing_has_one_spelling(kind: type[Params], target: str, canonical: str) -> None:
    params = kind.model_validate({"target": target})
    assert params.canonical_target() == canonical
    assert kind.model_validate({"target": canonical}) == params


@pytest.mark.parametrize(
    "spare",
    [
        {"peer": "bkp 02", "port": 1},
        {"peer": "-x", "port": 1},
        {"peer": "bkp-02", "port": 0},
        {"peer": "bkp-02", "port": 65536},
        {"peer": "bkp-02", "port": 1, "protocol": "tcp; x"},
        {"peer": "bkp-02", "port": 1, "more": 1},
    ],
)
def test_a_spared_flow_that_is_none_is_refused(spare: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        IsolateParams.model_validate({"target": "files-02", "spare": [spare]})


def test_a_spared_peer_is_compared_in_its_one_spelling() -> None:
    params = IsolateParams.model_validate({"target": "files-02", "spare": [{"peer": "::FFFF:10.0.0.1", "port": 1}]})
    assert params.spare[0].peer == "10.0.0.1"


@pytest.mark.parametrize("ports", [[], [0], [65536], ["ssh"], [*range(1, 66)]])
def test_ports_that_are_none_are_refused(ports: list[object]) -> None:
    with pytest.raises(ValidationError):
        ContainPortsParams.model_validate({"target": "files-02", "ports": ports})


@given(st.text(min_size=1, max_size=5000))
def test_text_for_people_steers_no_terminal(text: str) -> None:
    shown = NotifyParams.model_validate({"target": "x", "text": text}).text
    assert all(letter.isprintable() or letter == "\n" for letter in shown)


def test_a_block_that_nothing_narrows_has_no_scope() -> None:
    assert BlockIpParams.model_validate({"target": "203.0.113.9", "protocol": "udp"}).scope() is None

"""Context from YAML, JSON, CSV and STIX comes to the same, and whatever is wrong is told with its place."""

import json

import pytest

from engine.context.imports.reading import LARGEST, Format, read
from engine.errors import InvalidInput
from engine.model.base import Json
from engine.model.context import Asset, Criticality, Identity

WEB = Asset(name="web-01", addresses=("10.0.0.5",), roles=("web-server",), owner="shop", criticality=Criticality.HIGH)
SVC = Identity(name="svc-web", service=True, criticality=Criticality.STANDARD)
YAML = """
assets:
  - {name: web-01, addresses: [10.0.0.5], roles: [web-server], owner: shop, criticality: high}
identities:
  - {name: svc-web, service: true, criticality: standard}
"""
JSON: Json = {
    "assets": [{"name": "web-01", "addresses": ["10.0.0.5"], "roles": ["web-server"], "owner": "shop",
                "criticality": "high"}],
    "identities": [{"name": "svc-web", "service": True, "criticality": "standard"}],
}  # fmt: skip
ASSETS = "name,addresses,roles,owner,criticality\nweb-01,10.0.0.5,web-server,shop,high\n"
ACCOUNTS = "account,service,criticality\nsvc-web,true,standard\n"
STIX: Json = {
    "type": "bundle",
    "id": "bundle--1",
    "objects": [
        {"type": "infrastructure", "id": "infrastructure--1", "name": "web-01", "infrastructure_types": ["web-server"],
         "x_fireline_criticality": "high"},
        {"type": "ipv4-addr", "id": "ipv4-addr--1", "value": "10.0.0.5"},
        {"type": "identity", "id": "identity--1", "name": "shop"},
        {"type": "relationship", "relationship_type": "consists-of", "source_ref": "infrastructure--1",
         "target_ref": "ipv4-addr--1"},
        {"type": "relationship", "relationship_type": "owns", "source_ref": "identity--1",
         "target_ref": "infrastructure--1"},
        {"type": "user-account", "id": "user-account--1", "account_login": "svc-web", "is_service_account": True,
         "x_fireline_criticality": "standard"},
        {"type": "malware", "id": "malware--1", "name": "passed over"},
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("file", "text", "format"),
    [
        ("site.yaml", YAML, Format.YAML),
        ("site.json", json.dumps(JSON), Format.JSON),
        ("site.yaml", "\ufeff" + json.dumps(JSON), Format.JSON),
        ("site.json", json.dumps(STIX), Format.STIX),
    ],
)
def test_every_format_says_the_same(file: str, text: str, format: Format) -> None:
    found, content = read(file, text.encode(), None)
    assert (found, content.assets, content.identities) == (format, (WEB,), (SVC,))


def test_csv_holds_assets_or_accounts() -> None:
    assert read("hosts.csv", ASSETS.encode(), None)[1].assets == (WEB,)
    assert read("people.csv", ACCOUNTS.encode(), None)[1].identities == (SVC,)
    assert read("export", ASSETS.encode(), Format.CSV)[1].assets == (WEB,)


def test_lists_in_a_cell_are_parted() -> None:
    text = "name,addresses,roles,depends_on,tags\na,10.0.0.1; 10.0.0.2,dns;dhcp,b,\nb,,,,x\n"
    assets = read("a.csv", text.encode(), None)[1].assets
    assert (assets[0].addresses, assets[0].roles) == (("10.0.0.1", "10.0.0.2"), ("dns", "dhcp"))
    assert (assets[0].depends_on, assets[0].tags, assets[1].tags) == (("b",), (), ("x",))


def test_a_disabled_privileged_stix_account_is_read_as_such() -> None:
    account = {"type": "user-account", "user_id": "root", "can_escalate_privs": True, "is_disabled": True}
    content = read("x.json", json.dumps({"type": "bundle", "objects": [account]}).encode(), None)[1]
    assert content.identities == (Identity(name="root", privileged=True, enabled=False),)


@pytest.mark.parametrize(
    ("file", "data", "said"),
    [
        ("a.yaml", b"assets: [{name: a, criticality: huge}]", "a.yaml:1:"),
        ("a.yaml", b"assets: [{name: a}, {name: A}]", "assets.1.name: `A` is named twice"),
        ("a.json", b'{"assets": [{"name": "a", "addresses": ["x"]}]}', "assets.0.addresses.0: `x` is no address"),
        ("a.json", b'{"assets": [{"name": 1}]}', "a.json: assets.0.name: input should be a valid string"),
        ("a.json", b'{"assets": [}', "a.json:1:13: is no JSON"),
        ("a.json", b'{"assets": [], "assets": []}', "key `assets` stands twice"),
        ("a.json", b'{"x":' * 100_000, "is nested too deeply"),
        ("a.json", b'{"flows": []}', "`flows` is not imported: flow records are named by the setting `flows`"),
        ("a.json", b'{"indicators": []}', "indicators are taken in by `fireline intel import`"),
        ("a.json", b'{"type": "bundle", "objects": 1}', "is no STIX bundle"),
        ("a.json", b'{"type": "bundle", "objects": [{"type": "infrastructure", "name": 1}]}', "`name`"),
        ("a.csv", b"name,colour\na,red\n", "the first line must name the columns"),
        ("a.csv", b"name,criticality\na,huge\n", "a.csv:2:3: `criticality`"),
        ("a.csv", b"name\n\xff", "is not UTF-8 text at byte 5"),
        ("a.csv", b" " * (LARGEST + 1), "is larger than 16 MiB: split it"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(file: str, data: bytes, said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(file, data, None)
    assert said in str(caught.value)

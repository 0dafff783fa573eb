"""What the engine lives on is on the list without anybody having written it there."""

from pathlib import Path

import pytest

from console.cli import ground
from console.cli.ground import Ground
from console.cli.lifelines import host_lifelines, lifelines, named_hosts
from engine.intel.knowledge import Knowledge
from engine.model.principal import Principal, Role
from engine.settings import Settings


def person(name: str, *roles: Role, bot: bool = False) -> Principal:
    return Principal(id=name, name=name, roles=roles, accounts=(f"{name}-1", f"{name}-2"), bot=bot)


def test_whatever_a_setting_names_is_on_it(tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path, temporal_address="temporal.example:7233", otlp_endpoint="http://otel.example:4318",
        database_url="postgresql+psycopg://fireline:secret@db.example:5432/fireline",
        oidc={"issuer": "https://id.example", "client_id": "fireline"},
    )  # fmt: skip
    assert lifelines(settings, ()) == {
        "127.0.0.1": "the engine's own API",
        "temporal.example": "Temporal",
        "db.example": "the engine's database",
        "otel.example": "its telemetry",
        "id.example": "the identity provider that people sign in with",
    }


def test_addresses_stand_there_as_they_are_compared(tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path, temporal_address="[2001:db8::7]:7233", otlp_endpoint="collector.example:4317",
        database_url="postgresql+psycopg://u:p@10.9.9.1:5432,[2001:db8::8]:5433/db?host=db3.example&host=/run/pg&hostaddr=10.9.9.2",
        channels=(
            {"kind": "pagerduty", "name": "pd", "routing_key": "env:X", "url": "https://[2001:db8::9]:8443/v2"},
            {"kind": "pagerduty", "name": "pe", "routing_key": "env:X", "url": "https://pager.example?x=1"},
        ),
    )  # fmt: skip
    named = {"2001:db8::7", "collector.example", "10.9.9.1", "10.9.9.2", "2001:db8::8", "db3.example", "2001:db8::9"}
    assert set(lifelines(settings, ())) == {*named, "pager.example", "127.0.0.1"}


def test_other_systems_that_hear_of_it_are_on_it(tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path,
        siem=(
            {"kind": "hec", "name": "soc", "url": "https://splunk.example:8088", "token": "env:X"},
            {"kind": "syslog-tls", "name": "log", "host": "log.example"},
            {"kind": "file", "name": "book", "path": "/var/log/events.jsonl"},
        ),
        tickets=(
            {
                "kind": "jira", "name": "desk", "url": "https://jira.example", "user": "u", "token": "env:X",
                "project": "SEC",
            },
        ),
    )  # fmt: skip
    assert set(lifelines(settings, ())) == {"127.0.0.1", "splunk.example", "log.example", "jira.example"}


def test_so_is_everything_that_a_room_needs(tmp_path: Path) -> None:
    guid = "3738fe3d-bca2-479d-8e45-1660de89ee41"
    settings = Settings(
        home=tmp_path,
        rooms=(
            {"kind": "matrix", "name": "ops", "room": "!a:x", "url": "https://matrix.example", "access_token": "env:X"},
            {
                "kind": "teams", "name": "soc", "app_id": guid, "app_secret": "env:X", "tenant": guid,
                "conversation": "19:a@thread.tacv2", "service_url": "https://service.example/",
                "login_url": "https://login.example/", "keys_url": "https://keys.example/keys",
            },
        ),
    )  # fmt: skip
    needed = {"matrix.example", "service.example", "login.example", "keys.example"}
    assert set(lifelines(settings, ())) == {"127.0.0.1", *needed}


def test_so_is_the_vault_in_which_secrets_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAULT_ADDR", "https://10.9.9.8:8200")
    assert lifelines(Settings(home=tmp_path), [])["10.9.9.8"] == "where secrets are kept"


def test_names_are_told_from_addresses(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, temporal_address="temporal.example:7233", otlp_endpoint="10.9.9.3:4317")
    assert named_hosts(settings) == {"temporal.example": "Temporal"}


def test_the_addresses_of_what_a_setting_names_are_untouchable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ground, "addresses_of", lambda names: {name: ["192.0.2.7", "2001:db8::7"] for name in names})
    place = Ground(Settings(home=tmp_path, temporal_address="temporal.example:7233"), None, Knowledge()).context(())
    assert {place.untouchable(at) for at in ("192.0.2.7", "2001:db8::7")} == {"Temporal (`temporal.example`)"}
    assert place.untouchable("temporal.example") == "Temporal"


def test_every_address_of_this_host_is_on_it(tmp_path: Path) -> None:
    trie, inet6 = tmp_path / "trie", tmp_path / "inet6"
    trie.write_text(
        "Local:\n  +-- 10.0.0.0/24 2 0 2\n     |-- 10.0.0.0\n        /24 link UNICAST\n     |-- 10.0.0.5\n"
        "        /32 host LOCAL\n     |-- 10.0.0.255\n        /32 link BROADCAST\n"
    )
    inet6.write_text("20010db8000000000000000000000005 02 40 00 80     eth0\n")
    found = host_lifelines(tmp_path / "none", tmp_path / "neither", "", (trie, inet6))
    assert {"10.0.0.5", "2001:db8::5"} <= set(found) and not {"10.0.0.0", "10.0.0.255"} & set(found)


def test_a_database_in_a_file_is_no_host(tmp_path: Path) -> None:
    assert lifelines(Settings(home=tmp_path), ()) == {"127.0.0.1": "the engine's own API"}


def test_the_accounts_of_those_who_approve_or_administer_are_on_it(tmp_path: Path) -> None:
    people = (
        person("anna", Role.VIEWER, Role.APPROVER), person("root", Role.ADMIN), person("vic", Role.VIEWER),
        person("bot", Role.APPROVER, bot=True),
    )  # fmt: skip
    found = lifelines(Settings(home=tmp_path), people)
    assert sorted(set(found) - {"127.0.0.1"}) == ["anna-1", "anna-2", "root-1", "root-2"]
    assert found["anna-1"] == "the account of anna, who approves"


def test_so_is_what_this_host_reaches_anything_through(tmp_path: Path) -> None:
    resolvers, routes = tmp_path / "resolv.conf", tmp_path / "route"
    resolvers.write_text("# nameserver 192.0.2.9\nsearch example\nnameserver 192.0.2.53\nnameserver fe80::1%eth0\n")
    routes.write_text(
        "Iface\tDestination\tGateway\tFlags\neth0\t00000000\t010200C0\t0003\neth0\t000200C0\t00000000\t0001\n"
    )
    found = host_lifelines(resolvers, routes, "198.51.100.7 50000 192.0.2.1 22")
    told = {target: why for target, why in found.items() if "own address" not in why}
    assert told == {
        "192.0.2.53": "the resolver this engine asks",
        "fe80::1": "the resolver this engine asks",
        "192.0.2.1": "the gateway this engine is behind",
        "198.51.100.7": "where this engine is operated from",
    }


def test_a_host_that_tells_nothing_adds_nothing(tmp_path: Path) -> None:
    found = host_lifelines(tmp_path / "none", tmp_path / "neither", "", (tmp_path / "nor", tmp_path / "this"))
    assert {why for why in found.values()} <= {"this engine's own address"}

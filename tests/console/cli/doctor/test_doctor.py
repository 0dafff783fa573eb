"""The doctor says what is well and what is not, each with a remedy, and changes nothing."""

import asyncio
import json
import shutil
import socket
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from console import first_run
from console.cli.assembly import LEDGER_ORIGIN
from console.cli.doctor import place, running, services
from console.cli.doctor.command import checks
from console.clock import now
from engine.control.moves import note
from engine.ledger import keys
from engine.ledger.sealer import LedgerSealer
from engine.settings import make_private
from engine.store.store import Store
from tests.console.api.authority import Authority
from tests.console.cli.conftest import Run
from tests.processes import Up
from workflows.embedded import Record

NOW = datetime(2026, 11, 21, 3, 11, tzinfo=UTC)
Answer = tuple[int, dict[str, list[tuple[str, str]]]]


def asked(run: Run) -> Answer:
    """The exit code, and by check what it says: health and words."""
    done = run("doctor", "--json")
    said: dict[str, list[tuple[str, str]]] = {}
    lines = done.json["checks"]
    assert isinstance(lines, list)
    for line in lines:
        assert isinstance(line, dict)
        assert bool(line["remedy"]) == (line["health"] != "pass"), line
        said.setdefault(str(line["check"]), []).append((str(line["health"]), str(line["said"])))
    return done.code, said


def healths(said: dict[str, list[tuple[str, str]]], check: str) -> set[str]:
    return {health for health, _ in said[check]}


@pytest.fixture
def fresh(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with the demo's people, never started; and a clock that is kept."""
    monkeypatch.setattr(place, "_kernel_clock", lambda: 0)
    first_run.init(home, "demo")
    return home


@pytest.fixture
def recorded(fresh: Path) -> Path:
    """A home with a database of twenty entries, the first ten of them sealed."""
    signing = keys.load_or_make(make_private(fresh / "keys"), LEDGER_ORIGIN)
    store = Store(f"sqlite:///{fresh / 'fireline.db'}")
    for number in range(20):
        asyncio.run(store.write(lambda tx, n=number: note(tx, f"subject/{n % 3}", "noted", NOW, {"n": n}, "t")))  # type: ignore[misc]
        if number == 9:
            asyncio.run(store.seal(LedgerSealer(signing, fresh), NOW))
    store.close()
    (fresh / "fireline.db").chmod(0o600)
    return fresh


def test_every_check_has_a_name_of_its_own_and_a_remedy() -> None:
    names = [check.name for check in checks()]
    assert len(set(names)) == len(names) == 27
    assert all(check.remedy for check in checks())


def test_a_fresh_home_is_well_but_for_what_is_not_started_and_codes_that_nobody_has(fresh: Path, run: Run) -> None:
    before = sorted(path.name for path in fresh.rglob("*"))
    code, said = asked(run)
    assert code == 0, said
    warned = {check for check in said if healths(said, check) != {"pass"}}
    assert warned == {"database", "engine", "connectors", "sources", "codes"}
    assert sorted(path.name for path in fresh.rglob("*")) == before


def test_a_running_engine_is_asked_for_what_it_knows(at: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "_kernel_clock", lambda: 0)
    code, said = asked(run)
    assert code == 0, said
    assert said["engine"][0][0] == "pass"
    assert any("embedded server of the running engine, answers" in words for _, words in said["temporal"])
    for check in ("leases", "sources", "database", "context", "notices"):
        assert healths(said, check) == {"pass"}


def test_what_is_stale_or_not_delivered_is_told_with_its_remedy(
    fresh: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = {"name": "cmdb", "file": "cmdb.csv", "as_of": "2026-11-01T00:00:00+00:00"}
    behind = {"channel": "pager", "count": 2, "since": "2026-11-21T03:00:00+00:00", "because": "connection refused"}
    well: dict[str, list[object]] = {name: [] for name in ("connectors", "sick_sources", "stuck")}
    monkeypatch.setattr(running, "_status", lambda _: {**well, "stale_context": [old], "undelivered": [behind]})
    code, said = asked(run)
    assert code == 1
    assert said["context"] == [("warn", "cmdb is of 2026-11-01T00:00:00+00:00, and stale")]
    waits = f"pager has not taken 2 since {behind['since']}: connection refused"
    assert said["notices"] == [("fail", waits)]


def test_a_sound_ledger_is_told_with_its_size(recorded: Path, run: Run) -> None:
    _, said = asked(run)
    assert said["ledger"] == [("pass", "20 entries, the last checkpoint holds over 10")]
    assert healths(said, "database") == {"pass"}


TAMPERED = {
    "UPDATE entry SET data = replace(data, '\"n\":19', '\"n\":91')": "entry 19: its bytes do not give the hash",
    "DELETE FROM entry WHERE seq = 15": "1 entries are missing",
    "DELETE FROM entry WHERE seq > 5": "tail cut: the last checkpoint covers 10 entries, 6 are there",
    "UPDATE checkpoint SET note = replace(note, '\n10\n', '\n11\n')": "the last checkpoint: ",
    "DELETE FROM entry WHERE seq > 5; DELETE FROM checkpoint": "tail cut: the last copied checkpoint covers 10",
}


@pytest.mark.parametrize(("statement", "problem"), TAMPERED.items())
def test_a_ledger_that_was_tampered_with_fails(statement: str, problem: str, recorded: Path, run: Run) -> None:
    connection = sqlite3.connect(recorded / "fireline.db")
    connection.executescript(statement)
    connection.commit()
    connection.close()
    code, said = asked(run)
    assert code == 1
    assert any(health == "fail" and problem in words for health, words in said["ledger"]), said["ledger"]


def test_a_clock_behind_the_ledger_fails(recorded: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from console.cli.doctor import record

    monkeypatch.setattr(record, "now", lambda: datetime(2026, 11, 1, tzinfo=UTC))
    code, said = asked(run)
    assert code == 1
    assert any("the clock went back" in words for _, words in said["clock"])


def test_a_schema_of_another_release_is_told(recorded: Path, run: Run) -> None:
    connection = sqlite3.connect(recorded / "fireline.db")
    connection.execute("UPDATE alembic_version SET version_num = '0001'")
    connection.commit()
    connection.close()
    _, said = asked(run)
    assert any(health == "warn" and "schema 0001, this release has" in words for health, words in said["database"])


def test_a_damaged_database_fails(recorded: Path, run: Run) -> None:
    file = recorded / "fireline.db"
    file.write_bytes(b"not a database" * 400)
    code, said = asked(run)
    assert (code, healths(said, "database")) in ((1, {"fail"}), (3, {"away"}))


def test_a_name_that_stands_for_no_address_is_told(fresh: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "addresses_of", lambda names: {})
    monkeypatch.setenv("FIRELINE_OTLP_ENDPOINT", "http://otel.example:4318")
    warned = [words for health, words in asked(run)[1]["settings"] if health == "warn"]
    assert warned == ["`otel.example` (its telemetry) stands for no address now, so that only the name is untouchable"]


def test_settings_are_told_with_their_place_and_without_secrets(
    fresh: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (fresh / "fireline.yaml").write_text("# ours\nlook_back: 7d\n")
    monkeypatch.setenv("FIRELINE_DATABASE_URL", "postgresql+psycopg://me:hunter2@127.0.0.1:1/x")
    monkeypatch.setenv("FIRELINE_LOG_LEVEL", "debug")
    code, said = asked(run)
    words = [words for _, words in said["settings"]]
    assert any(word.startswith("look_back = 7 days") and word.endswith("fireline.yaml:2)") for word in words), words
    assert "log_level = debug (FIRELINE_LOG_LEVEL)" in words
    assert "hunter2" not in str(said)
    assert (code, healths(said, "database")) == (3, {"away"})


def test_settings_that_cannot_be_read_are_all_that_is_told(fresh: Path, run: Run) -> None:
    (fresh / "fireline.yaml").write_text("polcy: demo\n")
    code, said = asked(run)
    assert (code, [*said]) == (1, ["settings"])
    assert "fireline.yaml:1:1" in said["settings"][0][1]


def test_without_a_home_it_says_how_to_make_one(home: Path, run: Run) -> None:
    code, said = asked(run)
    assert (code, healths(said, "home"), healths(said, "people")) == (1, {"fail"}, {"fail"})
    assert not home.exists()


@pytest.mark.parametrize("name", ["", "token", "people.yaml"])
def test_what_is_open_to_others_fails_and_is_left_as_it_is(name: str, fresh: Path, run: Run) -> None:
    (fresh / name).chmod(0o755)
    code, said = asked(run)
    assert (code, healths(said, "home")) == (1, {"fail"})
    assert (fresh / name).stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize(("free", "health"), [(2**40, "pass"), (2**30, "warn"), (2**20, "fail")])
def test_the_room_on_the_disk_is_judged(
    free: int, health: str, fresh: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(2**41, 0, free))
    assert healths(asked(run)[1], "disk") == {health}


@pytest.mark.parametrize(("answer", "health"), [(0, "pass"), (5, "warn"), (-1, "warn")])
def test_who_keeps_the_clock_is_asked(
    answer: int, health: str, fresh: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, "_kernel_clock", lambda: answer)
    assert healths(asked(run)[1], "clock") == {health}


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody else holds."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


def test_a_port_held_by_something_else_fails(
    taken: int, fresh: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIRELINE_API_PORT", str(taken))
    code, said = asked(run)
    assert code == 1
    assert ("fail", f"api_port: {taken} is held by something else") in said["ports"]


def test_a_cluster_that_has_our_namespace_is_well(
    fresh: Path, engine: Up, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = Record.model_validate_json((engine.home / "run" / "temporal.json").read_bytes()).ports.address
    monkeypatch.setenv("TEMPORAL_ADDRESS", address)
    code, said = asked(run)
    assert (code, said["temporal"]) == (0, [("pass", f"{address}, the cluster of the settings, answers")])
    monkeypatch.setenv("FIRELINE_TEMPORAL_NAMESPACE", "elsewhere")
    code, said = asked(run)
    assert (code, healths(said, "temporal")) == (1, {"fail"})


def test_a_cluster_where_nobody_is_or_nobody_speaks_is_away(
    taken: int, fresh: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "PATIENCE_S", 0.2)
    for port in (1, taken):
        monkeypatch.setenv("TEMPORAL_ADDRESS", f"127.0.0.1:{port}")
        code, said = asked(run)
        assert (code, healths(said, "temporal")) == (3, {"away"})


def test_the_certificate_that_the_cluster_is_shown_is_told_before_it_expires(
    fresh: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = Authority(tmp_path, "ours", now()).sign("engine")
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    tls = {"certificate": str(files.certificate), "key": f"file:{files.key}"}
    monkeypatch.setenv("FIRELINE_TEMPORAL_TLS", json.dumps(tls))
    (_, away), (soon, expires) = asked(run)[1]["temporal"]
    assert "connection refused" in away
    assert soon == "warn"
    assert expires.startswith(f"`{files.certificate}` expires at ")


def test_a_policy_that_is_not_sound_fails_with_its_place(fresh: Path, run: Run) -> None:
    (fresh / "mine.yaml").write_text("policy: mine\n")
    (fresh / "fireline.yaml").write_text("policy: mine.yaml\n")
    code, said = asked(run)
    assert (code, healths(said, "policy")) == (1, {"fail"})
    assert "mine.yaml:" in said["policy"][0][1]


def test_people_who_cannot_answer_fail(fresh: Path, run: Run) -> None:
    (fresh / "people.yaml").unlink()
    first_run.init(fresh)
    code, said = asked(run)
    assert code == 1
    assert any(health == "fail" and "tier `ask_two` cannot be answered" in words for health, words in said["people"])

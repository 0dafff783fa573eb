"""Settings: where each comes from, and that nothing mistyped goes unnoticed."""

from datetime import timedelta
from pathlib import Path

import pytest

from engine.errors import InvalidInput
from engine.model.connector import ProbeSettings
from engine.settings import LogLevel, Settings, load, make_private


def write(home: Path, text: str) -> None:
    home.mkdir(exist_ok=True)
    (home / "fireline.yaml").write_text(text)


def test_without_anything_the_defaults_hold(home: Path) -> None:
    settings = load()
    assert settings.home == home
    assert settings.database_url == f"sqlite:///{home}/fireline.db"
    assert (settings.policy, settings.site, settings.temporal_address) == ("baseline", None, None)
    assert settings.correlation_window == timedelta(minutes=30)
    assert settings.look_back == timedelta(days=14)


def test_a_flag_beats_a_variable_which_beats_the_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(home, "policy: of-file\nlog_level: debug\nlook_back: 7d\n")
    monkeypatch.setenv("FIRELINE_POLICY", "of-environment")
    monkeypatch.setenv("FIRELINE_LOG_LEVEL", "error")
    settings = load({"policy": "of-flag", "api_port": None})
    assert (settings.policy, settings.log_level) == ("of-flag", LogLevel.ERROR)
    assert settings.look_back == timedelta(days=7)


@pytest.mark.parametrize(
    ("ours", "standard", "field"),
    [
        ("FIRELINE_TEMPORAL_ADDRESS", "TEMPORAL_ADDRESS", "temporal_address"),
        ("FIRELINE_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT", "otlp_endpoint"),
    ],
)
def test_the_names_the_field_knows_are_read_and_ours_win(
    ours: str, standard: str, field: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(standard, "of-the-field:1")
    assert getattr(load(), field) == "of-the-field:1"
    monkeypatch.setenv(ours, "ours:2")
    assert getattr(load(), field) == "ours:2"


def test_an_empty_variable_is_not_given(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRELINE_POLICY", "")
    monkeypatch.setenv("TEMPORAL_ADDRESS", "")
    assert load() == Settings(home=home)
    assert load().temporal_address is None


def test_what_is_wrong_in_the_file_is_told_with_its_place(home: Path) -> None:
    write(home, "policy: demo\npolcy: x\napi_host: 0.0.0.0\nlook_back: long\n")
    with pytest.raises(InvalidInput) as caught:
        load()
    lines = str(caught.value).splitlines()
    assert f"{home}/fireline.yaml:2:1: unknown key `polcy`" in lines
    assert f"{home}/fireline.yaml:3:11: `api_host`: input should be '127.0.0.1'" in lines
    assert any(line.startswith(f"{home}/fireline.yaml:4:12: `look_back`: `long` is no duration") for line in lines)


def test_what_is_wrong_elsewhere_is_told_by_its_name(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRELINE_API_PORT", "many")
    with pytest.raises(InvalidInput, match=r"^FIRELINE_API_PORT: `api_port`: .*integer"):
        load()
    with pytest.raises(InvalidInput, match=r"^--api-port: `api_port`: .*less than or equal to 65535"):
        load({"api_port": 70000})


def test_one_mistake_is_told_once_and_with_what_would_be_right(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "nonsense")
    with pytest.raises(InvalidInput) as caught:
        load()
    assert str(caught.value) == "TEMPORAL_ADDRESS: `temporal_address`: name it as `host:port`"


def test_a_mistyped_variable_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRELINE_POLCY", "demo")
    with pytest.raises(InvalidInput, match="environment variable `FIRELINE_POLCY` is no setting of Fireline"):
        load()


def test_a_relative_home_holds_after_a_change_of_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load({"home": "here"}).home == tmp_path / "here"


def test_the_file_cannot_move_the_folder_it_lies_in(home: Path) -> None:
    write(home, "# first\nhome: /elsewhere\n")
    with pytest.raises(InvalidInput, match=r"fireline\.yaml:2:1: `home` cannot be set"):
        load()


def test_relative_paths_of_the_file_start_from_its_folder(home: Path) -> None:
    write(home, "policy: mine.yaml\nsite: demo\nflows: [logs/conn.log, /abs/flows.csv]\n")
    settings = load()
    assert settings.policy == str(home / "mine.yaml")
    assert settings.site == "demo"
    assert settings.flows == (home / "logs/conn.log", Path("/abs/flows.csv"))


def test_a_variable_lists_paths_as_shells_do(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRELINE_FLOWS", "a.csv:b.log")
    assert load().flows == (Path("a.csv"), Path("b.log"))


def test_directories_are_for_their_owner_only(home: Path) -> None:
    settings = load()
    settings.make_directories()
    made = (settings.home, settings.run_dir, settings.log_dir, settings.temporal_dir)
    assert {path.stat().st_mode & 0o777 for path in made} == {0o700}


def test_a_directory_that_others_may_write_is_refused(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    with pytest.raises(InvalidInput, match="may be written by others"):
        make_private(shared)
    (tmp_path / "file").touch()
    with pytest.raises(InvalidInput, match="cannot be made"):
        make_private(tmp_path / "file" / "home")


def test_directories_that_everybody_may_read_are_closed(home: Path) -> None:
    home.mkdir(mode=0o755)
    home.chmod(0o755)
    (home / "run").mkdir()
    (home / "run").chmod(0o750)
    load().make_directories()
    assert {path.stat().st_mode & 0o777 for path in (home, home / "run")} == {0o700}


def test_a_database_password_is_not_shown(home: Path) -> None:
    assert "hunter2" not in repr(load({"database_url": "postgresql://u:hunter2@db/f"}))


EDGE = "connectors:\n  - kind: nftables\n    instance: edge-1\n"


def test_a_block_is_probed_only_where_that_is_set(home: Path) -> None:
    write(home, f"{EDGE}  - kind: nftables\n    instance: edge-2\n    probe: {{namespace: branch, timeout: 2s}}\n")
    first, second = load().connectors
    assert first.probe is None
    assert second.probe == ProbeSettings(namespace="branch", port=443, timeout=timedelta(seconds=2))


@pytest.mark.parametrize(
    ("wrong", "column"), [("port: 0", 19), ("timeout: 0s", 22), ("timeout: 6s", 22), ("prot: 1", 13)]
)
def test_a_probe_that_makes_no_sense_is_refused_with_its_place(home: Path, wrong: str, column: int) -> None:
    write(home, f"{EDGE}    probe: {{{wrong}}}\n")
    with pytest.raises(InvalidInput, match=rf"fireline\.yaml:4:{column}: "):
        load()

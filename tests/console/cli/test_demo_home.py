"""Where the demo plays: never in somebody's home, again where it played before, and under nobody's settings."""

import os
from pathlib import Path

import pytest

from console.cli.demo.home import MADE, MARK, environment, own_home
from engine.errors import InvalidInput
from workflows.home_files import HomeLock


@pytest.fixture
def played(home: Path) -> Path:
    """A home in which a demo played, and into which somebody has put a file of their own since."""
    home.mkdir(mode=0o700)
    (home / MARK).touch()
    for folder in ("alerts", "run", "site"):
        (home / folder).mkdir(mode=0o700)
        (home / folder / "something").touch()
    for file in ("fireline.db", "token", "export.jsonl"):
        (home / file).touch()
    return home


def test_a_home_that_was_played_in_is_cleared_of_what_the_demo_made_and_of_nothing_else(played: Path) -> None:
    with own_home(str(played)):
        assert sorted(path.name for path in played.iterdir()) == [MARK, "export.jsonl"]


def test_a_new_home_is_marked_and_stays(home: Path) -> None:
    with own_home(str(home)):
        (home / "fireline.db").touch()
    assert sorted(path.name for path in home.iterdir()) == [MARK, "fireline.db"]


@pytest.mark.parametrize("name", MADE)
def test_a_home_without_the_mark_is_refused_and_left_as_it_is(home: Path, name: str) -> None:
    home.mkdir(mode=0o700)
    (home / name).touch()
    with pytest.raises(InvalidInput, match="is somebody's home"), own_home(str(home)):
        pass
    assert [path.name for path in home.iterdir()] == [name]


def test_nothing_is_cleared_while_an_engine_runs_there(played: Path) -> None:
    engine = HomeLock(played / "run" / "engine.lock")
    engine.take()
    with pytest.raises(InvalidInput, match="an engine runs under"), own_home(str(played)):
        pass
    engine.release()
    assert (played / "fireline.db").exists()


def test_nothing_is_cleared_while_another_demo_plays_there(home: Path) -> None:
    with own_home(str(home)):
        (home / "fireline.db").touch()
        with pytest.raises(InvalidInput, match="another demo plays under"), own_home(str(home)):
            pass
    assert (home / "fireline.db").exists()


def test_a_link_out_of_the_home_is_taken_away_and_not_followed(played: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").touch()
    (played / "temporal").symlink_to(elsewhere)
    with own_home(str(played)):
        assert not (played / "temporal").is_symlink()
    assert (elsewhere / "precious").exists()


def test_without_a_home_it_plays_in_a_folder_that_is_gone_afterwards() -> None:
    with own_home(None) as home:
        (home / "fireline.db").touch()
    assert not home.exists()


def test_the_engine_sees_of_what_is_set_for_another_one_only_the_demo_s_home() -> None:
    around = {
        "PATH": "/bin", "TZ": "CET", "FIRELINE_HOME": "/theirs", "FIRELINE_TOKEN": "fl_theirs",
        "FIRELINE_CONNECTORS": "[]", "TEMPORAL_ADDRESS": "cluster:7233", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://there",
    }  # fmt: skip
    assert environment(Path("/ours"), around) == {"PATH": "/bin", "TZ": "CET", "FIRELINE_HOME": "/ours"}


def test_the_demo_s_own_client_sees_none_of_it_either_and_all_is_back_afterwards(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIRELINE_TOKEN", "fl_theirs")
    monkeypatch.setenv("TEMPORAL_ADDRESS", "cluster:7233")
    before = {**os.environ}
    with own_home(str(home)):
        assert os.environ == environment(home, before)
    assert os.environ == before

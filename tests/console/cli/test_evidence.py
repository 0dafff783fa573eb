"""`fireline evidence` against a running engine: what was taken, and whether it still is that."""

from pathlib import Path

import pytest

from tests.console.cli.conftest import Run
from tests.processes import Up, until


@pytest.fixture
def taken(run: Run, at: Path, engine: Up) -> str:
    """The id of what was taken of a host."""
    ask = ("actions", "request", "evidence.capture", "--target", "ws-203", "--param", "kind=processes")
    assert run(*ask, "--reason", "rooted").code == 0
    listed = until(lambda: run("evidence", "list", "--json").json["evidence"], "it is taken")
    assert isinstance(listed, list)
    [piece] = [one for one in listed if isinstance(one, dict)][:1]
    return str(piece["id"])


def test_content_that_was_changed_or_is_gone_is_told_with_exit_code_1(run: Run, at: Path, taken: str) -> None:
    whole = run("evidence", "show", taken, "--json")
    assert (whole.code, whole.json["content"]) == (0, "as it was taken")
    file = Path(str(whole.json["file"]))
    assert file == at / "site" / "evidence" / "sha256" / str(whole.json["digest"])
    content = file.read_bytes()
    file.write_bytes(content + b"x")
    damaged = run("evidence", "show", taken)
    assert (damaged.code, "content: not what was taken any more\n" in damaged.out) == (1, True)
    file.unlink()
    absent = run("evidence", "show", taken)
    assert (absent.code, "content: not kept here, or beyond its retention\n" in absent.out) == (1, True)


def test_of_an_incident_that_asked_for_none_nothing_is_listed(run: Run, at: Path, taken: str) -> None:
    assert "nothing was taken down" in run("evidence", "list", "--incident", "INC-9999").err
    assert "ws-203" in run("evidence", "list").out
    assert run("evidence", "show", "L-9999").code == 1

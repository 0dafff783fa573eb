"""`fireline context` and `fireline inventory` against a running engine."""

from pathlib import Path

import pytest

from tests.console.cli.conftest import Run

HOSTS = "name,criticality,roles\nfiles-01,critical,file-server;dhcp\n"


@pytest.fixture
def hosts(tmp_path: Path) -> Path:
    file = tmp_path / "cmdb.csv"
    file.write_text(HOSTS)
    return file


def test_a_file_is_tried_taken_in_and_told_with_its_source(run: Run, at: Path, hosts: Path) -> None:
    tried = run("context", "import", str(hosts), "--dry-run")
    assert (tried.code, tried.out) == (0, "cmdb: 1 assets, 0 accounts; tried\n")
    taken = run("context", "import", str(hosts), "--valid-for", "7d")
    assert (taken.code, taken.out) == (0, "cmdb: 1 assets, 0 accounts; active\n")
    shown = run("context", "show", "files-01")
    assert shown.out.startswith("files-01: inside, segment servers\n  asset files-01, critical\n")
    assert "    parts: dhcp\n" in shown.out
    assert f"    from cmdb ({hosts}), true at " in shown.out
    listed = run("inventory", "--json").json["inventory"]
    assert isinstance(listed, list)
    assert any(isinstance(one, dict) and (one["name"], one["from"]) == ("files-01", ["cmdb"]) for one in listed)


def test_what_loosens_is_put_to_the_vote(run: Run, at: Path, tmp_path: Path) -> None:
    file = tmp_path / "desks.yaml"
    file.write_text("assets: [{name: ws-900, criticality: low}]\n")
    taken = run("context", "import", str(file), "--reason", "new desks")
    assert taken.code == 0
    assert "put to the vote as PP-" in taken.out
    assert "  loosens: `ws-900` is new and low; what is unknown counts as high\n" in taken.out
    assert run("context", "show", "ws-900").code == 1


@pytest.mark.parametrize(
    ("code", "said", "arguments"),
    [
        (2, "Missing argument", ("context", "import")),
        (2, "cannot be read: no such file", ("context", "import", "nowhere.yaml")),
        (2, "`soon` is no duration", ("context", "import", __file__, "--valid-for", "soon")),
        (2, "format", ("context", "import", __file__, "--format", "word")),
        (1, "nothing is known of `nobody-9`, so it counts as high", ("context", "show", "nobody-9")),
    ],
)
def test_what_is_wrong_is_said_with_its_code(
    run: Run, at: Path, code: int, said: str, arguments: tuple[str, ...]
) -> None:
    done = run(*arguments)
    assert (done.code, said in done.err) == (code, True)

"""`fireline intel` against a running engine."""

import json
from pathlib import Path

import pytest

from engine.model.base import Json
from tests.console.cli.conftest import Done, Run

ROW = "ip,192.0.2.{},2026-01-01T00:00:00Z\n"


@pytest.fixture
def watch(tmp_path: Path) -> Path:
    file = tmp_path / "watch.csv"
    file.write_text("type,value,seen_at\n" + ROW.format(66) + ROW.format(67))
    return file


def counts(done: Done) -> Json:
    """What became of the records of the only file."""
    imports = done.json["imports"]
    assert isinstance(imports, list) and isinstance(imports[0], dict) and isinstance(imports[0]["counts"], dict)
    return imports[0]["counts"]


def test_a_file_is_taken_in_known_at_once_and_the_same_twice(run: Run, at: Path, watch: Path) -> None:
    first = run("intel", "import", str(watch), "--owner", "circl", "--confidence", "0.8", "--valid-for", "9000d")
    assert first.code == 2  # longer than a year is no term
    first = run("intel", "import", str(watch), "--owner", "circl", "--confidence", "0.8")
    assert (first.code, first.err) == (0, "")
    assert f"{watch} (csv, feed watch): added 2, updated 0, unchanged 0, expired 0, refused 0" in first.out
    second = run("intel", "import", str(watch), "--owner", "circl", "--confidence", "0.8", "--json")
    told = counts(second)
    assert (second.code, told["unchanged"]) == (0, 2)
    found = run("intel", "lookup", "192.0.2.66")
    assert found.code == 0
    assert found.out.startswith("ip 192.0.2.66: 1 independent origin, 0 within a day\n")
    assert "circl through watch, seen 2026-01-01" in found.out
    assert run("intel", "lookup", "192.0.2.66", "--json").json["known"] is True


def test_a_wrong_record_is_told_on_stderr_and_the_rest_counts(run: Run, at: Path, tmp_path: Path) -> None:
    file, missing = tmp_path / "feed.json", tmp_path / "missing.json"
    said = {"type": "indicator", "id": "indicator--7", "valid_from": "2026-01-01T00:00:00Z"}
    objects = [{**said, "pattern": "[file:name = 'x']"}, {**said, "pattern": "[url:value = 'http://bad.example/']"}]
    file.write_text(json.dumps({"type": "bundle", "objects": objects}))
    done = run("intel", "import", str(missing), str(file), "--json")
    assert done.code == 2
    assert f"fireline: {missing}: cannot be read: no such file or directory\n" in done.err
    assert f"fireline: {file}:1:32: `indicator--7`: pattern `[file:name = 'x']`: `file:name` names nothing" in done.err
    told = counts(done)
    assert (told["added"], told["refused"]) == (1, 1)


def test_a_warning_list_finds_an_address_in_its_networks(run: Run, at: Path, tmp_path: Path) -> None:
    file = tmp_path / "private.json"
    file.write_text(json.dumps({"name": "List of RFC 1918 CIDR blocks", "type": "cidr", "list": ["10.0.0.0/8"]}))
    assert run("intel", "import", str(file)).code == 0
    done = run("intel", "lookup", "10.0.0.5")
    assert done.out == "ip 10.0.0.5: nobody says it is bad\n  warns of shared: List of RFC 1918 CIDR blocks\n"


@pytest.mark.parametrize(
    ("code", "said", "arguments"),
    [
        (2, "Missing argument", ("intel", "import")),
        (2, "cannot be read: is a directory", ("intel", "import", "/")),
        (2, "--confidence", ("intel", "import", "x", "--confidence", "2")),
        (2, "`soon` is no duration", ("intel", "import", "x", "--valid-for", "soon")),
        (2, "`type`", ("intel", "lookup", "x", "--type", "colour")),
        (1, "it takes policy-admin", ("intel", "import", __file__, "--as", "lena")),
    ],
)
def test_what_is_wrong_is_said_with_its_code(
    run: Run, at: Path, code: int, said: str, arguments: tuple[str, ...]
) -> None:
    done = run(*arguments)
    assert (done.code, said in done.err) == (code, True)

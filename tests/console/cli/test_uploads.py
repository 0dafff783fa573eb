"""Files given to the engine: what one of them does wrong is told, and takes nothing from the others."""

from pathlib import Path

import pytest

from tests.console.cli.conftest import Run

LARGEST = {"context": 16, "intel": 64}


@pytest.mark.parametrize("command", LARGEST)
def test_a_file_that_is_too_large_is_not_read_and_the_others_count(
    run: Run, at: Path, tmp_path: Path, command: str
) -> None:
    large, small = tmp_path / "large.csv", tmp_path / "small.csv"
    with large.open("wb") as file:
        file.truncate(LARGEST[command] * 2**20 + 1)
    small.write_text({"context": "name,criticality\nfiles-01,critical\n", "intel": "type,value,seen_at\n"}[command])
    done = run(command, "import", str(large), str(small), "--json")
    assert done.code == 2
    assert done.err == f"fireline: {large}: is larger than {LARGEST[command]} MiB: split it\n"
    taken = done.json["imports"]
    assert isinstance(taken, list)
    assert len(taken) == 1

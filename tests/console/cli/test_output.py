"""What commands print, to programs and to people."""

import json
from datetime import UTC, datetime

import pytest

from console.cli.output import Output, note
from engine.model.freeze import Freeze

FROZEN = Freeze(scope="global", principal="anna", reason="maintenance", since=datetime(2026, 1, 1, tzinfo=UTC))


def test_json_is_one_object_whatever_lies_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    Output(json=True).show({"freezes": (FROZEN,), "mark": "→"}, ["not this"])
    Output(json=True).show(FROZEN, ["nor this"])
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first == {"freezes": [second], "mark": "→"}
    assert second["since"] == "2026-01-01T00:00:00Z"


def test_a_person_gets_lines(capsys: pytest.CaptureFixture[str]) -> None:
    Output().show({}, ["one", "two"])
    assert capsys.readouterr().out == "one\ntwo\n"


def test_a_pipe_gets_aligned_columns(capsys: pytest.CaptureFixture[str]) -> None:
    Output().table({}, ("id", "name"), [("a", "Anna"), ("longer", "B")], empty="nobody")
    assert capsys.readouterr().out == "id      name\na       Anna\nlonger  B\n"


def test_an_empty_list_says_so_beside_the_result(capsys: pytest.CaptureFixture[str]) -> None:
    Output().table({"people": []}, ("id",), [], empty="nobody")
    Output(json=True).table({"people": []}, ("id",), [], empty="nobody")
    assert capsys.readouterr() == ('{"people": []}\n', "nobody\n")


def test_a_terminal_gets_a_table_without_reading_markup(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    Output().table({}, ("id", "name"), [("a", "[red]not markup[/red]")], empty="nobody")
    assert "[red]not markup[/red]" in capsys.readouterr().out


def test_what_came_from_outside_cannot_move_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    Output().show({}, ["a\x1b[2Jb"])
    Output().table({}, ("id",), [["c\rd"]], empty="")
    note("e\u202ef")
    assert capsys.readouterr() == ("a�[2Jb\nid\nc�d\n", "e�f\n")

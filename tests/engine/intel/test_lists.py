"""Indicators from CSV lists."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.context.file import load
from engine.errors import InvalidInput
from engine.intel.lists import read_indicators
from engine.model.context import Indicator

HEADER = "type,value,origin,owner,seen_at,confidence,warnings\n"


def test_a_list_is_read_in_utc(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(HEADER + "ip,198.51.100.0/24,watch/hosts,watch,2026-11-21T04:00:00+01:00,0.9,cdn; shared\n")
    assert list(read_indicators(path)) == [
        Indicator(
            type="ip",
            value="198.51.100.0/24",
            origin="watch/hosts",
            owner="watch",
            seen_at=datetime(2026, 11, 21, 3, tzinfo=UTC),
            confidence=0.9,
            warnings=("cdn", "shared"),
        )
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "ip,bad.example,o,w,2026-11-21T04:00:00Z,0.9,",
            "list.csv:2:4: `value`: `bad.example` is neither an address nor",
        ),
        ("host,a,o,w,2026-11-21T04:00:00Z,0.9,", "list.csv:2:1: `type`: input should be 'ip', 'domain', "),
        ("ip,192.0.2.1,o,,2026-11-21T04:00:00Z,0.9,", "list.csv:2:16: `owner`: is missing"),
        ("ip,192.0.2.1,o,w,yesterday,0.9,", "list.csv:2:18: `seen_at`: input should be a valid datetime"),
        (
            "ip,192.0.2.1,o,w,2026-11-21T04:00:00Z,95,",
            "list.csv:2:39: `confidence`: input should be less than or equal",
        ),
        ("ip,192.0.2.1,o,w,2026-11-21T04:00:00Z,nan,", "list.csv:2:39: `confidence`: input should be "),
    ],
)
def test_a_wrong_line_is_refused_at_its_place(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "list.csv"
    path.write_text(f"{HEADER}{line}\n")
    with pytest.raises(InvalidInput) as caught:
        list(read_indicators(path))
    assert str(caught.value).removeprefix(f"{tmp_path}/").startswith(message)


def test_a_context_file_brings_its_lists(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(HEADER + "domain,bad.example,o,w,2026-11-21T04:00:00Z,0.9,\n")
    (tmp_path / "site.yaml").write_text("indicator_files: [list.csv]\n")
    assert [one.value for one in load(tmp_path / "site.yaml").indicators] == ["bad.example"]

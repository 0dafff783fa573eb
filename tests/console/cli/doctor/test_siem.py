"""The doctor says of each receiver of events whether it answers, and how far it has come."""

import asyncio
import json
from pathlib import Path

import pytest

from console.cli.doctor.siem import siem
from console.clock import now
from console.outgoing.siem.company import receiver
from console.outgoing.siem.forwarder import Forwarder
from engine.control.moves import note
from engine.settings import load
from tests.bench import Bench, on_bench
from tests.console.outgoing.receiver import receiving


def told() -> list[tuple[str, str]]:
    return [(line.health, line.said) for line in siem(load())]


@pytest.fixture
def book(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "events.jsonl"
    monkeypatch.setenv("FIRELINE_SIEM", json.dumps([{"kind": "file", "name": "book", "path": str(file)}]))
    return file


async def entries(bench: Bench, count: int) -> None:
    for _ in range(count):
        await bench.write(lambda tx: note(tx, "freeze", "freeze.ended", bench.now, {"scope": "global"}))


async def test_one_that_can_be_written_is_told_with_its_place(home: Path, book: Path) -> None:
    with on_bench(home, now()) as bench:
        forwarder = Forwarder(
            bench.store, bench.desks, receiver(load().siem[0]), lambda: bench.now, site="s", simulated=True
        )
        await forwarder.forward()
        await entries(bench, 3)
    # The doctor has a loop of its own for what it asks others.
    assert await asyncio.to_thread(told) == [
        ("pass", f"book: `{book}` can be written"),
        ("pass", "book: behind by 3 entries"),
    ]


def test_before_the_first_start_nothing_was_sent(home: Path, book: Path) -> None:
    assert told()[1] == ("warn", "book: nothing was sent yet")


def test_one_that_is_away_and_one_that_is_not_set_right(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as gone:
        url = gone.url.partition("/in/")[0]
    given = {"kind": "hec", "name": "soc", "url": url, "token": "env:HEC_TOKEN"}
    monkeypatch.setenv("FIRELINE_SIEM", json.dumps([given]))
    assert told()[0] == ("fail", "soc: there is no secret at `env:HEC_TOKEN`")
    monkeypatch.setenv("HEC_TOKEN", "x")
    assert told()[0] == ("away", "soc: 127.0.0.1 does not answer: ConnectError")


def test_without_receivers_there_is_nothing_to_say(home: Path) -> None:
    assert told() == []

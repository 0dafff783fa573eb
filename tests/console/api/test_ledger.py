"""The ledger at the API: told and exported beside whatever else the engine does."""

import asyncio
import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO

import httpx
import pytest

from console.api import routes_ledger
from engine.ledger.export import write_export
from engine.store.reader import LedgerReader
from tests.bench import Bench
from tests.console.api.conftest import VIEWER, Api
from tests.patience import PATIENCE_S


class Held:
    """Exports that wait until they are let go."""

    def __init__(self) -> None:
        self.begun, self.go = threading.Event(), threading.Event()

    def write(self, entries: Iterable[bytes], checkpoints: Sequence[str], to: BinaryIO) -> int:
        self.begun.set()
        assert self.go.wait(PATIENCE_S)
        return write_export(entries, checkpoints, to)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    made = Held()
    monkeypatch.setattr(routes_ledger, "write_export", made.write)
    yield made
    made.go.set()


async def begun(api: Api, held: Held) -> asyncio.Task[httpx.Response]:
    """An export of a ledger with something in it, that is being written."""
    await api.post("/freezes", {"scope": "global", "reason": "month-end close"})
    exporting = asyncio.create_task(api.get("/ledger/export"))
    assert await asyncio.to_thread(held.begun.wait, PATIENCE_S)
    return exporting


async def test_while_the_ledger_is_exported_others_are_answered(api: Api, held: Held) -> None:
    exporting = await begun(api, held)
    assert (await api.get("/status", token=VIEWER)).status_code == 200
    held.go.set()
    assert (await exporting).content.splitlines()[-1].startswith(b'{"checkpoint":')


async def test_one_export_at_a_time(api: Api, held: Held) -> None:
    first = await begun(api, held)
    second = await api.get("/ledger/export")
    assert (second.status_code, second.headers["retry-after"]) == (429, "10")
    held.go.set()
    assert (await first).status_code == 200
    assert (await api.get("/ledger/export")).status_code == 200


async def test_entries_are_read_elsewhere_than_where_everybody_is_answered(
    api: Api, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries, threads = LedgerReader.entries, list[bool]()

    def noting(self: LedgerReader, after: int = -1, subject: str | None = None) -> Iterator[tuple[int, bytes, str]]:
        threads.append(threading.current_thread() is threading.main_thread())
        return entries(self, after, subject)

    monkeypatch.setattr(LedgerReader, "entries", noting)
    assert (await api.get("/ledger")).status_code == 200
    assert threads == [False]

"""Old evidence is dropped for as long as the engine runs, whatever one round of it meets."""

import asyncio
import logging
from contextlib import suppress

import pytest

from console import retention
from console.retention import forget_evidence


async def test_old_evidence_is_dropped_again_and_again_wherever_it_is_kept(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(retention, "EVERY_S", 0)
    counted, twice = [0], asyncio.Event()
    loop = asyncio.get_running_loop()

    def broken() -> int:
        raise OSError(30, "Read-only file system")

    def whole() -> int:
        counted[0] += 1
        if counted[0] == 2:
            loop.call_soon_threadsafe(twice.set)
        return 3

    with caplog.at_level(logging.INFO, logger="fireline"):
        running = asyncio.create_task(forget_evidence((broken, whole)))
        await twice.wait()
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    said = [record.getMessage() for record in caplog.records]
    assert "evidence beyond its retention is still kept: Read-only file system" in said
    assert "3 pieces of evidence were beyond their retention and are gone" in said

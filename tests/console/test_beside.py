"""What serves another system is begun again, however it ends."""

import asyncio

import pytest

from console import beside
from tests.patience import PATIENCE_S


async def test_what_ends_is_begun_again(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(beside, "AGAIN_S", 0.0)
    begun, third = list[int](), asyncio.Event()

    async def work() -> None:
        begun.append(len(begun))
        if len(begun) == 1:
            raise ZeroDivisionError("a mistake of ours")
        if len(begun) == 3:
            third.set()

    serving = asyncio.create_task(beside.unending(work))
    async with asyncio.timeout(PATIENCE_S):
        await third.wait()
    serving.cancel()
    await asyncio.wait([serving])
    assert serving.cancelled()
    assert "a mistake of ours" in caplog.text

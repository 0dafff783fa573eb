"""What a running engine says of itself."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.client import Client

from console.clock import now
from console.host import Engine
from tests.bench import DATABASE, on_bench
from tests.full_disk import full_at_commit
from workflows import tracing


@pytest.fixture
async def engine(home: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Engine]:
    """One that nothing is wrong with; its Temporal is only said to answer."""

    async def answers(_: Engine) -> bool:
        return True

    monkeypatch.setattr(Engine, "temporal_answers", answers)
    client = await Client.connect("127.0.0.1:1", lazy=True)
    with on_bench(home, now()) as bench:
        yield Engine(bench.store, client, bench.parts, bench.settings, tracing.setup(bench.settings), bench.desks)


async def test_with_a_full_disk_it_is_not_ready_and_with_room_again_it_is(engine: Engine, home: Path) -> None:
    assert await engine.ready()
    with full_at_commit(home / DATABASE):
        assert not await engine.ready()
    assert await engine.ready()

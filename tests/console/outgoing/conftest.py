"""The bench, with what carries messages out."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from console.clock import now
from console.outgoing.channels import Channel
from console.outgoing.delivery import Postman
from tests.bench import Bench, on_bench

SECRET, KEY = "hook-secret-value", "routing-key-value"


@pytest.fixture
async def bench(home: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    monkeypatch.setenv("PAGER_KEY", KEY)
    with on_bench(home, now()) as made:
        await made.later(timedelta(0))
        yield made


@pytest.fixture
def postman(bench: Bench) -> Callable[..., Postman]:
    """Made over the bench; its site is simulated, and wanted out unless said otherwise."""

    def make(*channels: Channel, simulated: bool = True) -> Postman:
        return Postman(bench.store, lambda: bench.desk, channels, lambda: bench.now, site="here", simulated=simulated)

    return make

"""The bench with the playbooks that ship."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from console.clock import now
from tests.bench import Bench, on_bench


@pytest.fixture
async def bench(home: Path) -> AsyncIterator[Bench]:
    """An engine whose clock stands until it is moved."""
    with on_bench(home, now()) as made:
        await made.later(timedelta(0))
        yield made

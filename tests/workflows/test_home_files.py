"""The lock on a home, where it cannot be taken."""

from pathlib import Path

import pytest

from engine.errors import InvalidInput, ServiceAway
from workflows.home_files import HomeLock


def test_a_home_that_cannot_be_written_is_named_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=f"^home `{tmp_path}` cannot be written: No such file or directory$"):
        HomeLock(tmp_path / "run" / "engine.lock").take()


def test_one_at_a_time_holds_it(tmp_path: Path) -> None:
    first = HomeLock(tmp_path / "engine.lock")
    first.take()
    with pytest.raises(ServiceAway, match="another fireline already runs"):
        HomeLock(tmp_path / "engine.lock").take()
    first.release()

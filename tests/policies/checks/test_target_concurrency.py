"""Effects that overlap are told of before one is taken for the other."""

from collections.abc import Callable

import pytest

from engine.ports import Subject
from policies.checks.target_concurrency import TargetConcurrency

Make = Callable[..., Subject]


@pytest.mark.parametrize(
    ("action", "target", "in_force", "outcome"),
    [
        ("host.isolate", "files-02", (), "pass"),
        ("host.isolate", "files-02", ("files-02",), "pass"),
        ("host.isolate", "files-02", ("files-03",), "pass"),
        ("host.isolate", "files-02", ("10.20.4.17",), "warn"),
        ("network.block_ip", "10.20.4.17", ("10.20.4.0/24",), "warn"),
        ("network.block_ip", "10.20.4.17", ("10.20.5.0/24", "10.20.4.18"), "pass"),
        ("network.block_segment", "10.20.4.0/24", ("10.20.4.17", "10.20.4.0/24"), "warn"),
        ("notify", "files-02", ("10.20.4.17",), "pass"),
    ],
)
def test_outcome(make: Make, action: str, target: str, in_force: tuple[str, ...], outcome: str) -> None:
    assert TargetConcurrency().run(make(action, target, in_force=in_force)).outcome == outcome

"""There is something at the target, or it is refused."""

from collections.abc import Callable

import pytest

from engine.ports import Subject
from policies.checks.target_exists import TargetExists

Make = Callable[..., Subject]


@pytest.mark.parametrize(
    ("action", "target", "outcome"),
    [
        ("host.isolate", "files-02", "pass"),
        ("host.isolate", "files-99", "block"),
        ("identity.disable_account", "j.baker", "pass"),
        ("identity.disable_account", "nobody", "block"),
        ("mail.quarantine", "<20261121.0007@mail.example>", "pass"),
        ("mail.quarantine", "<other@mail.example>", "block"),
        ("network.block_ip", "10.20.4.17", "pass"),
        ("network.block_ip", "10.20.16.9", "warn"),
        ("network.block_ip", "203.0.113.44", "pass"),
        ("network.block_ip", "172.28.0.77", "pass"),
        ("network.block_segment", "10.20.64.0/24", "pass"),
        ("network.block_segment", "10.20.0.0/16", "pass"),
        ("network.block_segment", "10.99.0.0/24", "block"),
        ("network.block_segment", "203.0.113.0/28", "pass"),
        ("notify", "anybody", "pass"),
    ],
)
def test_outcome(make: Make, action: str, target: str, outcome: str) -> None:
    assert TargetExists().run(make(action, target)).outcome == outcome


def test_the_refusal_names_what_is_missing(make: Make) -> None:
    assert TargetExists().run(make("host.isolate", "files-99")).summary == "no host `files-99` is known"

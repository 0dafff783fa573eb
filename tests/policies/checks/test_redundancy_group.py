"""Never two of one redundancy group."""

from collections.abc import Callable

import pytest

from engine.ports import Subject
from policies.checks.redundancy_group import RedundancyGroup

Make = Callable[..., Subject]


@pytest.mark.parametrize(
    ("action", "target", "in_force", "outcome"),
    [
        ("host.isolate", "files-02", (), "pass"),
        ("host.isolate", "files-02", ("files-01",), "pass"),
        ("host.isolate", "files-02", ("files-03",), "block"),
        ("host.isolate", "files-02", ("10.20.4.18",), "block"),
        ("host.isolate", "files-02", ("files-02",), "pass"),
        ("host.isolate", "files-02", ("dc-01", "dc-02"), "pass"),
        ("network.block_ip", "10.20.4.18", ("10.20.4.17",), "block"),
        ("network.block_ip", "10.20.4.18", ("10.20.4.0/28",), "pass"),
        ("network.block_segment", "10.20.4.16/30", (), "block"),
        ("network.block_segment", "10.20.4.18/31", ("10.20.4.16/31",), "block"),
        ("network.block_segment", "10.20.64.0/24", ("files-02", "files-03"), "pass"),
        ("identity.disable_account", "j.baker", ("m.ostrow",), "pass"),
        ("notify", "files-02", ("files-03",), "pass"),
    ],
)
def test_outcome(make: Make, action: str, target: str, in_force: tuple[str, ...], outcome: str) -> None:
    assert RedundancyGroup().run(make(action, target, in_force=in_force)).outcome == outcome


@pytest.mark.parametrize(("cut", "outcome"), [("files-03", "block"), ("10.20.4.18", "block"), ("files-01", "pass")])
def test_whatever_action_took_the_other_member_down(make: Make, cut: str, outcome: str) -> None:
    assert RedundancyGroup().run(make("host.isolate", "files-02", cut_off=(cut,))).outcome == outcome


def test_the_members_are_named(make: Make) -> None:
    result = RedundancyGroup().run(make(in_force=("files-03", "bkp-02")))
    assert result.summary == "would hit several of orders-db: files-02, files-03"

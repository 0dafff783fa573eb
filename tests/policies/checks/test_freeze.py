"""A freeze stops what it covers, and what cannot be read covers everything."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from engine.model.finding import Finding, Origin, Severity
from engine.ports import Subject
from policies.checks.freeze import Freeze

Make = Callable[..., Subject]


def finding() -> Finding:
    return Finding(
        id="F-1",
        detector="dns.tunnel",
        detector_version="2",
        time=datetime(2026, 11, 21, tzinfo=UTC),
        reported_time="",
        severity=Severity.HIGH,
        confidence=0.9,
        category="",
        title="",
        origin=Origin(product="fireline"),
    )


@pytest.mark.parametrize(
    ("freezes", "outcome"),
    [
        ((), "pass"),
        (("global",), "block"),
        (("action:host.isolate",), "block"),
        (("action:network.block_ip",), "pass"),
        (("connector:sim",), "block"),
        (("connector:edge-1",), "pass"),
        (("target:files-02",), "block"),
        (("target:FILES-02",), "block"),
        (("target:10.20.4.17",), "block"),
        (("target:files-03",), "pass"),
        (("detector:exfiltration.volume",), "block"),
        (("detector:exfiltration.volume@4",), "block"),
        (("detector:exfiltration.volume@3",), "pass"),
        (("detector:dns.tunnel",), "block"),
        (("detector:dns.tunnel@2",), "block"),
        (("detector:dns.tunnel@1", "target:files-03"), "pass"),
        (("targets:files-03",), "block"),
        (("",), "block"),
    ],
)
def test_outcome(make: Make, freezes: tuple[str, ...], outcome: str) -> None:
    assert Freeze().run(make(freezes=freezes, finding=finding())).outcome == outcome


def test_a_notice_goes_out_under_every_freeze(make: Make) -> None:
    assert Freeze().run(make("notify", "files-02", freezes=("global",))).outcome == "pass"

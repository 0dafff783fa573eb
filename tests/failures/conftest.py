"""Failures that other products shipped, each tried against our path; docs/failures-of-others.md lists them all.

What another test holds already is not tried again here: the page names that test.
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from actions.simulators.events import Op
from console.clock import now
from detectors.generators import alerts
from engine.model.finding import Finding
from engine.model.lease import Lease
from engine.model.request import Request
from tests.bench import Bench, findings, on_bench

SECOND = timedelta(seconds=1)
WORKSTATIONS = ("10.20.16.114", "10.20.16.115")
"""A block of one of these takes one approver."""


@pytest.fixture
async def bench(home: Path) -> AsyncIterator[Bench]:
    with on_bench(home, now()) as made:
        await made.later(timedelta(0))
        yield made


@pytest.fixture
def exfiltration(bench: Bench, tmp_path: Path) -> Finding:
    return findings(alerts.exfiltration(bench.now), tmp_path)[0]


async def asked(bench: Bench, target: str = WORKSTATIONS[0]) -> Request:
    request = await bench.ask("tom", target=target)
    assert request.state == "awaiting_approval"
    return request


async def in_force(bench: Bench, target: str = "203.0.113.7") -> Lease:
    request = await bench.ask("tom", target=target)
    await bench.respond(request.incident_id)
    return next(lease for lease in bench.read(lambda tx: tx.leases.live()) if lease.target == target)


def placed(bench: Bench) -> list[str]:
    return [event.target for event in bench.site.history() if event.op is Op.PLACED]

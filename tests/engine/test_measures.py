"""The numbers follow the ledger's entries, and carry nothing but words of closed sets."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from engine.measures import REMEMBERED, Measures
from engine.model.base import Json
from engine.model.entry import Entry

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Numbers:
    """Measures, and what they would send."""

    def __init__(self) -> None:
        self._reader = InMemoryMetricReader()
        self._provider = MeterProvider([self._reader], shutdown_on_exit=False)
        self.measures = Measures(self._provider.get_meter("test"))

    def take(
        self, kind: str, subject: str = "request/AR-1", at: datetime = NOON, **body: str | int | bool | None
    ) -> None:
        given: Json = {**body}
        self.measures.take(Entry(seq=0, n=0, prev="", subject=subject, kind=kind, actor="engine", at=at, body=given))

    def sent(self, name: str) -> Iterator[Json]:
        data = self._reader.get_metrics_data()
        assert data is not None
        for metric in json.loads(data.to_json())["resource_metrics"][0]["scope_metrics"][0]["metrics"]:
            yield from (metric["data"]["data_points"] if metric["name"] == name else ())

    def counts(self, name: str) -> dict[str, int]:
        return {"/".join(map(str, point["attributes"].values())): int(str(point["value"])) for point in self.sent(name)}  # type: ignore[union-attr]


@pytest.fixture
def numbers() -> Numbers:
    return Numbers()


def test_decisions_are_counted_once_by_effect_and_tier(numbers: Numbers) -> None:
    numbers.take("request.awaiting_approval", effect="ask", tier=4, policy_digest="x")
    # The same decision again at the moment of acting, and a step that carries none.
    numbers.take("request.cleared", effect="ask", tier=4, policy_digest="x")
    numbers.take("request.authorised", approvers="anna")
    assert numbers.counts("fireline.decisions") == {"ask/4": 1}


def test_votes_are_counted_by_what_became_of_them(numbers: Numbers) -> None:
    numbers.take("vote.cast", vote="approve")
    numbers.take("vote.refused", vote="approve", because="is the account acted on")
    numbers.take("vote.refused", vote="approve", because="has voted already")
    assert numbers.counts("fireline.votes") == {"cast/approve": 1, "refused/approve": 2}


def test_the_time_to_contain_runs_from_the_finding_to_its_effect(numbers: Numbers) -> None:
    numbers.take("finding.accepted", "finding/F-1")
    numbers.take("request.requested", finding="F-1")
    numbers.take("request.held", at=NOON + timedelta(seconds=3))
    numbers.take("request.held", "request/AR-2", at=NOON + timedelta(seconds=9))
    (point,) = numbers.sent("fireline.contained")
    assert (point["count"], point["sum"]) == (1, 3.0)


@pytest.mark.parametrize(("late", "lasting", "counted"), [(2, True, 1), (0, True, 1), (-5, True, 0), (2, False, 0)])
def test_only_what_was_due_is_late(numbers: Numbers, late: int, lasting: bool, counted: int) -> None:
    done = (NOON + timedelta(seconds=late)).isoformat()
    numbers.take("lease.released", "lease/L-1", due=NOON.isoformat(), effect_at=done, lasting=lasting)
    numbers.take("lease.released", "lease/L-2", due=None, effect_at=done, lasting=True)
    numbers.take("incident.opened", "incident/INC-1")
    assert sum(int(str(point["count"])) for point in numbers.sent("fireline.release.lateness")) == counted


def test_leases_are_told_by_state_and_a_state_that_emptied_says_so(numbers: Numbers) -> None:
    numbers.measures.standing(["active", "active", "stuck"])
    assert numbers.counts("fireline.leases")["active"] == 2
    numbers.measures.standing(["active"])
    told = numbers.counts("fireline.leases")
    assert (told["active"], told["stuck"]) == (1, 0)


def test_how_far_receivers_are_behind_is_told_by_their_name(numbers: Numbers) -> None:
    numbers.measures.behind({"soc": 7, "book": 0})
    assert numbers.counts("fireline.siem.behind") == {"soc": 7, "book": 0}


def test_what_is_remembered_is_bounded(numbers: Numbers) -> None:
    for n in range(REMEMBERED + 1):
        numbers.take("finding.accepted", f"finding/F-{n}")
    numbers.take("request.requested", finding="F-0")
    numbers.take("request.held", at=NOON + timedelta(seconds=3))
    numbers.take("incident.opened", "incident/INC-1")
    assert list(numbers.sent("fireline.contained")) == []

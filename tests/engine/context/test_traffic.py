"""Which traffic a scope would cut, over any window, however it was written down."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.context.file import ContextFile
from engine.context.parts import Job
from engine.context.static import StaticContext
from engine.model.action import Spare
from engine.model.context import Asset, Flow
from engine.ports import FlowScope

NOW = datetime(2026, 11, 21, 3, 11, tzinfo=UTC)
DAY = timedelta(days=1)
ASSETS = (
    Asset(name="files-02", addresses=("10.0.0.17", "10.9.0.17")),
    Asset(name="bkp-02", addresses=("10.0.0.60",)),
    Asset(name="api", addresses=("10.0.0.31",)),
)


def flow(source: str, destination: str, port: int = 8400, tag: str = "backup", ago: timedelta = DAY) -> Flow:
    return Flow(at=NOW - ago, source=source, destination=destination, port=port, bytes=100, tag=tag)


def cut(scope: FlowScope, *flows: Flow, jobs: tuple[Job, ...] = (), since: datetime = NOW - 14 * DAY) -> list[Flow]:
    context = StaticContext(ContextFile(assets=ASSETS, flows=flows, jobs=jobs), {})
    return list(context.flows(scope, since, NOW))


@pytest.mark.parametrize(
    ("target", "source", "hit"),
    [
        ("files-02", "files-02", True),
        ("FILES-02", "10.0.0.17", True),
        ("files-02", "10.9.0.17", True),
        ("10.0.0.17", "files-02", True),
        ("10.0.0.17", "10.0.0.17", True),
        ("::ffff:10.0.0.17", "10.0.0.17", True),
        ("10.0.0.17", "10.9.0.17", False),
        ("10.0.0.0/27", "files-02", True),
        ("10.9.0.0/24", "files-02", True),
        ("10.9.0.0/24", "10.0.0.17", False),
        ("10.9.0.0/24", "10.9.0.17", True),
        ("0.0.0.0/0", "198.51.100.9", True),
        ("2001:db8::/32", "2001:DB8::9", True),
        ("2001:db8::/32", "files-02", False),
        ("api", "files-02", False),
        ("unknown-host", "unknown-host", True),
    ],
)
def test_an_end_is_matched_however_it_is_written(target: str, source: str, hit: bool) -> None:
    scope = FlowScope((target,))
    assert len(cut(scope, flow(source, "bkp-99"))) == hit
    assert len(cut(scope, flow("bkp-99", source))) == hit


@pytest.mark.parametrize(
    ("scope", "hit"),
    [
        (FlowScope(("files-02",), peer="bkp-02"), True),
        (FlowScope(("files-02",), peer="10.0.0.60"), True),
        (FlowScope(("files-02",), peer="api"), False),
        (FlowScope(("files-02",), ports=(8400, 1)), True),
        (FlowScope(("files-02",), ports=(445,)), False),
        (FlowScope(("files-02",), spare=(Spare(peer="bkp-02", port=8400),)), False),
        (FlowScope(("files-02",), spare=(Spare(peer="10.0.0.60", port=8400),)), False),
        (FlowScope(("files-02",), spare=(Spare(peer="bkp-02", port=8401),)), True),
        (FlowScope(("files-02",), spare=(Spare(peer="bkp-02", port=8400, protocol="udp"),)), True),
        (FlowScope(("files-02",), spare=(Spare(peer="api", port=8400),)), True),
        (FlowScope(("files-02", "bkp-02"), spare=(Spare(peer="bkp-02", port=8400),)), True),
        (FlowScope(()), False),
    ],
)
def test_peer_port_and_spare_narrow_the_scope(scope: FlowScope, hit: bool) -> None:
    assert len(cut(scope, flow("files-02", "10.0.0.60"))) == hit


def test_untagged_flows_are_nobodys() -> None:
    assert cut(FlowScope(("files-02",)), flow("files-02", "bkp-02", tag="")) == []


def test_a_line_is_summed_over_the_window_and_dated_with_its_last_flow() -> None:
    seen = [flow("files-02", "bkp-02", ago=days * DAY) for days in (1, 3, 2, 15)]
    (line,) = cut(FlowScope(("files-02", "bkp-02")), *seen)
    assert (line.at, line.count, line.bytes) == (NOW - DAY, 3, 300)


def test_both_ends_of_the_window_belong_to_it() -> None:
    scope, ago = FlowScope(("files-02",)), 14 * DAY
    assert len(cut(scope, flow("files-02", "bkp-02", ago=ago))) == 1
    assert len(cut(scope, flow("files-02", "bkp-02", ago=ago + timedelta(microseconds=1)))) == 0
    assert len(cut(scope, flow("files-02", "bkp-02", ago=timedelta(0)))) == 1
    assert len(cut(scope, flow("files-02", "bkp-02", ago=-timedelta(microseconds=1)))) == 0


def job(at: time = time(2, 40), since: datetime | None = None, until: datetime | None = None) -> Job:
    return Job(
        name="nightly", tag="backup", source="files-02", destination="bkp-02", port=8400, at=at, count=2, bytes=50,
        since=since, until=until,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("given_job", "days", "runs"),
    [
        (job(), 14, 14),
        (job(at=time(3, 11)), 14, 15),
        (job(at=time(3, 12)), 14, 14),
        (job(), 0, 0),
        (job(), 0.5, 1),
        (job(since=NOW - 3 * DAY), 14, 3),
        (job(until=NOW - 3 * DAY), 14, 11),
        (job(since=NOW - 5 * DAY, until=NOW - 3 * DAY), 14, 2),
        (job(since=NOW + DAY), 14, 0),
        (job(until=NOW - 20 * DAY), 14, 0),
    ],
)
def test_a_job_runs_once_a_day_of_the_window(given_job: Job, days: float, runs: int) -> None:
    found = cut(FlowScope(("bkp-02",)), jobs=(given_job,), since=NOW - days * DAY)
    assert [(line.count, line.bytes) for line in found] == ([(2 * runs, 50 * runs)] if runs else [])
    assert all(line.at <= NOW for line in found)


def test_a_job_counts_once_where_the_window_has_no_end() -> None:
    context = StaticContext(ContextFile(assets=ASSETS, jobs=(job(),)), {})
    (line,) = context.flows(FlowScope(("files-02",)), NOW)
    assert (line.count, line.at) == (2, datetime(2026, 11, 22, 2, 40, tzinfo=UTC))


ends = st.sampled_from(["files-02", "bkp-02", "api", "10.0.0.17", "10.9.0.17", "10.0.0.60", "198.51.100.9", "other"])


@given(
    st.lists(st.builds(flow, ends, ends, st.sampled_from([1, 2]), st.sampled_from(["a", "b", ""])), max_size=30), ends
)
def test_no_tagged_flow_of_the_target_is_lost_or_counted_twice(flows: list[Flow], target: str) -> None:
    meant = {"files-02": {"files-02", "10.0.0.17", "10.9.0.17"}, "bkp-02": {"bkp-02", "10.0.0.60"}}
    meant |= {"10.0.0.17": {"10.0.0.17", "files-02"}, "10.9.0.17": {"10.9.0.17", "files-02"}}
    meant |= {"10.0.0.60": {"10.0.0.60", "bkp-02"}}
    wanted = meant.get(target, {target})
    truth = [one for one in flows if one.tag and wanted & {one.source, one.destination}]
    found = cut(FlowScope((target,)), *flows)
    assert sum(line.count for line in found) == len(truth)
    assert {(line.source, line.destination, line.port, line.tag) for line in found} == {
        (one.source, one.destination, one.port, one.tag) for one in truth
    }

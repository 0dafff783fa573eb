"""The question of the look-back, against counting by hand: any flows, any scope, IPv4 and IPv6, either direction."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.context.file import ContextFile
from engine.context.parts import Job, TagRule
from engine.flows.columns import Columns, merged
from engine.flows.declared import Declared, declared
from engine.flows.look_back import NAMED, Question, answer
from engine.flows.recorded import Asked, RecordedFlows
from engine.flows.records import Record, end, spelled
from engine.flows.rollup import Rollup
from engine.flows.tagged import Tagged, tag
from engine.model.context import Asset, Flow

START = 1795219200
ENDS = [end(text, "") for text in ("10.0.0.1", "10.0.0.2", "10.0.1.9", "198.51.100.7", "2001:db8::1", "2001:db8:1::9")]
SPANS = [(one, one) for one in ENDS] + [
    (end("10.0.0.0", ""), end("10.0.0.255", "")),
    (end("10.0.0.0", ""), end("10.255.255.255", "")),
    (end("2001:db8::", ""), end("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "")),
    (0, 2**128 - 1),
]
FILE = ContextFile(
    assets=(
        Asset(name="bkp", addresses=("10.0.0.2", "2001:db8::1"), owner="platform-owners", services=("backup",)),
        Asset(name="app", addresses=("10.0.1.9",), owner="orders-owners", depends_on=("backup",)),
    ),
    tags=(
        TagRule(tag="backup", peer="bkp", port=8400),
        TagRule(tag="monitoring", port=9100, protocol="tcp", owner="watch"),
    ),
    jobs=(Job(name="copies", tag="replication", source="app", destination="2001:db8:1::9", port=5433),),
)
DECLARED = declared(FILE)

records = st.builds(
    Record,
    source=st.sampled_from(ENDS),
    destination=st.sampled_from(ENDS),
    port=st.sampled_from([443, 5433, 8400, 9100]),
    protocol=st.sampled_from([6, 17]),
    size=st.integers(0, 10**6),
    at=st.integers(START, START + 3 * 86400),
)
questions = st.builds(
    Question,
    targets=st.lists(st.sampled_from(SPANS), min_size=1, max_size=2).map(tuple),
    peers=st.none() | st.lists(st.sampled_from(SPANS), max_size=2).map(tuple),
    ports=st.lists(st.sampled_from([443, 5433, 8400, 9100]), max_size=2).map(tuple),
    spared=st.lists(
        st.tuples(st.sampled_from(ENDS), st.sampled_from([8400, 9100]), st.sampled_from([6, 17])), max_size=2
    ).map(tuple),
    since=st.integers(0, 3).map(lambda day: START + day * 86400),
    until=st.just(START + 4 * 86400),
)
Sums = dict[tuple[str, str, int, str, str], tuple[int, int, int]]


def tagged(found: Sequence[Record], declarations: Sequence[Declared]) -> list[Tagged]:
    rollup = Rollup()
    for record in found:
        rollup.add(record)
    return [tag(columns, declarations) for columns in rollup.handed_on()]


def stands(one: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(first <= one <= last for first, last in spans)


def serves(record: Record) -> str:
    """The tag by hand, as the file above is meant."""
    pair = {spelled(record.source), spelled(record.destination)}
    inside = all(text.startswith("10.") for text in pair)
    rules = (
        ("backup", bool(pair & {"10.0.0.2", "2001:db8::1"}) and record.port == 8400),
        ("monitoring", inside and record.port == 9100 and record.protocol == 6),
        ("replication", "2001:db8:1::9" in pair and record.port == 5433 and record.protocol == 6),
        ("business", "10.0.1.9" in pair and bool(pair & {"10.0.0.2", "2001:db8::1"})),
    )
    return next((name for name, holds in rules if holds), "")


def cuts(record: Record, asked: Question) -> bool:
    ways = ((record.source, record.destination), (record.destination, record.source))
    wanted = not asked.ports or record.port in asked.ports
    return wanted and any(
        stands(here, asked.targets)
        and (asked.peers is None or stands(there, asked.peers))
        and (there, record.port, record.protocol) not in asked.spared
        for here, there in ways
    )


def by_hand(found: Sequence[Record], asked: Question) -> Sums:
    sums = defaultdict[tuple[str, str, int, str, str], list[Record]](list)
    for record in found:
        if asked.since <= record.at <= asked.until and serves(record) and cuts(record, asked):
            name = {6: "tcp", 17: "udp"}[record.protocol]
            sums[spelled(record.source), spelled(record.destination), record.port, name, serves(record)].append(record)
    return {line: (len(of), sum(r.size for r in of), max(r.at for r in of)) for line, of in sums.items()}


def sums(flows: Sequence[Flow]) -> Sums:
    return {
        (flow.source, flow.destination, flow.port, flow.protocol, flow.tag): (
            flow.count, flow.bytes, int(flow.at.timestamp()),
        )
        for flow in flows
    }  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(records, max_size=30), questions)
def test_the_answer_is_what_counting_by_hand_gives(found: list[Record], asked: Question) -> None:
    assert sums(answer(tagged(found, DECLARED), DECLARED, asked)) == by_hand(found, asked)


@settings(max_examples=40, deadline=None)
@given(st.lists(records, min_size=1, max_size=30), st.integers(1, 5))
def test_a_day_in_parts_says_the_same_as_in_one(found: list[Record], parts: int) -> None:
    asked = Question(((0, 2**128 - 1),), None, (), (), START, START + 4 * 86400)
    pieces = [columns for n in range(parts) for columns in _rolled(found[n::parts])]
    whole = [merged([one for one in pieces if one.day == day]) for day in {one.day for one in pieces}]
    assert sums(answer([tag(one, DECLARED) for one in whole], DECLARED, asked)) == by_hand(found, asked)


def _rolled(found: Sequence[Record]) -> Sequence[Columns]:
    rollup = Rollup()
    for record in found:
        rollup.add(record)
    return [*rollup.handed_on()]


def test_whoever_declared_it_is_named() -> None:
    found = [Record(ENDS[0], ENDS[1], 8400, 6, 5, START), Record(ENDS[0], ENDS[2], 9100, 6, 5, START)]
    asked = Question((SPANS[0],), None, (), (), START, START + 9)
    flows = answer(tagged(found, DECLARED), DECLARED, asked)
    assert {flow.tag: flow.owner for flow in flows} == {"backup": "platform-owners", "monitoring": "watch"}


def test_a_port_alone_says_nothing_of_traffic_that_leaves_the_site() -> None:
    """Else an attacker who sends to port 9100 outside had their traffic spared as monitoring."""
    out = [Record(ENDS[0], ENDS[3], 9100, 6, 5, START)]
    asked = Question((SPANS[0],), None, (), (), START, START + 9)
    assert answer(tagged(out, DECLARED), DECLARED, asked) == ()


def test_of_many_lines_the_largest_are_told_and_the_others_summed_up() -> None:
    many = [Record(end(f"10.3.{n // 250}.{n % 250}", ""), ENDS[1], 8400, 6, n, START) for n in range(NAMED + 50)]
    asked = Question((SPANS[1],), None, (), (), START, START + 9)
    flows = answer(tagged(many, DECLARED), DECLARED, asked)
    assert len(flows) == NAMED + 1
    assert (flows[0].bytes, flows[-1].lines, flows[-1].source) == (NAMED + 49, 50, "")
    assert sum(flow.lines for flow in flows) == len(many)
    assert sum(flow.bytes for flow in flows) == sum(range(NAMED + 50))


def test_nothing_on_record_is_no_answer(tmp_path: Path) -> None:
    recorded, now = RecordedFlows(tmp_path), datetime.fromtimestamp(START, UTC)
    assert recorded.cut(Asked((SPANS[-1],), None, (), ()), DECLARED, now - timedelta(days=14), now) == ()
    assert recorded.days(DECLARED) == {}


@pytest.mark.parametrize("text", ["10.0.0.0/8", "2001:db8::/32", "10.0.0.1"])
def test_a_declared_peer_may_be_a_network(text: str) -> None:
    (one,) = declared(ContextFile(tags=(TagRule(tag="x", peer=text),)))
    (span,) = one.ends
    assert stands(end("10.0.0.1", ""), [span]) is not text.startswith("2001")

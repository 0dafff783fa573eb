"""Flow records from CSV and Zeek logs: in UTC, tagged, summed by day, and wrong ones told at their place."""

import gzip
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.context.file import PRIVATE, load
from engine.context.flows import by_day, read_flows, tagger
from engine.context.parts import TagRule
from engine.context.static import StaticContext
from engine.errors import InvalidFile, InvalidInput
from engine.model.context import Asset, Flow
from engine.ports import FlowScope

HEADER = "time,source,destination,port,protocol,bytes\n"
FIELDS = ("ts", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto", "orig_bytes", "resp_bytes", "conn_state")
ZEEK_HEADER = "#separator \\x09\n#unset_field\t-\n#path\tconn\n#fields\t" + "\t".join(FIELDS) + "\n"


def untagged(flow: Flow) -> str:
    return ""


def flows(tmp_path: Path, text: str, name: str = "flows.log") -> list[Flow]:
    path = tmp_path / name
    path.write_text(text)
    return list(read_flows(path, untagged))


def refusal(tmp_path: Path, text: str) -> str:
    with pytest.raises(InvalidInput) as caught:
        flows(tmp_path, text)
    return str(caught.value).removeprefix(f"{tmp_path}/")


def zeek(*values: str) -> str:
    return "\t".join(values) + "\n"


def test_csv_is_read_in_utc(tmp_path: Path) -> None:
    text = (
        HEADER
        + "2026-11-21T04:00:00+01:00,FILES-01,10.20.4.60,8400,TCP,900\n"
        + "\n"
        + '1795230000.5,"2001:DB8:0::1",10.20.4.60,53,udp,\n'
    )
    first, second = flows(tmp_path, text)
    at = datetime(2026, 11, 21, 3, tzinfo=UTC)
    assert first == Flow(at=at, source="files-01", destination="10.20.4.60", port=8400, bytes=900)
    assert (second.at.tzinfo, second.source, second.protocol, second.bytes) == (UTC, "2001:db8::1", "udp", 0)


def test_optional_columns_may_be_left_out_and_order_is_free(tmp_path: Path) -> None:
    (flow,) = flows(tmp_path, "port,destination,source,time\n443,b,a,2026-11-21T03:00:00Z\n")
    assert (flow.source, flow.destination, flow.port, flow.protocol, flow.tag) == ("a", "b", 443, "tcp", "")


def test_zeek_tab_separated(tmp_path: Path) -> None:
    text = ZEEK_HEADER + zeek("1795230000.5", "10.0.0.1", "5", "10.0.0.2", "8400", "tcp", "7", "-", "SF")
    (flow,) = flows(tmp_path, text + "#close\t2026-11-21-04-00-00\n")
    at = datetime.fromtimestamp(1795230000.5, UTC)
    assert flow == Flow(at=at, source="10.0.0.1", destination="10.0.0.2", port=8400, bytes=7)


def test_zeek_json_lines(tmp_path: Path) -> None:
    values = (1795230000.5, "10.0.0.1", 5, "10.0.0.2", 8400, "tcp", 7, 8, "SF")
    (flow,) = flows(tmp_path, json.dumps(dict(zip(FIELDS, values, strict=True))) + "\n")
    assert (flow.destination, flow.port, flow.bytes) == ("10.0.0.2", 8400, 15)


def test_joined_zeek_logs_may_change_their_fields(tmp_path: Path) -> None:
    other = "#separator |\n#fields|proto|conn_state|ts|id.orig_h|id.resp_h|id.resp_p\n"
    text = ZEEK_HEADER + zeek("1", "10.0.0.1", "5", "10.0.0.2", "1", "tcp", "7", "8", "SF")
    found = flows(tmp_path, text + other + "udp|S0|2|10.0.0.1|10.0.0.2|514\n")
    assert [(flow.port, flow.protocol) for flow in found] == [(1, "tcp"), (514, "udp")]


@pytest.mark.parametrize(("state", "kept"), [("S0", 0), ("REJ", 0), ("SF", 1), ("S1", 1), ("RSTO", 1)])
def test_attempts_that_nobody_answered_are_no_traffic(tmp_path: Path, state: str, kept: int) -> None:
    text = ZEEK_HEADER + zeek("1", "10.0.0.1", "5", "10.0.0.2", "445", "tcp", "-", "-", state)
    assert len(flows(tmp_path, text)) == kept


def test_gzipped_files_are_read(tmp_path: Path) -> None:
    path = tmp_path / "flows.csv.gz"
    path.write_bytes(gzip.compress((HEADER + "2026-11-21T03:00:00Z,a,b,1,,\n").encode()))
    assert len(list(read_flows(path, untagged))) == 1


def test_an_empty_file_holds_no_flows(tmp_path: Path) -> None:
    assert flows(tmp_path, "") == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEADER + "2026-11-21T03:00:00,a,b,1,,\n", "flows.log:2:1: `time`: input should have timezone info"),
        (
            HEADER + "2026-11-21T03:00:00Z,a,b,70000,,\n",
            "flows.log:2:26: `port`: input should be less than or equal to",
        ),
        (
            HEADER + "2026-11-21T03:00:00Z,a,b,1,,-5\n",
            "flows.log:2:29: `bytes`: input should be greater than or equal",
        ),
        (HEADER + "2026-11-21T03:00:00Z,,b,1,,\n", "flows.log:2:22: `source`: is missing"),
        (HEADER + "a,b\n", "flows.log:2: 2 cells, but 6 columns"),
        (HEADER + '"a,b\n', "flows.log:2: is no CSV: unexpected end of data"),
        (
            "time,source,destination,port,tag\n",
            "flows.log:1:1: the first line must name the columns time, source, destination, port, [protocol], [bytes]",
        ),
        ("when,source\n", "flows.log:1:1: the first line must name the columns time, source, destination, port, ["),
        ("time,time,source,destination,port\n", "flows.log:1:1: the first line must name the columns"),
        ('{"ts": 1,\n', "flows.log:1:10: is no JSON: expecting property name"),
        ('{"ts": 1, "proto": "tcp", "id.orig_h": "x"}\n', "flows.log:1:27: `id.orig_h`: `x` is no address"),
        ("[" * 99999 + "\n", "flows.log:1:1: the first line must name the columns"),
        ('{"a": ' + "[" * 99999 + "\n", "flows.log:1: is nested too deeply"),
        ("#separator \\x0\n", "flows.log:1: separator `\\x0` is none"),
        ("#separator \\x09\n1\t2\n", "flows.log:2: no `#fields` line before"),
        (ZEEK_HEADER + "1\t2\n", "flows.log:5: 2 values, 9 fields"),
        (
            ZEEK_HEADER + zeek("1", "10.0.0.1", "5", "10.0.0.999", "1", "tcp", "7", "8", "SF"),
            "flows.log:5:14: `id.resp_h`: `10.0.0.999` is no address",
        ),
        (
            "#fields\tts\tid.orig_h\tid.resp_h\tid.resp_p\tproto\n" + zeek("1", "10.0.0.1", "10.0.0.2", "53", "udp"),
            "flows.log:2: `conn_state`: is missing",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_at_its_place(tmp_path: Path, text: str, message: str) -> None:
    assert refusal(tmp_path, text).startswith(message)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"\xff\xfe", "is not UTF-8 text"),
        ("a.csv.gz", b"no gzip", "cannot be read: "),
        ("a.csv.gz", gzip.compress(b"time,source,destination,port\n", mtime=0)[:-9], "cannot be read: "),
    ],
)
def test_a_broken_file_is_refused(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidInput, match=message):
        list(read_flows(tmp_path / name, untagged))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read: No such file"):
        list(read_flows(tmp_path / "none.csv", untagged))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([HEADER, ZEEK_HEADER, "", "{"]), st.text(max_size=80))
def test_any_text_is_read_or_refused(tmp_path: Path, header: str, text: str) -> None:
    path = tmp_path / "any.log"
    path.write_text(header + text, encoding="utf-8", errors="ignore")
    try:
        found = list(read_flows(path, untagged))
    except InvalidInput as error:
        assert error.file == str(path)
    else:
        assert all(flow.at.tzinfo is UTC for flow in found)


RULES = (
    TagRule(tag="backup", peer="bkp-02", port=8400),
    TagRule(tag="management", peer="10.1.0.0/16"),
    TagRule(tag="names", port=53, protocol="udp"),
)


@pytest.mark.parametrize(
    ("source", "destination", "port", "protocol", "tag"),
    [
        ("10.0.0.1", "10.0.0.60", 8400, "tcp", "backup"),
        ("bkp-02", "10.0.0.1", 8400, "tcp", "backup"),
        ("10.0.0.1", "10.0.0.60", 8401, "tcp", ""),
        ("10.1.2.3", "10.0.0.60", 8400, "tcp", "backup"),
        ("10.1.2.3", "8.8.8.8", 1, "tcp", "management"),
        ("10.0.0.1", "10.0.0.9", 53, "udp", "names"),
        ("10.0.0.1", "bkp-02", 53, "udp", "names"),
        ("10.0.0.1", "8.8.8.8", 53, "udp", ""),
        ("10.0.0.1", "elsewhere", 53, "udp", ""),
        ("10.0.0.1", "10.0.0.9", 53, "tcp", ""),
        ("elsewhere", "8.8.8.8", 1, "tcp", ""),
    ],
)
def test_the_first_rule_that_fits_tags(source: str, destination: str, port: int, protocol: str, tag: str) -> None:
    tags = tagger(RULES, (Asset(name="bkp-02", addresses=("10.0.0.60",)),), PRIVATE)
    at = datetime(2026, 11, 21, tzinfo=UTC)
    assert tags(Flow(at=at, source=source, destination=destination, port=port, protocol=protocol)) == tag


def test_flows_are_summed_by_line_and_day() -> None:
    def seen(day: int, hour: int, tag: str = "backup") -> Flow:
        at = datetime(2026, 11, day, hour, tzinfo=UTC)
        return Flow(at=at, source="a", destination="b", port=1, bytes=10, count=2, tag=tag)

    found = list(by_day([seen(1, 9), seen(1, 7), seen(2, 1), seen(2, 2, "business"), seen(2, 3, "")]))
    assert [(flow.at.day, flow.at.hour, flow.tag, flow.count, flow.bytes) for flow in found] == [
        (1, 9, "backup", 4, 20),
        (2, 1, "backup", 2, 10),
        (2, 2, "business", 2, 10),
    ]


def test_a_context_file_brings_its_flow_files(tmp_path: Path) -> None:
    (tmp_path / "seen.csv").write_text(HEADER + "2026-11-21T03:00:00Z,10.0.0.1,10.0.0.60,8400,tcp,5\n")
    site = tmp_path / "site.yaml"
    site.write_text(
        "assets: [{name: bkp-02, addresses: [10.0.0.60]}]\n"
        "tags: [{tag: backup, peer: bkp-02, port: 8400}]\n"
        "flow_files: [seen.csv]\n"
    )
    context = StaticContext(load(site), {})
    assert [flow.tag for flow in context.flows(FlowScope(("bkp-02",)), datetime(2026, 11, 1, tzinfo=UTC))] == ["backup"]


def test_a_tag_rule_for_everything_is_refused(tmp_path: Path) -> None:
    site = tmp_path / "site.yaml"
    site.write_text("tags: [{tag: backup}]\n")
    with pytest.raises(InvalidFile, match="site.yaml:1:8: `tags.0`: a tag rule names a peer, a port or both"):
        load(site)


@pytest.mark.parametrize(
    ("name", "records", "answered"),
    [
        ("otrf-LSASS_campaign_02-conn.log", 119, 119),
        ("otrf-LSASS_campaign_05-conn.log", 895, 895),
        ("zeek-portscan-horizontal-conn.log", 41, 30),
        ("zeek-portscan-vertical-conn.log", 50, 7),
    ],
)
def test_public_logs_are_read_whole(data: Path, name: str, records: int, answered: int) -> None:
    path = data / "flows" / name
    found = list(read_flows(path, untagged))
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    assert (len(lines), len(found)) == (records, answered)
    assert Counter(flow.protocol for flow in found).keys() <= {"tcp", "udp", "icmp"}

"""Five formats of flow records: what is read of a line, what is passed over and why, what is wrong at its place."""

import gzip
import json
import os
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidInput
from engine.flows.formats import READERS, FlowFormat
from engine.flows.reading import LONGEST, Reading, read_records
from engine.flows.records import MAPPED, PROTOCOLS, Record, Unreadable, end, spelled

DATA = Path(os.environ.get("FIRELINE_DATA", Path(__file__).parents[4] / "shared" / "data"))
ZEEK = (
    "#separator \\x09\n#path\tconn\n#fields\tts\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tduration\t"
    "orig_bytes\tresp_bytes\tconn_state\n"
)
VPC = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action"
VPC_FLAGS = f"{VPC} log-status tcp-flags\n"
NFDUMP = "ts,te,td,sa,da,sp,dp,pr,flg,ipkt,ibyt\n"


def record(source: str, destination: str, port: int, protocol: str, size: int, at: int) -> Record:
    return Record(end(source, ""), end(destination, ""), port, PROTOCOLS[protocol], size, at)


def eve(**changes: object) -> str:
    flow = {"pkts_toclient": 3, "bytes_toserver": 70, "bytes_toclient": 30, "end": "2026-11-21T03:00:00.5+0000"}
    event = {"event_type": "flow", "src_ip": "10.0.0.1", "dest_ip": "10.0.0.2", "src_port": 40000, "dest_port": 8400}
    return json.dumps({**event, "proto": "TCP", "flow": flow, **changes}) + "\n"


def read(folder: Path, text: str, wanted: FlowFormat | None = None) -> tuple[list[Record], Reading]:
    path = folder / "flows.log"
    path.write_text(text)
    reading = Reading("flows.log")
    return list(read_records(path, reading, wanted)), reading


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            ZEEK + "1795230000.5\t10.0.0.1\t40000\t10.0.0.2\t8400\ttcp\t60.2\t70\t30\tSF\n",
            record("10.0.0.1", "10.0.0.2", 8400, "tcp", 100, 1795230060),
        ),
        (
            ZEEK + "1795230000\t2001:db8::1\t8\t2001:db8::2\t0\ticmp\t-\t-\t-\tOTH\n",
            record("2001:db8::1", "2001:db8::2", 0, "icmp", 0, 1795230000),
        ),
        (
            '{"ts":1795230000.5,"id.orig_h":"::ffff:10.0.0.1","id.resp_h":"10.0.0.2","id.resp_p":53,"proto":"udp",'
            '"conn_state":"SF","orig_bytes":7}\n',
            record("10.0.0.1", "10.0.0.2", 53, "udp", 7, 1795230000),
        ),
        (
            "2 123456789010 eni-1 10.0.0.1 10.0.0.2 40000 8400 6 20 4249 1795230000 1795230060 ACCEPT OK\n",
            record("10.0.0.1", "10.0.0.2", 8400, "tcp", 4249, 1795230060),
        ),
        (
            f"{VPC}\n2 1 eni-1 10.0.0.2 10.0.0.1 8400 40000 6 20 4249 1795230000 1795230060 ACCEPT\n",
            record("10.0.0.1", "10.0.0.2", 8400, "tcp", 4249, 1795230060),
        ),
        (
            f"{VPC_FLAGS}2 1 eni-1 10.0.0.2 10.0.0.1 50000 40000 6 20 9 1795230000 1795230060 ACCEPT OK 18\n",
            record("10.0.0.1", "10.0.0.2", 50000, "tcp", 9, 1795230060),
        ),
        (
            f"{VPC_FLAGS}2 1 eni-1 10.0.0.1 10.0.0.2 40000 50000 6 20 9 1795230000 1795230060 ACCEPT OK 2\n",
            record("10.0.0.1", "10.0.0.2", 50000, "tcp", 9, 1795230060),
        ),
        (
            NFDUMP + "2026-11-21 03:00:00,2026-11-21 03:00:07,7,10.0.0.1,10.0.0.2,40000,8400,TCP,....,3,900\n",
            record("10.0.0.1", "10.0.0.2", 8400, "tcp", 900, 1795230007),
        ),
        (
            "StartTime,Dur,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,State,TotBytes,SrcBytes\n"
            "2026/11/21 03:00:00.672448,63.8,udp,10.0.0.1,5353,  <->,10.0.0.2,40000,CON,142,63\n",
            record("10.0.0.1", "10.0.0.2", 40000, "udp", 142, 1795230000),
        ),
        (
            "time,source,destination,port,protocol,bytes\n2026-11-21T04:00:00+01:00,10.0.0.1,10.0.0.2,8400,TCP,900\n",
            record("10.0.0.1", "10.0.0.2", 8400, "tcp", 900, 1795230000),
        ),
        (
            "srcaddr\tdstaddr\tsrcport\tdstport\tprot\tdOctets\tlast\n"
            "10.0.0.1\t10.0.0.2\t40000\t8400\t6\t900\t1795230000123\n",
            record("10.0.0.1", "10.0.0.2", 8400, "tcp", 900, 1795230000),
        ),
        (eve(), record("10.0.0.1", "10.0.0.2", 8400, "tcp", 100, 1795230000)),
        (
            eve(proto="IPv6-ICMP", src_ip="fe80::1", dest_ip="fe80::2"),
            record("fe80::1", "fe80::2", 0, "ipv6-icmp", 100, 1795230000),
        ),
    ],
)
def test_a_line_is_read(tmp_path: Path, text: str, found: Record) -> None:
    records, reading = read(tmp_path, text)
    assert records == [found]
    assert (reading.records, reading.broken, reading.problems) == (1, 0, [])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (ZEEK + "1\t10.0.0.1\t4\t10.0.0.2\t84\ttcp\t-\t-\t-\tS0\n", "nobody answered"),
        (ZEEK + "1\t10.0.0.1\t4\t10.0.0.2\t84\tunknown_transport\t-\t-\t-\tOTH\n", "not IP"),
        ("2 1 eni-1 10.0.0.1 10.0.0.2 4 84 6 20 4 1 60 REJECT OK\n", "refused by the network"),
        ("2 1 eni-1 - - - - - - - 1 60 - NODATA\n", "no traffic in this interval"),
        ("2 1 eni-1 - - - - - - - 1 60 - SKIPDATA\n", "records that the sensor lost"),
        ("StartTime,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,State\n1,arp,aa,,who,bb,,INT\n", "not IP"),
        ("StartTime,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,State\n1,tcp,a,1,->,b,2,S0\n", "nobody answered"),
        (eve(event_type="alert"), "not a flow event"),
        (eve(flow={"pkts_toclient": 0}), "nobody answered"),
    ],
)
def test_what_nobody_lives_on_is_passed_over_and_counted(tmp_path: Path, text: str, why: str) -> None:
    records, reading = read(tmp_path, text)
    assert (records, dict(reading.passed), reading.broken) == ([], {why: 1}, 0)


def test_what_nfdump_writes_after_the_last_record_is_no_record(tmp_path: Path) -> None:
    line = "2026-11-21 03:00:00,2026-11-21 03:00:07,7,10.0.0.1,10.0.0.2,40000,8400,TCP,....,3,900\n"
    records, reading = read(tmp_path, NFDUMP + line + "Summary\nflows,bytes\n1,900\n")
    assert (len(records), reading.broken) == (1, 0)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            ZEEK + "1\t10.0.0.999\t4\t10.0.0.2\t84\ttcp\t-\t-\t-\tSF\n",
            "flows.log:4: `id.orig_h`: `10.0.0.999` is no addr",
        ),
        (ZEEK + "1\t10.0.0.1\t4\t10.0.0.2\t84000\ttcp\t-\t-\t-\tSF\n", "flows.log:4: `id.resp_p`: `84000` is no port"),
        (ZEEK + "1\t10.0.0.1\t4\t10.0.0.2\t84\ttcp\t-\t-5\t-\tSF\n", "flows.log:4: `orig_bytes`: `-5` is no count"),
        (ZEEK + "nan\t10.0.0.1\t4\t10.0.0.2\t84\ttcp\t-\t-\t-\tSF\n", "flows.log:4: `ts`: `nan` is no time"),
        (ZEEK + "1\t2\n", "flows.log:4: 2 values, 10 fields"),
        ("#separator \\x0\n", "flows.log:1: separator `\\x0` is none"),
        (ZEEK.replace("conn", "dns"), "flows.log:2: is Zeek's `dns` log, not its conn log"),
        (
            '{"ts":1,"proto":"tcp","conn_state":"SF","id.orig_h":"x"}\n',
            "flows.log:1:41: `id.orig_h`: `x` is no address",
        ),
        (eve(src_ip=None), "flows.log:1:24: `src_ip`: is missing"),
        (eve(flow=[]), "flows.log:1:123: `flow`: is missing"),
        (eve(src_ip="fe80::1%" + "x" * 60), "flows.log:1:24: `src_ip`: `fe80::1%xxx"),
        (eve() + eve(flow={"pkts_toclient": 1, "bytes_toserver": 2**51}), "flows.log:2:"),
        (eve() + "[1]\n", "flows.log:2: is no JSON object"),
        (eve() + '{"a": ' + "[" * 60000 + "\n", "flows.log:2: is no JSON object"),
        (eve() + '{"a": "' + "x" * LONGEST + '"}\n', "flows.log:2: is longer than 65536 bytes"),
        (f"{VPC}\n2 1 eni-1 10.0.0.2\n", "flows.log:2: 4 values, 13 fields"),
        (NFDUMP + "1,2\n", "flows.log:2: 2 cells, but 11 columns"),
        (NFDUMP + "1,1e999,0,10.0.0.1,10.0.0.2,1,2,6,,1,1\n", "flows.log:2: `te`: `1e999` is no time"),
        (NFDUMP + '"1,\n', "flows.log:2: is no CSV: unexpected end of data"),
        (NFDUMP + "1,1,0,files-01,10.0.0.2,1,2,6,,1,1\n", "flows.log:2: `sa`: `files-01` is no address"),
    ],
)
def test_a_line_that_cannot_be_read_is_told_at_its_place(tmp_path: Path, text: str, told: str) -> None:
    _, reading = read(tmp_path, text)
    assert str(reading.problems[0]).startswith(told)
    assert reading.broken == len(reading.problems) == 1


def test_lines_around_a_broken_one_count_and_too_many_of_them_refuse_the_file(tmp_path: Path) -> None:
    records, reading = read(tmp_path, eve() * 9 + "{\n" + eve())
    reading.judge()
    assert (len(records), reading.broken) == (10, 1)
    _, reading = read(tmp_path, eve() * 8 + "{\n" * 2)
    with pytest.raises(InvalidInput, match="flows.log:9: is no JSON object"):
        reading.judge()


def test_of_what_is_wrong_no_more_is_kept_than_people_read(tmp_path: Path) -> None:
    _, reading = read(tmp_path, eve() + "{\n" * 5000)
    assert (reading.broken, len(reading.problems)) == (5000, 20)


def test_bytes_that_are_no_text_break_their_line_alone(tmp_path: Path) -> None:
    path = tmp_path / "flows.log.gz"
    path.write_bytes(gzip.compress(eve().encode() + b"\xff\xfe\n" + eve().encode()))
    reading = Reading("flows.log.gz")
    assert len(list(read_records(path, reading))) == 2
    assert [str(problem) for problem in reading.problems] == ["flows.log.gz:2: is not UTF-8 text"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.log", b"hello\n", "x.log:1: is no flow log that is read here (zeek, zeek-json, vpc, netflow, eve)"),
        ("x.log", b"{\n", "x.log:1: is no JSON"),
        ("x.gz", b"hello\n", "cannot be read: Not a gzipped file"),
        ("x.gz", gzip.compress(b"{" * 999, mtime=0)[:-9], "cannot be read: Compressed file ended before"),
    ],
)
def test_what_is_no_flow_log_is_refused(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidInput) as caught:
        list(read_records(tmp_path / name, Reading(name)))
    assert message in str(caught.value)


@given(st.sampled_from([*FlowFormat]), st.lists(st.text(max_size=60), max_size=4))
def test_no_line_makes_a_reader_fail_otherwise(kind: FlowFormat, lines: list[str]) -> None:
    reader, answered = READERS[kind](), 0
    for line in lines:
        try:
            answered += isinstance(reader.read(line), Record | str)
        except Unreadable:
            answered += 1
    assert answered == len(lines)


@given(st.ip_addresses())
def test_an_address_is_told_by_its_number(address: object) -> None:
    number = end(str(address), "")
    assert end(spelled(number), "") == number
    assert (number >> 32 == 0xFFFF) == (ip_address(spelled(number)).version == 4)


def test_an_ipv4_address_in_its_ipv6_form_is_the_same_one() -> None:
    assert end("::ffff:10.0.0.1", "") == end("10.0.0.1", "") == MAPPED | 0x0A000001


@pytest.mark.skipif(not (DATA / "flows").is_dir(), reason="FIRELINE_DATA names no folder with real logs")
@pytest.mark.parametrize(
    ("name", "kind", "records", "passed"),
    [
        ("flows/otrf-LSASS_campaign_05-conn.log", FlowFormat.ZEEK, 895, 0),
        ("flows/zeek-portscan-vertical-conn.log", FlowFormat.ZEEK_JSON, 7, 43),
        ("flows/argus/test2-malicious.binetflow", FlowFormat.NETFLOW, 6744, 7),
        ("flows/argus/test5-mixed.binetflow", FlowFormat.NETFLOW, 296, 4),
        ("alerts/suricata_eve/slips-test6-malicious.eve.json", FlowFormat.EVE, 3512, 1488),
    ],
)
def test_real_logs_are_read_whole(name: str, kind: FlowFormat, records: int, passed: int) -> None:
    reading = Reading(name)
    assert sum(1 for _ in read_records(DATA / name, reading)) == records
    assert (reading.format, reading.broken, reading.passed.total()) == (kind, 0, passed)

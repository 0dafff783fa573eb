"""The bar on captures of others: what is found, what is left alone, and the same messages as Wireshark sees."""

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from detectors.dns.autoencoder import HeaderModel
from detectors.dns.detector import Scan
from detectors.dns.evaluation import Evaluation, evaluate, read_patterns
from tests.patience import PATIENCE_S

PROPER_HEADER = "nDPI__netbios_wildcard_dns_query.pcap"
"""The one capture of no DNS whose first eight bytes are those of a proper DNS query."""

ON_PORT_53 = "dns && (udp.port == 53 || tcp.port == 53) && !icmp && !icmpv6"
"""ICMP errors quote the message that they answer; it was not sent again."""

EXPLAINED = {
    # The first message over TCP is never completed: Wireshark waits for the length that its first two bytes would be.
    "WebattackSQLinj_on53.pcap": (18, 0),
    "ssh_on53.pcap": (2, 0),
    "tls_torrent_on53.pcap": (2, 0),
    "suricata-verify__uricontent--detect-uricontent-02.pcap": (1, 0),
    # One packet holds six bytes of the message, of which two are the id that Wireshark shows.
    "nDPI__badpackets.pcap": (90, 91),
    # A first fragment whose others never come: its header is there, and Wireshark waits for the whole datagram.
    "nDPI__fuzz-2006-06-26-2594.pcap": (299, 298),
}
"""Captures where we and Wireshark count differently (ours, theirs), and why."""


@pytest.fixture(scope="module")
def benign(model: HeaderModel, data: Path) -> Evaluation:
    return evaluate(model, sorted((data / "dns" / "benign").iterdir()))


def test_every_capture_of_no_dns_is_found_but_the_one_with_a_proper_header(model: HeaderModel, data: Path) -> None:
    scan = Scan(model)
    paths = [*(data / "dns" / "nondns53").iterdir(), *(data / "dns" / "derived_nondns53").iterdir()]
    found = {path.name for path in paths if list(scan.read(path))}
    assert {path.name for path in paths} - found == {PROPER_HEADER}
    assert scan.problems == []


def test_at_most_one_percent_of_benign_messages_is_flagged(benign: Evaluation) -> None:
    assert benign.messages > 2500
    assert benign.flagged <= 0.01 * benign.messages


def test_the_median_benign_capture_has_none_flagged(benign: Evaluation) -> None:
    assert np.median([one.flagged for one in benign.captures]) == 0


def test_at_most_five_percent_of_benign_captures_have_more_than_five_percent_flagged(benign: Evaluation) -> None:
    assert benign.captures_over_5_percent <= 0.05 * len(benign.captures)


def test_tunnels_pass_because_their_headers_are_proper(model: HeaderModel, data: Path) -> None:
    found = evaluate(model, sorted((data / "dns" / "tunnel").iterdir()))
    assert (found.flagged, found.flagged_by_rule) == (0, 0)


def test_messages_are_counted_as_wireshark_counts_them(data: Path, require_real: Callable[[str, str], str]) -> None:
    paths = sorted((data / "dns").glob("*/*.*cap*"))
    theirs = _counted(require_real("sharkd", "wireshark-common"), paths)
    counts = {path.name: (len(read_patterns(path)), count) for path, count in zip(paths, theirs, strict=True)}
    different = {name: count for name, count in counts.items() if count[0] != count[1]}
    assert len(counts) > 200
    assert different == EXPLAINED


def _counted(sharkd: str, paths: Sequence[Path]) -> list[int]:
    """How many messages each capture holds; by one process, whose start takes longer than all of them."""
    # It keeps what a filter let through, by the filter's text, even where it has loaded another capture since.
    wanted = [{"filter": ON_PORT_53 + " " * number, "column0": "dns.id:0"} for number in range(len(paths))]
    asked = [
        _call("load", {"file": str(path)}) + _call("frames", these) for path, these in zip(paths, wanted, strict=True)
    ]
    command = [sharkd, "-"]
    done = subprocess.run(command, input="".join(asked), capture_output=True, text=True, timeout=PATIENCE_S, check=True)
    answers = [json.loads(line)["result"] for line in done.stdout.splitlines()]
    assert [answer["status"] for answer in answers[::2]] == ["OK"] * len(paths)
    shown = [[frame["c"][0] for frame in frames] for frames in answers[1::2]]
    return [sum(len(ids.split(",")) for ids in each if ids) for each in shown]


def _call(method: str, params: Mapping[str, str]) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}) + "\n"

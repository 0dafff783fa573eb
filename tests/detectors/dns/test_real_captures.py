"""The bar on captures of others: what is found, what is left alone, and the same messages as tshark sees."""

import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from detectors.dns.autoencoder import HeaderModel
from detectors.dns.detector import Scan
from detectors.dns.evaluation import Evaluation, evaluate, read_patterns

PROPER_HEADER = "nDPI__netbios_wildcard_dns_query.pcap"
"""The one capture of no DNS whose first eight bytes are those of a proper DNS query."""

ON_PORT_53 = "dns && (udp.port == 53 || tcp.port == 53) && !icmp && !icmpv6"
"""ICMP errors quote the message that they answer; it was not sent again."""

EXPLAINED = {
    # The first message over TCP is never completed: tshark waits for the length that its first two bytes would be.
    "WebattackSQLinj_on53.pcap": (18, 0),
    "ssh_on53.pcap": (2, 0),
    "tls_torrent_on53.pcap": (2, 0),
    "suricata-verify__uricontent--detect-uricontent-02.pcap": (1, 0),
    # One packet holds six bytes of the message, of which two are the id that tshark shows.
    "nDPI__badpackets.pcap": (90, 91),
    # A first fragment whose others never come: its header is there, and tshark waits for the whole datagram.
    "nDPI__fuzz-2006-06-26-2594.pcap": (299, 298),
}
"""Captures where we and tshark count differently (ours, theirs), and why."""


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


def test_messages_are_counted_as_tshark_counts_them(data: Path, require_real: Callable[[str, str], str]) -> None:
    tshark = require_real("tshark", "tshark")
    counts = {path.name: (len(read_patterns(path)), _tshark(tshark, path)) for path in (data / "dns").glob("*/*.*cap*")}
    different = {name: count for name, count in counts.items() if count[0] != count[1]}
    assert len(counts) > 200
    assert different == EXPLAINED


def _tshark(tshark: str, path: Path) -> int:
    command = [tshark, "-r", str(path), "-Y", ON_PORT_53, "-T", "fields", "-e", "dns.id"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return sum(Counter(line)[","] + 1 for line in done.stdout.splitlines() if line)

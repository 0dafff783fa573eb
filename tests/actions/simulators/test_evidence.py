"""What is taken down at the simulated site is what it holds, within the bounds that were set."""

import json

import pytest

from actions.simulators.evidence import SimulatedEvidence
from actions.simulators.site import Site
from actions.vault import Vault
from engine.errors import TargetRefused
from engine.model.evidence import EvidenceKind
from engine.target_ports import EvidenceBounds

KEY = "fl-00000000000000000001"


def bounds(kind: str, target: str, size: int = 65536) -> EvidenceBounds:
    return EvidenceBounds(kind=EvidenceKind(kind), target=target, size=size, seconds=1, minutes=60)


def vault_of(evidence: SimulatedEvidence) -> Vault:
    return evidence._vault


async def content(site: Site, kind: str, target: str) -> bytes:
    receipt = await site.evidence.capture(bounds(kind, target), KEY)
    found = vault_of(site.evidence).content(receipt.digest)
    assert found is not None
    assert (receipt.size, receipt.truncated) == (len(found), False)
    return found


async def test_an_account_is_taken_as_the_directory_has_it(site: Site) -> None:
    site.others.sign_in("j.doe")
    taken = json.loads(await content(site, "account", "j.doe"))
    assert (taken["name"], taken["enabled"], taken["sessions"]) == ("j.doe", True, 2)


async def test_a_log_has_what_happened_to_the_target_and_nothing_else(site: Site) -> None:
    site.others.sign_in("j.doe")
    site.others.disable_account("svc-old")
    first, *lines = (await content(site, "log", "j.doe")).splitlines()
    assert json.loads(first) == {"log": "j.doe"}
    assert [json.loads(line)["op"] for line in lines] == ["signed_in"]


async def test_processes_are_those_of_the_hosts_services(site: Site) -> None:
    lines = (await content(site, "processes", "files-01")).splitlines()
    assert [json.loads(line)["name"] for line in lines] == ["init", "sshd", "files"]


async def test_packets_are_a_capture_that_others_can_read(site: Site) -> None:
    from scapy.layers.inet import IP, TCP
    from scapy.utils import PcapReader

    receipt = await site.evidence.capture(bounds("packets", "files-01"), KEY)
    with PcapReader(str(vault_of(site.evidence)._contents / receipt.digest)) as packets:
        seen = [(packet[IP].src, packet[IP].dst, packet[TCP].dport) for packet in packets]
    assert seen == [("10.20.4.16", "10.20.9.2", 8400)]


async def test_no_more_is_taken_than_was_asked(site: Site) -> None:
    receipt = await site.evidence.capture(bounds("processes", "files-01", size=10), KEY)
    assert (receipt.size, receipt.truncated) == (10, True)
    assert vault_of(site.evidence).content(receipt.digest) == b'{"name": "'


@pytest.mark.parametrize(
    ("kind", "target"), [("account", "files-01"), ("processes", "j.doe"), ("packets", "nowhere"), ("log", "nobody")]
)
async def test_what_is_not_there_is_refused(site: Site, kind: str, target: str) -> None:
    with pytest.raises(TargetRefused, match=f"no {kind} of `{target}` can be taken"):
        await site.evidence.require_source(bounds(kind, target))


async def test_content_that_somebody_changed_does_not_verify(site: Site) -> None:
    receipt = await site.evidence.capture(bounds("log", "j.doe"), KEY)
    assert await site.evidence.intact(KEY)
    (vault_of(site.evidence)._contents / receipt.digest).write_bytes(b"nothing happened")
    assert not await site.evidence.intact(KEY)

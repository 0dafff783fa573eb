"""Made-up alerts of other products, as they would write them: the demo's four incidents, and loads of any size.

Everything is a function of its arguments (start, seed, names): no clock, no other randomness. Outside addresses are
from the documentation ranges of RFC 5737, and the default names are those of the simulated site.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from detectors.generators.eve import Flow, alert, background
from detectors.generators.ocsf import Claim, detection, line
from engine.model.base import Json, Model


class Host(Model):
    """A machine by name and address."""

    name: str
    ip: str


class Cast(Model):
    """Who plays in the incidents."""

    workstation: Host = Host(name="ws-114", ip="10.20.16.114")
    server: Host = Host(name="files-02", ip="10.20.4.17")
    controller: Host = Host(name="dc-01", ip="10.20.1.11")
    peer_controller: Host = Host(name="dc-02", ip="10.20.1.12")
    identity_provider: Host = Host(name="idp-01", ip="10.20.1.20")
    account: str = "adm-k.wolf"
    beacon: str = "198.51.100.23"
    drop: str = "203.0.113.44"
    intruder: str = "203.0.113.9"


CAST = Cast()
"""The simulated site's own."""


def beaconing(start: datetime, seed: int = 1, cast: Cast = CAST, beats: int = 6) -> list[str]:
    """EVE: a workstation calls a known-bad address every minute or so, among its everyday traffic."""
    chance = Random(f"beaconing/{seed}")
    records: list[tuple[datetime, Json]] = []
    for beat in range(beats):
        at = start + timedelta(seconds=60 * beat + chance.uniform(0, 6))
        flow = Flow(source=cast.workstation.ip, port=chance.randint(49152, 65535), destination=cast.beacon)
        records.append((at, alert(at, flow, chance)))
        records += background(at, cast.workstation.ip, chance)
    return _in_order(records)


def exfiltration(start: datetime, seed: int = 1, cast: Cast = CAST) -> list[str]:
    """OCSF: 2.1 GB went from a server to one outside address."""
    claim = Claim(
        detector=("exfiltration", "volume", "4"),
        technique=("T1048", "Exfiltration Over Alternative Protocol"),
        category="exfiltration",
        title=f"exfiltration from {cast.server.name}",
        message=f"2.1 GB from {cast.server.name} to {cast.drop}, 31 times this hour's normal",
        severity=(5, "Critical"),
        confidence=97,
    )
    evidence: Json = {
        "src_endpoint": _endpoint(cast.server.ip, 51544, cast.server.name),
        "dst_endpoint": _endpoint(cast.drop, 443),
        "connection_info": {"protocol_name": "tcp", "direction_id": 2, "direction": "Outbound"},
        "data": {"bytes_out": 2_100_000_000, "bytes_in": 48_200_000, "packets_out": 1_490_112},
    }
    return [line(detection(start, seed, claim, evidence))]


def account_compromise(start: datetime, seed: int = 1, cast: Cast = CAST) -> list[str]:
    """OCSF: a privileged account signs in from where it never was, after its second factor was pestered."""
    claim = Claim(
        detector=("logins", "takeover", "2"),
        technique=("T1078", "Valid Accounts"),
        category="account-takeover",
        title=f"privileged account {cast.account} taken over",
        message=f"{cast.account} signed in from {cast.intruder} after 14 refused second factors in 3 minutes",
        severity=(4, "High"),
        confidence=96,
    )
    evidence: Json = {
        "actor": {"user": {"name": cast.account, "type_id": 2, "type": "Admin"}},
        "src_endpoint": _endpoint(cast.intruder, 50122),
        "dst_endpoint": _endpoint(cast.identity_provider.ip, 443, cast.identity_provider.name),
    }
    return [line(detection(start, seed, claim, evidence))]


def false_replication(start: datetime, seed: int = 1, cast: Cast = CAST) -> list[str]:
    """OCSF: two domain controllers replicate, as they always do, and a detector calls it DCSync. It is wrong."""
    claim = Claim(
        detector=("directory", "dcsync", "1"),
        technique=("T1003.006", "OS Credential Dumping: DCSync"),
        category="credential-access",
        title=f"DCSync by {cast.controller.name}",
        message=f"{cast.controller.name} asked {cast.peer_controller.name} for directory changes",
        severity=(5, "Critical"),
        confidence=98,
    )
    evidence: Json = {
        "src_endpoint": _endpoint(cast.controller.ip, 49702, cast.controller.name),
        "dst_endpoint": _endpoint(cast.peer_controller.ip, 135, cast.peer_controller.name),
        "connection_info": {"protocol_name": "tcp", "direction_id": 3, "direction": "Lateral"},
    }
    return [line(detection(start, seed, claim, evidence))]


def load(count: int, start: datetime, seed: int = 1, hosts: int = 20) -> Iterator[str]:
    """EVE: `count` records, 40 ms apart, over `hosts` workstations, about a tenth of them alerts; for load tests."""
    chance = Random(f"load/{seed}")
    for number in range(count):
        at = start + timedelta(milliseconds=40 * number)
        ip = host_address(chance.randrange(hosts))
        if chance.random() < 0.1:
            listed = f"198.51.100.{chance.randint(1, 254)}"
            flow = Flow(source=ip, port=chance.randint(49152, 65535), destination=listed)
            yield line(alert(at, flow, chance))
        else:
            yield line(chance.choice(background(at, ip, chance))[1])


def host_address(number: int) -> str:
    """The address of the workstation with this number."""
    return f"10.30.{number // 250}.{number % 250 + 1}"


def findings(count: int, start: datetime, seed: int = 1, hosts: int = 10, confidence: float = 0.97) -> Iterator[str]:
    """Our own lines: `count` findings over `hosts` hosts, a second apart; for load and kill tests."""
    chance = Random(f"findings/{seed}")
    for number in range(count):
        host = number % hosts
        at = start + timedelta(seconds=number)
        yield line(
            {
                "detector": "load.generator",
                "detector_version": "1",
                "time": at.isoformat(),
                "severity": chance.choice(("low", "medium", "high", "critical")),
                "confidence": confidence,
                "category": "command-and-control",
                "title": f"generated finding {number} of seed {seed}",
                "tags": ["generated"],
                "techniques": ["T1071.001"],
                "source": {"ip": host_address(host), "host": f"load-{host:04d}"},
                "destination": {"ip": f"203.0.113.{host % 254 + 1}", "port": 443},
            }
        )


def _endpoint(ip: str, port: int, name: str | None = None) -> Json:
    end: Json = {"ip": ip, "port": port}
    return end | {"hostname": name} if name else end


def _in_order(records: list[tuple[datetime, Json]]) -> list[str]:
    return [line(record) for _, record in sorted(records, key=lambda item: item[0])]

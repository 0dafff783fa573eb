"""Made-up records of Suricata's `eve.json`: alerts of one invented signature, and the everyday traffic around them."""

from datetime import datetime, timedelta
from random import Random

from engine.model.base import Json, Model

SIGNATURE = 9000001
"""Its number, from the range that Suricata leaves for local rules."""

_SITES = ("intranet.example", "mail.example", "news.example", "updates.example", "weather.example")
_RESOLVER = "10.20.1.53"


class Flow(Model):
    """Who spoke to whom."""

    source: str
    port: int
    destination: str
    destination_port: int = 443


def alert(at: datetime, flow: Flow, chance: Random) -> Json:
    """An alert of high confidence on TLS to a listed address."""
    sent, received = chance.randint(900, 2600), chance.randint(700, 5200)
    return _common(at, "alert", flow, chance) | {
        "app_proto": "tls",
        "alert": {
            "action": "allowed",
            "gid": 1,
            "signature_id": SIGNATURE,
            "rev": 3,
            "signature": "LOCAL beacon to a listed command and control address",
            "category": "Malware Command and Control Activity Detected",
            "severity": 1,
            "metadata": {
                "confidence": ["High"],
                "signature_severity": ["Critical"],
                "mitre_tactic_id": ["TA0011"],
                "mitre_technique_id": ["T1071"],
                "created_at": ["2026_01_14"],
            },
        },
        "tls": {"version": "TLS 1.3", "sni": "update-cache.example"},
        "flow": {
            "pkts_toserver": chance.randint(6, 14),
            "pkts_toclient": chance.randint(5, 12),
            "bytes_toserver": sent,
            "bytes_toclient": received,
            "start": _stamp(at - timedelta(milliseconds=180)),
        },
    }


def background(at: datetime, source: str, chance: Random) -> list[tuple[datetime, Json]]:
    """A name looked up, and the connection that followed: what no one should act on."""
    site = chance.choice(_SITES)
    port = chance.randint(49152, 65535)
    web = Flow(source=source, port=port, destination=f"192.0.2.{chance.randint(1, 254)}")
    asked, spoke, ended = (at + timedelta(milliseconds=chance.randint(low, low + 900)) for low in (200, 1200, 2200))
    return [
        (asked, _dns(asked, source, site, chance)),
        (spoke, _common(spoke, "tls", web, chance) | {"tls": {"version": "TLS 1.3", "sni": site}}),
        (ended, _flow(ended, web, chance)),
    ]


def _dns(at: datetime, source: str, site: str, chance: Random) -> Json:
    flow = Flow(source=source, port=chance.randint(49152, 65535), destination=_RESOLVER, destination_port=53)
    query: Json = {"type": "query", "id": chance.randint(0, 65535), "rrname": site, "rrtype": "A", "tx_id": 0}
    return _common(at, "dns", flow, chance) | {"proto": "UDP", "dns": query}


def _flow(at: datetime, flow: Flow, chance: Random) -> Json:
    counts: Json = {"bytes_toserver": chance.randint(900, 90_000), "bytes_toclient": chance.randint(900, 900_000)}
    return _common(at, "flow", flow, chance) | {"flow": counts | {"state": "closed", "reason": "timeout"}}


def _common(at: datetime, event_type: str, flow: Flow, chance: Random) -> Json:
    return {
        "timestamp": _stamp(at),
        "flow_id": chance.getrandbits(50),
        "in_iface": "ens5",
        "event_type": event_type,
        "src_ip": flow.source,
        "src_port": flow.port,
        "dest_ip": flow.destination,
        "dest_port": flow.destination_port,
        "proto": "TCP",
    }


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f%z")

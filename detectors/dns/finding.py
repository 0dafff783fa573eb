"""From a suspicious flow to a finding: severity, confidence, evidence, and a stable id."""

from datetime import UTC, datetime, timedelta

from pydantic import JsonValue

from detectors.dns.autoencoder import HeaderModel, Losses
from detectors.dns.card import DETECTOR
from detectors.dns.flows import Sample, Suspect
from detectors.dns.header import NAMES
from engine.digest import sha256
from engine.model.base import Json
from engine.model.finding import Endpoint, Finding, Observable, ObservableType, Origin, Severity

TAG = "AI-Anomalous-DNS-Reconstruction"
CATEGORY = "command_and_control"

TECHNIQUES = ("T1571",)
"""Non-Standard Port: something that is no DNS speaks on DNS's port. T1071.004 would be DNS used as a carrier, T1048 an
exfiltration, T1095 a protocol below the application layer; eight bytes can show none of those."""

MOST_BITS = 8
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def build_finding(suspect: Suspect, model: HeaderModel, file: str) -> Finding:
    """The finding for one flow; the same flow read again gives the same id, whatever the file is called."""
    key = suspect.key
    client, server = str(key.client), str(key.server)
    began = instant(suspect.first)
    return Finding(
        id=_id(suspect),
        detector=DETECTOR,
        detector_version=model.card.version,
        time=began,
        reported_time=began.isoformat(),
        severity=Severity.CRITICAL,
        confidence=model.confidence(suspect.mean_loss),
        category=CATEGORY,
        title=(
            f"not DNS on port 53: {client} to {server} over {key.transport}, "
            f"{suspect.flagged} of {suspect.messages} messages"
        ),
        tags=(TAG,),
        techniques=TECHNIQUES,
        observables=tuple(Observable(type=ObservableType.IP, value=value) for value in dict.fromkeys((client, server))),
        source=Endpoint(ip=client, port=key.client_port),
        destination=Endpoint(ip=server, port=key.server_port),
        origin=Origin(product="fireline", file=file),
        evidence=_evidence(suspect, model),
    )


def instant(nanoseconds: int) -> datetime:
    """A capture's time stamp as UTC, to the microsecond."""
    return EPOCH + timedelta(microseconds=nanoseconds // 1000)


def _id(suspect: Suspect) -> str:
    key, first = suspect.key, suspect.samples[0].message
    ends: list[JsonValue] = [str(key.client), key.client_port, str(key.server), key.server_port]
    named: Json = {
        "detector": DETECTOR,
        "transport": str(key.transport),
        "ends": ends,
        "first_us": suspect.first // 1000,
        "header": first.data[:8].hex(),
    }
    return f"dns-{sha256(named)[:20]}"


def _evidence(suspect: Suspect, model: HeaderModel) -> Json:
    card = model.card
    return {
        "loss": round(suspect.worst, 6),
        "mean_loss": round(suspect.mean_loss, 6),
        "threshold": round(card.threshold, 6),
        "messages": suspect.messages,
        "flagged": suspect.flagged,
        "bits": contributions(suspect.errors),
        "flow": _flow(suspect),
        "raw": [_raw(sample) for sample in suspect.samples],
        "model": {"version": card.version, "artefact": card.artefact, "calibration_error": card.calibration.error},
    }


def contributions(errors: Losses) -> list[JsonValue]:
    """The bits that the loss came from, largest first, each with its share of the whole."""
    total = float(errors.sum()) or 1.0
    largest = errors.argsort()[::-1][:MOST_BITS].tolist()
    return [{"bit": NAMES[index], "share": round(float(errors[index]) / total, 4)} for index in largest]


def _flow(suspect: Suspect) -> Json:
    key = suspect.key
    return {
        "transport": str(key.transport),
        "client": {"ip": str(key.client), "port": key.client_port},
        "server": {"ip": str(key.server), "port": key.server_port},
        "first": instant(suspect.first).isoformat(),
        "last": instant(suspect.last).isoformat(),
        "start_seen": not suspect.assumed,
    }


def _raw(sample: Sample) -> Json:
    message = sample.message
    return {
        "time": instant(message.time).isoformat(),
        "to_server": message.ends.to_server,
        "loss": round(sample.loss, 6),
        "bytes": message.data.hex(),
    }

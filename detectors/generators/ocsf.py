"""Made-up Detection Findings in OCSF 1.3, as a product would write them."""

import json
from datetime import datetime
from random import Random

from engine.model.base import Json, Model


class Claim(Model):
    """What a detector says. `detector` is product, analytic and its version; `technique` and `severity` id and name."""

    detector: tuple[str, str, str]
    technique: tuple[str, str]
    category: str
    title: str
    message: str
    severity: tuple[int, str]
    confidence: int


def detection(at: datetime, seed: int, claim: Claim, evidence: Json) -> Json:
    """The event: class 2004, activity Create. The same claim at the same time from the same seed has the same uid."""
    milliseconds = int(at.timestamp() * 1000)
    product, analytic, version = claim.detector
    severity_id, severity = claim.severity
    technique, name = claim.technique
    uid = Random(f"{product}.{analytic}/{claim.title}/{seed}/{milliseconds}").getrandbits(64)
    return {
        "class_uid": 2004,
        "class_name": "Detection Finding",
        "category_uid": 2,
        "category_name": "Findings",
        "activity_id": 1,
        "activity_name": "Create",
        "type_uid": 200401,
        "status_id": 1,
        "time": milliseconds,
        "severity_id": severity_id,
        "severity": severity,
        "confidence_score": claim.confidence,
        "message": claim.message,
        "metadata": {"version": "1.3.0", "product": {"name": product, "vendor_name": "Example Detection Company"}},
        "finding_info": {
            "uid": f"{uid:016x}",
            "title": claim.title,
            "types": [claim.category],
            "created_time": milliseconds,
            "analytic": {"name": analytic, "version": version, "type_id": 3, "type": "Learning (ML/DL)"},
            "attacks": [{"technique": {"uid": technique, "name": name}, "version": "18.1"}],
        },
        "evidences": [evidence],
    }


def line(record: Json) -> str:
    """One record as a line of JSON."""
    return json.dumps(record, separators=(",", ":"))

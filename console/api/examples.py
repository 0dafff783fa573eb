"""The API described for programs: OpenAPI with an example of every body, and the one form that every error has."""

from collections.abc import Collection, Mapping
from copy import deepcopy

from fastapi import FastAPI
from pydantic import JsonValue

from console.api.once import KEY, WITHOUT_KEY
from console.api.problems import MEDIA_TYPE, REMEDIES
from engine.model.base import Json

API = "/api/v1"

_FINDING: Json = {
    "id": "edr-4711",
    "detector": "edr.beacon",
    "detector_version": "7",
    "time": "2026-11-22T03:11:02Z",
    "reported_time": "2026-11-22 04:11:02",
    "title": "periodic connections to 203.0.113.44",
    "category": "command-and-control",
    "severity": "high",
    "confidence": 0.97,
    "observables": [{"type": "ip", "value": "203.0.113.44"}, {"type": "host", "value": "files-02"}],
    "origin": {"product": "edr"},
}
_ACTION: Json = {"action": "network.block_ip", "target": "203.0.113.44", "reason": "beacons since 02:58"}
_VOTE: Json = {"kind": "approve", "reason": "standby is healthy", "digest": "4f9a03be"}
_WHY: Json = {"reason": "our own scanner"}

BODIES: Mapping[str, Json] = {
    "/actions": {**_ACTION, "lease_s": 1800},
    "/actions/{request_id}/verdict": {"kind": "unnecessary", **_WHY},
    "/approvals/{request_id}/votes": _VOTE,
    "/break-glass": {**_ACTION, "lease_s": 900},
    "/budgets/reset": {"scope": "network.block_ip", **_WHY},
    "/enrolments/removal": {"room": "soc"},
    "/enrolments/{claim_id}/confirmation": {"user": "U0123ABCD"},
    "/findings": {"findings": [_FINDING]},
    "/findings/{finding_id}/verdict": {"kind": "false_positive", **_WHY},
    "/freezes": {"scope": "segment:servers", "lasts_s": 3600, "reason": "month-end close"},
    "/freezes/lift": {"scope": "segment:servers", "reason": "close is done"},
    "/freezes/reason": {"scope": "segment:servers", "reason": "month-end close"},
    "/governance/proposals/{proposal_id}/votes": _VOTE,
    "/governance/{kind}/proposals": {"files": [{"name": "site.yaml", "text": "version: 1\n"}], "reason": "tighter"},
    "/governance/{kind}/rollback": {"reason": "asks too often"},
    "/incidents/{incident_id}/verdict": {"kind": "true_positive", **_WHY},
    "/leases/release": {"cause": "incident:INC-0003", "requests": ["AR-0007"], **_WHY},
    "/leases/{lease_id}/announced-lift": {"ticket": "CHG-1204", "reason": "the firewall is replaced"},
    "/leases/{lease_id}/extension": {"by_s": 1800, "reason": "still beaconing"},
    "/leases/{lease_id}/extension-request": {"lasts_s": 86400, "reason": "host is being imaged"},
    "/leases/{lease_id}/permanent": {"reason": "known bad for years"},
    "/leases/{lease_id}/release": {"reason": "taken over by the firewall team"},
    "/me/enrolments": {"room": "soc"},
    "/playbooks/plan": {"files": [{"name": "contain.yaml", "text": "id: contain\n"}], "finding_id": "edr-4711"},
    "/policy/explain": {"action": "host.isolate", "target": "files-02", "finding": _FINDING},
    "/reviews/{review_id}/answer": {"verdict": "true_positive", "reason": "seen it on the host", "answers": {}},
    "/tasks/{task_id}/answer": {"answers": {"reached": True}},
    "/tasks/{task_id}/decline": {"reason": "owner is not to be reached"},
    "/tokens": {"label": "siem forwarder", "scopes": ["findings.submit"], "lasts_s": 7776000, "owner": "siem-bot"},
}
"""By the path below `/api/v1` of every POST that takes one."""

FILES: Mapping[str, str] = {
    "/context/imports": "application/octet-stream",
    "/findings/lines": "application/x-ndjson",
    "/intel/imports": "application/octet-stream",
}
"""What the POSTs take that take a file, by the same paths."""

PROBLEM: Json = {
    "type": "object",
    "required": ["title", "status", "exit_code", "remedy"],
    "properties": {
        "title": {"type": "string", "description": "what is wrong, in one line"},
        "status": {"type": "integer"},
        "exit_code": {"type": "integer", "description": "with what the command line leaves"},
        "remedy": {"type": "string", "description": "what to do about it"},
        "problems": {"type": "array", "items": {"type": "object"}, "description": "where, in what was sent"},
    },
}
ANYWHERE = (401, 403, 404, 422, 429, 500, 503)
"""With what any door may answer that is not open to everybody."""
WHERE_CHANGED = (400, 409, 413, 415)
"""With what one may besides that takes something in."""
ONCE: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "What is sent again under the same key is carried out once",
    "schema": {"type": "string", "pattern": f"^{KEY.pattern}$"},
}
AGAIN: Json = {"Retry-After": {"required": True, "schema": {"type": "integer", "minimum": 1}}}
CHALLENGE: Json = {"WWW-Authenticate": {"required": True, "schema": {"type": "string", "const": "Bearer"}}}
HEADERS: Mapping[int, Json] = {401: CHALLENGE, 429: AGAIN}


def describe(app: FastAPI) -> Json:
    """The OpenAPI document of this application."""
    # FastAPI keeps the document that it gives: what is added to that would be added again each time.
    document: Json = deepcopy(app.openapi())
    paths = document["paths"]
    assert isinstance(paths, dict)
    for path, methods in paths.items():
        assert isinstance(methods, dict)
        for method, operation in methods.items():
            assert isinstance(operation, dict)
            _complete(operation, path.removeprefix(API), (*ANYWHERE, *(WHERE_CHANGED if method == "post" else ())))
    return document


def _complete(operation: Json, path: str, statuses: Collection[int]) -> None:
    if path in FILES:
        operation["requestBody"] = {"required": True, "content": {FILES[path]: {"schema": {"type": "string"}}}}
    if 409 in statuses and path not in WITHOUT_KEY:
        operation["parameters"] = [*_list(operation.get("parameters")), ONCE]
    responses, body = operation["responses"], operation.get("requestBody")
    assert isinstance(responses, dict)
    assert body is None or isinstance(body, dict)
    if "security" in operation:
        responses |= {str(status): _refusal(status) for status in statuses}
    if body is not None and path in BODIES:
        content = body["content"]
        assert isinstance(content, dict)
        described = content["application/json"]
        assert isinstance(described, dict)
        described["example"] = BODIES[path]


def _list(found: JsonValue) -> list[JsonValue]:
    return found if isinstance(found, list) else []


def _refusal(status: int) -> Json:
    return {
        "description": f"What is wrong, and where (RFC 9457); what to do: {REMEDIES[status]}",
        "content": {MEDIA_TYPE: {"schema": PROBLEM}},
        **({"headers": HEADERS[status]} if status in HEADERS else {}),
    }

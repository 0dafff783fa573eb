"""Canonical JSON (RFC 8785) and the digests that bind approvals, tokens, leases and ledger entries."""

import hashlib
import json
import math
from datetime import timedelta

from pydantic import JsonValue

from engine.errors import InvalidInput
from engine.model.base import Json


def canonical(value: JsonValue) -> bytes:
    """Bytes of `value` by the rules of RFC 8785: sorted keys, no spaces, shortest numbers, UTF-8.

    Numbers outside the range where integers are exact, and non-finite ones, raise `InvalidInput`.
    """
    return _text(value).encode()


def _text(value: JsonValue) -> str:
    match value:
        case bool() | None:
            return json.dumps(value)
        case int():
            if abs(value) >= 2**53:
                raise InvalidInput(f"number `{value}` is outside the range JSON keeps exactly")
            return str(value)
        case float():
            return _number(value)
        case str():
            return json.dumps(value, ensure_ascii=False)
        case list():
            return "[" + ",".join(map(_text, value)) + "]"
        case dict():
            # RFC 8785 3.2.3: property names are ordered by their UTF-16 code units.
            keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
            return "{" + ",".join(f"{json.dumps(key, ensure_ascii=False)}:{_text(value[key])}" for key in keys) + "}"


def _number(value: float) -> str:
    """ECMAScript's Number-to-String, which RFC 8785 prescribes."""
    if not math.isfinite(value):
        raise InvalidInput(f"number `{value}` has no JSON form")
    if value == int(value) and abs(value) < 1e21:
        return str(int(value))
    digits = repr(value)
    mantissa, _, exponent = digits.partition("e")
    if not exponent:
        return digits
    power = int(exponent)
    if -7 <= power < 0:
        return f"{value:.{len(mantissa.replace('.', '').lstrip('-')) - 1 - power}f}"
    return f"{mantissa}e{power:+d}"


def sha256(value: JsonValue) -> str:
    """Hex SHA-256 of the canonical form."""
    return hashlib.sha256(canonical(value)).hexdigest()


def lease_key(action: str, connector: str, target: str) -> str:
    """Id of the lease (and of its workflow) for one effect: `lease/<action>/<connector>/<16 hex digits>`."""
    return f"lease/{action}/{connector}/{hashlib.sha256(target.encode()).hexdigest()[:16]}"


def owner_key(lease: str, generation: int) -> str:
    """Idempotency key of one generation, short enough for a firewall comment: `fl-<20 hex digits>`."""
    return "fl-" + hashlib.sha256(f"{lease}#{generation}".encode()).hexdigest()[:20]


def work_digest(action: str, version: str, connector: str, target: str, params: Json) -> str:
    """What a commit token binds: the exact work, by its canonical parameters."""
    return sha256({"action": action, "version": version, "connector": connector, "target": target, "params": params})


def approval_digest(work: str, lease: timedelta, policy: str, blast: Json) -> str:
    """What people approve (design 6): the work, for how long, under which policy, breaking at most what."""
    return sha256({"work": work, "lease_s": lease.total_seconds(), "policy": policy, "blast": blast})


def short(digest: str) -> str:
    """The form people read aloud and compare: `4f9a-03be`."""
    return f"{digest[:4]}-{digest[4:8]}"

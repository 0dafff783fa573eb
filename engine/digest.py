"""Canonical JSON (RFC 8785) and the digests that bind approvals, tokens, leases and ledger entries."""

import hashlib
import json
import math
from datetime import timedelta
from json.encoder import encode_basestring as quote

from pydantic import JsonValue

from engine.errors import InvalidInput
from engine.model.base import Json

EXACT = 2**53 - 1
"""The largest integer that every reader of JSON keeps as it is."""


def canonical(value: JsonValue) -> bytes:
    """Bytes of `value` by the rules of RFC 8785: sorted keys, no spaces, shortest numbers, UTF-8.

    Raise `InvalidInput` for what has no such form: integers that JSON does not keep exactly, non-finite numbers, lone
    surrogates, nesting deeper than the interpreter's stack.
    """
    try:
        return _text(value).encode()
    except UnicodeEncodeError as error:
        raise InvalidInput(f"text has a lone surrogate at character {error.start} of its JSON form") from None
    except RecursionError:
        raise InvalidInput("value is nested too deeply for JSON") from None


def parse(data: bytes) -> JsonValue:
    """The value whose canonical form `data` is; raise `InvalidInput` for any other bytes."""
    value = decode(data)
    if canonical(value) != data:
        raise InvalidInput("not in canonical form (RFC 8785)")
    return value


def decode(data: bytes) -> JsonValue:
    """The value of any JSON text; integers beyond `EXACT` become the floats that RFC 8785 takes them for."""
    try:
        value: JsonValue = json.loads(data.decode(), parse_int=_integer)
    except RecursionError:
        raise InvalidInput("value is nested too deeply for JSON") from None
    except ValueError as error:
        raise InvalidInput(f"not JSON: {error}") from None
    return value


def _integer(digits: str) -> int | float:
    number = int(digits)
    return number if abs(number) <= EXACT else float(digits)


def _text(value: JsonValue) -> str:
    match value:
        case str():
            return quote(value)
        case dict():
            return "{" + ",".join([f"{quote(key)}:{_value(value[key])}" for key in _ordered(value)]) + "}"
        case bool():
            return "true" if value else "false"
        case float():
            return _number(value)
        case int():
            return _exact(value)
        case None:
            return "null"
        case list():
            return "[" + ",".join([_value(item) for item in value]) + "]"
        case _:
            raise InvalidInput(f"a value of type `{type(value).__name__}` has no JSON form")


def _value(value: JsonValue) -> str:
    """The same for what stands within another value, which mostly is a string."""
    return quote(value) if type(value) is str else _text(value)


def _ordered(value: Json) -> list[str]:
    """Property names by their UTF-16 code units (RFC 8785 3.2.3), which for ASCII is Python's own order."""
    keys = sorted(value)
    if not "".join(keys).isascii():
        keys.sort(key=lambda key: key.encode("utf-16-be", "surrogatepass"))
    return keys


def _exact(value: int) -> str:
    if abs(value) > EXACT:
        raise InvalidInput("an integer is outside the range that JSON keeps exactly (2^53 - 1)")
    return int.__repr__(value)


def _number(value: float) -> str:
    """ECMAScript's Number-to-String, which RFC 8785 prescribes."""
    if not math.isfinite(value):
        raise InvalidInput(f"number `{value}` has no JSON form")
    if value.is_integer() and abs(value) <= EXACT:
        return str(int(value))
    text = float.__repr__(value)
    return _respelled(text) if "e" in text or text.endswith(".0") else text


def _respelled(text: str) -> str:
    """Python's shortest digits of a very large or small number, with the point where ECMAScript puts it."""
    mantissa, _, exponent = text.removeprefix("-").partition("e")
    whole, _, fraction = mantissa.partition(".")
    sign, digits = "-" * text.startswith("-"), (whole + fraction).rstrip("0")
    point = len(whole) + int(exponent or 0)
    if len(digits) <= point <= 21:
        return sign + digits.ljust(point, "0")
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    return f"{sign}{digits[0]}{'.' * (len(digits) > 1)}{digits[1:]}e{point - 1:+d}"


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


def approval_digest(request: str, work: str, lease: timedelta, policy: str, blast: Json) -> str:
    """What people approve (design 6): the work, for how long, under which policy, breaking at most what.

    No two requests have one digest: what is answered to one is no answer to what superseded it, or to its like.
    """
    return sha256(
        {"request": request, "work": work, "lease_s": lease.total_seconds(), "policy": policy, "blast": blast}
    )


def short(digest: str) -> str:
    """The form people read aloud and compare: `4f9a-03be`."""
    return f"{digest[:4]}-{digest[4:8]}"

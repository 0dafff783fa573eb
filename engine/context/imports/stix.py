"""What a STIX 2.1 bundle says of one's own place: its infrastructure, addresses and user accounts.

An `infrastructure` is an asset: its types are roles, its addresses what it consists of or is related to, its owner the
identity that owns or operates it. A `user-account` is an account. Anything else in the bundle is passed over. Standard:
https://docs.oasis-open.org/cti/stix/v2.1/os/stix-v2.1-os.html, 4.8, 5.1 and 6.17.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from pydantic import JsonValue, ValidationError

from engine.context.file import ContextFile
from engine.context.imports.json_file import parse
from engine.errors import InvalidInput
from engine.model.base import Json
from engine.model.context import Asset, Identity

ADDRESSES = frozenset({"ipv4-addr", "ipv6-addr"})
HAS = frozenset({"consists-of", "has", "related-to"})
OWNS = frozenset({"owns", "operates", "managed-by"})
CRITICALITY = "x_fireline_criticality"
"""The one property of ours, for which the standard has no word."""


def is_bundle(text: str) -> bool:
    """Whether this JSON is meant as one, by its head."""
    return '"bundle"' in text[:4096] and '"objects"' in text


def read(file: str, text: str) -> ContextFile:
    """The content; raise `InvalidInput` where it is no bundle or an object in it cannot be read."""
    whole = parse(file, text)
    objects = whole.get("objects") if isinstance(whole, dict) and whole.get("type") == "bundle" else None
    if not isinstance(objects, list):
        raise InvalidInput("is no STIX bundle", file=file)
    # Proven by `parse`: what JSON holds is JSON.
    known = [cast("Json", one) for one in objects if isinstance(one, dict)]
    by_id = {str(one.get("id")): one for one in known}
    links = [one for one in known if one.get("type") == "relationship"]
    try:
        assets = tuple(_asset(one, links, by_id) for one in known if one.get("type") == "infrastructure")
        accounts = tuple(_account(one) for one in known if one.get("type") == "user-account")
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise InvalidInput(f"`{first['loc'][0]}`: {first['msg'].lower()}", file=file) from error
    return ContextFile(assets=assets, identities=accounts)


def _asset(one: Json, links: Sequence[Json], by_id: Mapping[str, Json]) -> Asset:
    ends = [*_linked(one, links, by_id)]
    found: Json = {
        "name": one.get("name") or one.get("id"),
        "roles": [*_texts(one.get("infrastructure_types"))],
        "tags": [*_texts(one.get("labels"))],
        "addresses": [end["value"] for kind, end in ends if kind in HAS and end.get("type") in ADDRESSES],
        "owner": next(
            (str(end.get("name")) for kind, end in ends if kind in OWNS and end.get("type") == "identity"), ""
        ),
        "criticality": one.get(CRITICALITY) or "unknown",
    }
    return Asset.model_validate(found)


def _linked(one: Json, links: Sequence[Json], by_id: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    """What it is related to, whichever of the two the relation starts from."""
    for link in links:
        ends = (str(link.get("source_ref")), str(link.get("target_ref")))
        if one.get("id") in ends:
            other = ends[1] if ends[0] == one.get("id") else ends[0]
            yield str(link.get("relationship_type")), by_id.get(other, {})


def _account(one: Json) -> Identity:
    found: Json = {
        "name": one.get("account_login") or one.get("user_id") or one.get("id"),
        "privileged": one.get("is_privileged") or one.get("can_escalate_privs") or False,
        "service": one.get("is_service_account") or False,
        "enabled": not one.get("is_disabled"),
        "criticality": one.get(CRITICALITY) or "unknown",
    }
    return Identity.model_validate(found)


def _texts(value: JsonValue) -> Sequence[str]:
    return [str(one) for one in value] if isinstance(value, list) else []

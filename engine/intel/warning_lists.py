"""MISP warning lists: well-known values whose block may hit others than the attacker.

Rules: 1. What a list warns of stands in `KINDS`, by words of its name; a list in no row warns of what others share, for
an unknown warning must not open anything. 2. Expressions run on values that attackers choose, so that only those are
taken that cannot run long: no groups that repeat, no look-around or references, few repetitions of any length.
"""

import re
from collections.abc import Iterable, Mapping

from pydantic import BaseModel, Field, JsonValue, ValidationError

from engine.context.places import place
from engine.intel.json_parts import Part
from engine.intel.records import Lines, Reading, shown
from engine.model.base import Json
from engine.model.context import WarningKind
from engine.model.finding import ObservableType
from engine.model.intel import Matching, WarningList

ENTRIES = ("list",)
"""Where a warning list keeps its entries."""

KINDS: Mapping[WarningKind, tuple[str, ...]] = {
    WarningKind.RESOLVER: ("dns resolver", "public dns"),
    WarningKind.CDN: ("cdn", "cloudflare", "akamai", "fastly", "cloudfront", "content delivery"),
    WarningKind.POPULAR: ("top 1", "top 5", "top10", "alexa", "tranco", "umbrella", "majestic", "crux", "most used"),
    WarningKind.SHARED: ("aws", "azure", "google cloud", "gcp", "dynamic dns", "tlds", "shortener", "hosting", "vpn"),
}
"""What a list warns of, by words of its name or description; the first row that fits counts."""

SEARCHED = {Matching.SUBSTRING: 1000, Matching.REGEX: 200}
"""How many entries a list may have that has to be gone through for every value."""

_DIGESTS = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")
_TYPES: Mapping[str, ObservableType] = {
    **{name: ObservableType.IP for name in ("ip-src", "ip-dst", "ip")},
    **{name: ObservableType.DOMAIN for name in ("domain", "hostname")},
    **{name: ObservableType.URL for name in ("url", "uri", "link")},
    **{name: ObservableType.EMAIL for name in ("email", "email-src", "email-dst")},
    **{name: ObservableType.HASH for name in _DIGESTS},
}
_LENGTHY = re.compile(r"\)\s*[*+?{]|\(\?(?!:|i\))|\\[1-9kg]")
"""Groups that repeat, look-around and other extensions, references."""
_UNBOUNDED = re.compile(r"(?<!\\)[*+]|\{\d*,\d*\}")
_REPEATS = 2
"""Repetitions without a bound that one expression may have."""
_DELIMITED = re.compile(r"/(.*)/([a-z]*)", re.DOTALL)


class _Head(BaseModel):
    name: str = Field(min_length=1, max_length=200)
    version: int = 0
    description: str = ""
    type: Matching = Matching.STRING
    matching_attributes: tuple[str, ...] = ()


def read_list(found: Iterable[Part], lines: Lines) -> Reading:
    """One warning list; an entry that cannot be matched as the list says is refused, the rest taken."""
    reading, head, entries = Reading("warninglist"), Json(), list[Part]()
    for part in found:
        if part.path == ENTRIES:
            entries.append(part)
        elif len(part.path) == 1:
            head[part.path[0]] = part.value
    try:
        said = _Head.model_validate(head)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise lines.refuse(f"the warning list: `{first['loc'][0]}`: {first['msg'].lower()}", 0) from None
    if len(entries) > SEARCHED.get(said.type, len(entries)):
        raise lines.refuse(f"a list of type {said.type} has {SEARCHED[said.type]} entries at most", 0)
    taken = list[str]()
    for entry in entries:
        try:
            taken.append(_entry(said.type, entry.value))
        except ValueError as error:
            reading.refused.append(lines.refuse(f"`{shown(said.name)}`: {error}", entry.offset))
    reading.lists.append(_list(said, taken))
    return reading


def kind_of_list(name: str, description: str = "") -> WarningKind:
    """What a list of this name warns of (rule 1)."""
    for text in (name.lower(), description.lower()):
        for kind, words in KINDS.items():
            if any(re.search(rf"\b{re.escape(word)}", text) for word in words):
                return kind
    return WarningKind.SHARED


def compiled(entry: str) -> re.Pattern[str]:
    """An expression of a list, with or without the delimiters and flags of PHP; `ValueError` where it may run long."""
    delimited = _DELIMITED.fullmatch(entry)
    expression = delimited[1] if delimited else entry
    bare = re.sub(r"\[(?:\\.|[^\]\\])*\]", "x", expression)
    if len(expression) > 500 or _LENGTHY.search(bare) or len(_UNBOUNDED.findall(bare)) > _REPEATS:
        raise ValueError(f"the expression `{shown(entry)}` may take long to match")
    try:
        return re.compile(expression, re.IGNORECASE)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"the expression `{shown(entry)}` cannot be read: {error}") from None


def _entry(matching: Matching, value: JsonValue) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"`{shown(str(value))}` is no entry")
    text = value.strip()
    if matching is Matching.CIDR and place(text) is None:
        raise ValueError(f"`{shown(text)}` is neither an address nor a network")
    if matching is Matching.REGEX:
        compiled(text)
    return text


def _list(said: _Head, entries: Iterable[str]) -> WarningList:
    types = {_TYPES[one] for name in said.matching_attributes for one in name.split("|") if one in _TYPES}
    return WarningList(
        name=said.name.strip(),
        version=said.version,
        kind=kind_of_list(said.name, said.description),
        matching=said.type,
        types=tuple(sorted(types)),
        entries=tuple(dict.fromkeys(entries)),
    )

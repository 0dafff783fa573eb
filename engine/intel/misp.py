"""Indicators from MISP events: attributes that are meant for detection (`to_ids`), alone or in objects.

Seen is `last_seen`, else `first_seen`, else the attribute's own time; the owner is the organisation that made the event
(`Orgc`). Of types that join two values, those are read whose one value is malicious by itself: a digest with its file
name, a domain with the address it had. An address with a port says less than the address, and is passed over.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from pydantic import AliasChoices, BaseModel, Field, JsonValue, ValidationError

from engine.errors import InvalidInput
from engine.intel.json_parts import Part
from engine.intel.markings import limits
from engine.intel.records import Lines, Reading, Terms, sane, shown, value_of
from engine.model.base import AwareDatetime, Json
from engine.model.context import Indicator, Pap, Tlp
from engine.model.finding import ObservableType

ATTRIBUTES, OBJECTS = ("Attribute",), ("Object",)
ARRAYS = (("Event", "Attribute"), ("Event", "Object"), ATTRIBUTES, OBJECTS)
"""Where an event keeps what it holds; bare events have no `Event` around them."""

_DIGESTS = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")
TYPES: Mapping[str, tuple[ObservableType, int]] = {
    "ip-src": (ObservableType.IP, 0),
    "ip-dst": (ObservableType.IP, 0),
    "domain": (ObservableType.DOMAIN, 0),
    "hostname": (ObservableType.DOMAIN, 0),
    "domain|ip": (ObservableType.DOMAIN, 0),
    "url": (ObservableType.URL, 0),
    "email": (ObservableType.EMAIL, 0),
    "email-src": (ObservableType.EMAIL, 0),
    "email-dst": (ObservableType.EMAIL, 0),
    **{digest: (ObservableType.HASH, 0) for digest in _DIGESTS},
    **{f"filename|{digest}": (ObservableType.HASH, 1) for digest in _DIGESTS},
}
"""The attribute types that are looked up here: the kind of value, and which of the values that `|` parts."""

LEVELS = {
    "completely-confident": 1.0,
    "usually-confident": 0.75,
    "fairly-confident": 0.5,
    "rarely-confident": 0.25,
    "unconfident": 0.0,
}
"""What MISP's taxonomy `misp:confidence-level` says in numbers (its own, in hundredths)."""
_LEVEL = "misp:confidence-level="


class _Tag(BaseModel):
    name: str = ""


class _Named(BaseModel):
    name: str = ""


class _Attribute(BaseModel):
    uuid: str = Field(default="", max_length=200)
    type: str
    value: str
    to_ids: bool = False
    deleted: bool = False
    timestamp: AwareDatetime | None = None
    first_seen: AwareDatetime | None = None
    last_seen: AwareDatetime | None = None
    tags: tuple[_Tag, ...] = Field(default=(), validation_alias=AliasChoices("Tag", "tags"))


class _Event(BaseModel):
    orgc: _Named = Field(default=_Named(), validation_alias="Orgc")
    org: _Named = Field(default=_Named(), validation_alias="Org")
    tags: tuple[_Tag, ...] = Field(default=(), validation_alias="Tag")
    date: str = ""

    @property
    def owner(self) -> str:
        """Who made it, else who holds it."""
        return (self.orgc.name or self.org.name).strip()


class _Piece(NamedTuple):
    offset: int
    said: JsonValue


def read_event(found: Iterable[Part], lines: Lines, terms: Terms) -> Reading:
    """The attributes of one event; what is said about the event may stand behind them."""
    reading, head, pieces = Reading("misp"), Json(), list[_Piece]()
    for part in found:
        path = part.path[1:] if part.path[:1] == ("Event",) else part.path
        if path in (ATTRIBUTES, OBJECTS):
            pieces.extend(_attributes(part))
        elif len(path) == 1:
            head[path[0]] = part.value
    try:
        event = _Event.model_validate(head)
    except ValidationError as error:
        raise lines.refuse(f"the event: {_complaint(error)}", 0) from None
    for piece in pieces:
        _take(reading, piece, event, terms, lines)
    return reading


def _attributes(part: Part) -> Iterator[_Piece]:
    """An attribute itself, or those of an object; each stands where that stands."""
    inner = part.value.get("Attribute") if part.path[-1] == "Object" and isinstance(part.value, dict) else None
    held = inner if isinstance(inner, list) else [part.value]
    yield from (_Piece(part.offset, one) for one in held)


def _take(reading: Reading, piece: _Piece, event: _Event, terms: Terms, lines: Lines) -> None:
    try:
        said = _Attribute.model_validate(piece.said)
        passed_over = _passed_over(said)
        if passed_over:
            reading.skipped[passed_over] += 1
        else:
            reading.indicators.append(_indicator(said, event, terms))
    except ValidationError as error:
        reading.refused.append(lines.refuse(f"{_called(piece.said)}: {_complaint(error)}", piece.offset))
    except InvalidInput as error:
        reading.refused.append(lines.refuse(f"{_called(piece.said)}: {error.message}", piece.offset))


def _passed_over(said: _Attribute) -> str:
    if not said.to_ids:
        return "attribute that is not for detection"
    return "" if said.type in TYPES else f"attribute of type {shown(said.type)}"


def _indicator(said: _Attribute, event: _Event, terms: Terms) -> Indicator:
    kind, which = TYPES[said.type]
    values = said.value.split("|")
    if len(values) != said.type.count("|") + 1:
        raise InvalidInput(f"`{shown(said.value)}` is no `{said.type}`")
    labels = [tag.name for tag in (*said.tags, *event.tags)]
    tlp, pap = _limits(labels)
    seen_at = _seen(said, event)
    end = terms.end(seen_at, None)
    return Indicator(
        type=kind,
        value=value_of(kind, values[which].strip()),
        origin=terms.feed,
        owner=event.owner or terms.owner,
        seen_at=seen_at,
        confidence=_confidence(labels, terms),
        valid_until=min(end or seen_at, seen_at) if said.deleted else end,
        tlp=tlp,
        pap=pap,
        source_id=said.uuid,
        revised_at=said.timestamp,
    )


def _seen(said: _Attribute, event: _Event) -> datetime:
    at = said.last_seen or said.first_seen or said.timestamp
    try:
        return sane(at or datetime.fromisoformat(event.date).replace(tzinfo=UTC))
    except ValueError as error:
        raise InvalidInput(f"it does not say when it was seen: {error}") from None


def _confidence(labels: Iterable[str], terms: Terms) -> float:
    """The lowest that a tag says, else what the terms say."""
    said = [label.removeprefix(_LEVEL).strip('"') for label in labels if label.startswith(_LEVEL)]
    return min((LEVELS[level] for level in said if level in LEVELS), default=terms.confidence)


def _limits(labels: Iterable[str]) -> tuple[Tlp | None, Pap | None]:
    try:
        return limits(labels)
    except ValueError as error:
        raise InvalidInput(str(error)) from None


def _called(said: JsonValue) -> str:
    name = said.get("uuid") or said.get("value") if isinstance(said, dict) else None
    return f"attribute `{shown(str(name))}`" if name else "an attribute"


def _complaint(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    field, message = ".".join(str(step) for step in first["loc"]), first["msg"].removeprefix("Value error, ")
    return f"`{field}`: {message[:1].lower()}{message[1:]}"

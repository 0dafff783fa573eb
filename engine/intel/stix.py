"""Indicators from STIX 2.1 bundles (and 2.0, and TAXII envelopes), which name their makers and limits by reference.

Seen is `valid_from`; the owner is the identity that `created_by_ref` names. A reference to an identity that is not in
the file counts as that identity's id, a reference to a marking that is neither known nor in the file refuses the
indicator: what limits it is not known.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, BaseModel, Field, JsonValue, ValidationError

from engine.errors import InvalidInput
from engine.intel.json_parts import Part
from engine.intel.markings import KNOWN, limits, strictest
from engine.intel.records import Lines, Reading, Terms, sane, shown
from engine.intel.stix_pattern import claims
from engine.model.base import AwareDatetime, Json
from engine.model.context import Indicator, Pap, Tlp

OBJECTS = ("objects",)
"""Where a bundle or envelope keeps what it holds."""
HARMLESS = "benign"
"""The indicator type (in 2.0, the label) of what is not malicious."""

_Instant = Annotated[AwareDatetime, AfterValidator(sane)]


class _Granular(BaseModel):
    marking_ref: str = ""


class _Indicator(BaseModel):
    id: str = Field(min_length=1, max_length=200)
    pattern: str = Field(min_length=1)
    pattern_type: str = "stix"
    valid_from: _Instant
    valid_until: _Instant | None = None
    modified: _Instant | None = None
    confidence: int | None = Field(default=None, ge=0, le=100)
    created_by_ref: str = ""
    object_marking_refs: tuple[str, ...] = ()
    granular_markings: tuple[_Granular, ...] = ()
    labels: tuple[str, ...] = ()
    indicator_types: tuple[str, ...] = ()
    revoked: bool = False


class _Limits(NamedTuple):
    tlp: Tlp | None
    pap: Pap | None


class _Around(NamedTuple):
    """What the bundle's other objects say about its indicators; None for a marking that is not understood."""

    names: Mapping[str, str]
    markings: Mapping[str, _Limits | None]


def read_bundle(found: Iterable[Part], lines: Lines, terms: Terms) -> Reading:
    """The indicators among the objects, whose makers and markings may stand behind them."""
    reading, objects = Reading("stix"), [part for part in found if part.path == OBJECTS]
    around = _around(part.value for part in objects if isinstance(part.value, dict))
    for part in objects:
        said = part.value
        if not isinstance(said, dict):
            reading.refused.append(lines.refuse("an object is missing", part.offset))
        elif said.get("type") != "indicator":
            reading.skipped[f"object of type {shown(str(said.get('type')))}"] += 1
        else:
            _take(reading, said, around, terms, lines, part.offset)
    return reading


def _take(reading: Reading, said: Json, around: _Around, terms: Terms, lines: Lines, offset: int) -> None:
    try:
        indicator = _Indicator.model_validate(said)
        passed_over = _passed_over(indicator)
        if passed_over:
            reading.skipped[passed_over] += 1
            return
        reading.indicators.extend(_indicators(indicator, around, terms))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(step) for step in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        reading.refused.append(lines.refuse(f"{_called(said)}: `{field}`: {message[:1].lower()}{message[1:]}", offset))
    except InvalidInput as error:
        pattern = f"pattern `{shown(str(said.get('pattern')))}`"
        reading.refused.append(lines.refuse(f"{_called(said)}: {pattern}: {error.message}", offset))


def _called(said: Json) -> str:
    return f"`{shown(str(said.get('id', 'an indicator without an id')))}`"


def _passed_over(indicator: _Indicator) -> str:
    if indicator.pattern_type != "stix":
        return f"pattern of type {shown(indicator.pattern_type)}"
    return "indicator of what is benign" if HARMLESS in (*indicator.indicator_types, *indicator.labels) else ""


def _indicators(said: _Indicator, around: _Around, terms: Terms) -> Iterator[Indicator]:
    tlp, pap = _limits(said, around)
    end = terms.end(said.valid_from, said.valid_until)
    if said.revoked:
        end = min(end or said.valid_from, said.valid_from)
    for claim in claims(said.pattern):
        yield Indicator(
            type=claim.kind,
            value=claim.value,
            origin=terms.feed,
            owner=around.names.get(said.created_by_ref, said.created_by_ref) or terms.owner,
            seen_at=said.valid_from,
            confidence=terms.confidence if said.confidence is None else said.confidence / 100,
            valid_until=end,
            tlp=tlp,
            pap=pap,
            source_id=said.id,
            revised_at=said.modified,
        )


def _limits(said: _Indicator, around: _Around) -> _Limits:
    references = [*said.object_marking_refs, *(one.marking_ref for one in said.granular_markings if one.marking_ref)]
    found = [_Limits(*_labelled(said.labels))]
    for reference in references:
        marking = around.markings.get(reference)
        if marking is None:
            raise InvalidInput(f"marking `{shown(reference)}` is not known, so that its limits are not")
        found.append(marking)
    return _Limits(strictest(Tlp, (one.tlp for one in found)), strictest(Pap, (one.pap for one in found)))


def _around(objects: Iterable[Json]) -> _Around:
    names = dict[str, str]()
    markings: dict[str, _Limits | None] = {reference: _Limits(tlp, None) for reference, tlp in KNOWN.items()}
    for said in objects:
        reference = str(said.get("id"))
        if said.get("type") == "identity" and isinstance(said.get("name"), str):
            names[reference] = str(said["name"]).strip()
        elif said.get("type") == "marking-definition" and reference not in KNOWN:
            markings[reference] = _marking(said)
    return _Around(names, markings)


def _marking(said: Json) -> _Limits | None:
    """What a marking of the file itself limits: by its name, its definition and its extensions; most limit nothing."""
    try:
        return _Limits(*_labelled(_texts(said)))
    except InvalidInput:
        return None


def _labelled(labels: Iterable[str]) -> tuple[Tlp | None, Pap | None]:
    try:
        return limits(labels)
    except ValueError as error:
        raise InvalidInput(str(error)) from None


def _texts(said: JsonValue, name: str = "") -> Iterator[str]:
    """Every text in a marking; what stands under `tlp`, `tlp_2_0` or `pap` is read as a colour of that."""
    if isinstance(said, dict):
        for inner, value in said.items():
            yield from _texts(value, inner)
    elif isinstance(said, list):
        for value in said:
            yield from _texts(value, name)
    elif isinstance(said, str):
        system = name.lower().removesuffix("_2_0")
        yield f"{system}:{said}" if system in ("tlp", "pap") and ":" not in said else said

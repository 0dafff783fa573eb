"""Whether a scoped entry of a policy counts: what it names, and from when until when. Pure; the time is an argument."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from engine.authoring import Reviewer
from engine.context.places import Place, overlap, place, spelling
from engine.context.reach import reached
from engine.documents import Step
from engine.model.base import Json
from engine.model.policy import PolicyDocument
from engine.model.scoped import AuthorisedActivity, Exclude, Protect
from engine.ports import Context, Network

Scoped = Exclude | Protect | AuthorisedActivity
_LOOKS_LIKE_A_PLACE = re.compile(r"\d+(\.\d+){2,}(/.*)?|[0-9a-fA-F]*:[0-9a-fA-F:.]*(/.*)?")


def names_of(context: Context, *targets: str | None) -> tuple[str, ...]:
    """Everything by which these targets may be meant: their own spellings and what stands there.

    For a host or an address that is its name and all its addresses; for a network the names of what has one in it.
    """
    found = {spelling(target) for target in targets if target}
    for target in [*found]:
        addresses = not isinstance(place(target), Network)
        for asset in reached(context, target):
            found |= {spelling(name) for name in (asset.name, *(asset.addresses if addresses else ()))}
    return tuple(sorted(found))


def covers(things: Iterable[str], names: Sequence[str]) -> bool:
    """Whether one of the names is one of the things, lies in it or holds it."""
    ours, theirs = {spelling(thing) for thing in things}, {spelling(name) for name in names}
    return bool(ours & theirs) or any(overlap(one, other) for one in _places(ours) for other in _places(theirs))


def _places(names: Iterable[str]) -> list[Place]:
    return [found for found in map(place, names) if found is not None]


def instant(facts: Json) -> datetime | None:
    """The instant of a decision, by its facts; None where they do not say."""
    try:
        at = datetime.fromisoformat(str(facts.get("time.now")))
    except ValueError:
        return None
    return None if at.tzinfo is None else at


def texts(facts: Json, name: str) -> tuple[str, ...]:
    """A fact that is a list of text; what is none holds nothing."""
    value = facts.get(name)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def counts(entry: Scoped, at: datetime | None) -> bool:
    """Whether it has begun and not ended: at the instant of its end it counts no more. Without a time it counts."""
    if at is None:
        return True
    if isinstance(entry, AuthorisedActivity) and entry.starts_at is not None and at < entry.starts_at:
        return False
    return entry.expires_at is None or at < entry.expires_at


def review_scoped(content: PolicyDocument, reviewer: Reviewer) -> None:
    """Refuse an id that something else has, for reasons name it, and an address that is none."""
    taken = {clause.id for clause in (*content.matrix, *content.rules, *content.enforcement.scopes)}
    sections: Mapping[str, Sequence[Scoped]] = {
        "exclusions": content.exclusions,
        "protected": content.protected,
        "authorised_activity": content.authorised_activity,
    }
    for section, entries in sections.items():
        reviewer.unique([entry.id for entry in entries], section)
        for index, entry in enumerate(entries):
            if entry.id in taken:
                reviewer.refuse(f"`{entry.id}` is the id of something else already", section, index, "id")
            _sound(entry.targets, reviewer, section, index, "targets")
            if isinstance(entry, AuthorisedActivity):
                _sound(entry.sources, reviewer, section, index, "sources")
        taken |= {entry.id for entry in entries}


def _sound(things: Sequence[str], reviewer: Reviewer, *path: Step) -> None:
    for index, thing in enumerate(things):
        if place(thing) is None and _LOOKS_LIKE_A_PLACE.fullmatch(thing):
            reviewer.refuse(f"`{thing}` is no address and no network", *path, index)

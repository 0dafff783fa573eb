"""How many independent origins say a thing, and when what they say counts.

Rules: 1. An indicator counts from the instant it was seen until it ends. 2. One owner is one origin, through however
many feeds it reaches us; an owner that is not named is the feed. 3. One feed is one origin, whatever owners it names,
for nobody but the feed vouches for them. 4. One record (STIX or MISP id) is one observation, through however many feeds
and under whatever names it reaches us. 5. Independent are as many as can be paired, each owner with a feed of its own.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from engine.model.context import Indicator

FRESH = timedelta(hours=24)
"""How long what was seen counts as lately seen."""
ENOUGH = 64
"""Origins are counted up to here."""

_Feeds = Mapping[str, set[str]]
"""Owner -> the feeds that brought what they observed."""


def in_force(indicators: Iterable[Indicator], now: datetime) -> tuple[Indicator, ...]:
    """Those that count at `now` (rule 1)."""
    return tuple(one for one in indicators if one.seen_at <= now and (one.valid_until is None or now < one.valid_until))


def independent(indicators: Iterable[Indicator]) -> int:
    """The number of independent origins (rules 2 to 5), up to `ENOUGH`."""
    found = tuple(indicators)
    leaders = _merged(found)
    feeds = dict[str, set[str]]()
    for indicator in found:
        feeds.setdefault(_leader(leaders, owner_of(indicator)), set()).add(_name(indicator.origin))
    pairs = dict[str, str]()
    return sum(_pair(owner, feeds, pairs, set()) for owner in sorted(feeds)[:ENOUGH])


def owner_of(indicator: Indicator) -> str:
    """Whose observation it is, as owners are compared (rule 2)."""
    return _name(indicator.owner) or _name(indicator.origin)


def _name(text: str) -> str:
    return " ".join(text.casefold().split())


def _merged(indicators: Iterable[Indicator]) -> dict[str, str]:
    """Every owner -> another who passed the same record on as theirs, or themselves (rule 4)."""
    leaders, first = dict[str, str](), dict[str, str]()
    for indicator in indicators:
        owner = owner_of(indicator)
        leaders.setdefault(owner, owner)
        if indicator.source_id:
            other = first.setdefault(indicator.source_id, owner)
            leaders[_leader(leaders, owner)] = _leader(leaders, other)
    return leaders


def _leader(leaders: dict[str, str], owner: str) -> str:
    """The one name for an owner and all merged with them; the way there is shortened for the next who asks."""
    while leaders[owner] != owner:
        leaders[owner] = owner = leaders[leaders[owner]]
    return owner


def _pair(owner: str, feeds: _Feeds, pairs: dict[str, str], asked: set[str]) -> bool:
    """Find `owner` a feed of its own, moving others to another of theirs where that helps (rule 5).

    Kuhn's augmenting paths: `pairs` is feed -> owner, `asked` the feeds that this search has been through.
    """
    for feed in sorted(feeds[owner]):
        if feed in asked:
            continue
        asked.add(feed)
        if feed not in pairs or _pair(pairs[feed], feeds, pairs, asked):
            pairs[feed] = owner
            return True
    return False

"""What is known about the place as people and programs read it: each thing with what said so, and how old that is."""

from collections.abc import Sequence
from datetime import datetime

from engine.context.places import spelling
from engine.context.roles import parts
from engine.errors import NotFound
from engine.model.base import Json
from engine.model.context import Asset, Identity
from engine.model.provenance import Source, all_stale
from engine.ports import Context


def told(context: Context, target: str, now: datetime) -> Json:
    """Everything known of a host, address or account; raise `NotFound` where nobody said anything."""
    asset, identity, why = context.asset(target), context.identity(target), context.untouchable(target)
    things = [thing for thing in (asset, identity) if thing is not None]
    if not things and why is None and not context.segment(target):
        raise NotFound(f"nothing is known of `{target}`, so it counts as high")
    return {
        "target": spelling(target),
        "zone": context.zone(target),
        "segment": context.segment(target),
        "untouchable": why,
        "known": [_thing(context, thing, now) for thing in things],
        "sharing": [one.name for one in context.sharing(target)],
        "guests": [] if asset is None else [one.name for one in context.guests(asset.name)],
        "gateway_of": [*context.gateway_of(target)],
        "dependents": [] if asset is None else [one.name for one in context.dependents(asset.name)],
    }


def inventory(context: Context, now: datetime) -> Json:
    """Everything there is, in short, and every source with its age."""
    things: tuple[Asset | Identity, ...] = (*context.assets(), *context.identities())
    return {
        "sources": [source_told(one, now) for one in context.sources()],
        "inventory": [_short(context, one, now) for one in things],
    }


def source_told(source: Source, now: datetime) -> Json:
    """One source: whose, from what file, how old, and whether it still counts."""
    shown = source.model_dump(mode="json")
    return shown | {"age_s": int(source.age(now).total_seconds()), "stale": source.is_stale(now)}


def _thing(context: Context, thing: Asset | Identity, now: datetime) -> Json:
    said = thing.model_dump(mode="json") | {"kind": "asset" if isinstance(thing, Asset) else "account"}
    lived_on = [*sorted(part.value for part in parts(thing))] if isinstance(thing, Asset) else []
    sources = context.sources(thing)
    return said | {
        "parts": lived_on,
        "stale": all_stale(tuple(sources), now),
        "sources": [source_told(one, now) for one in sources],
    }


def _short(context: Context, thing: Asset | Identity, now: datetime) -> Json:
    sources: Sequence[Source] = context.sources(thing)
    return {
        "kind": "asset" if isinstance(thing, Asset) else "account",
        "name": thing.name,
        "criticality": thing.criticality,
        "owner": thing.owner,
        "roles": [*thing.roles],
        "from": [source.name for source in sources] or ["the site's own file"],
        "stale": all_stale(tuple(sources), now),
    }

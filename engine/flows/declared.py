"""What traffic serves, by what the site's people declared; never by what a flow says of itself.

Rules: 1. A tag comes from the context alone: its tag rules, then its jobs, then the dependencies of its assets; the
first that is met counts. 2. A rule without a peer speaks of traffic among our own and our partners' networks only: else
whoever sends to that port anywhere could call it a backup. 3. Each has an owner to ask.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from engine.context.file import ContextFile
from engine.context.places import place, spelling
from engine.flows.records import ends, protocol
from engine.model.context import Asset

BUSINESS = "business"
"""What a declared dependency serves."""
Spans = tuple[tuple[int, int], ...]
"""Ranges of addresses, both ends included."""


@dataclass(frozen=True)
class Declared:
    """Traffic between one of `ends` and one of `others` (anybody's where None), on this port and protocol."""

    tag: str
    owner: str
    ends: Spans
    others: Spans | None = None
    port: int | None = None
    protocol: int | None = None


def declared(file: ContextFile) -> tuple[Declared, ...]:
    """Everything that the site's people said of traffic, in the order in which it counts."""
    assets = {spelling(asset.name): asset for asset in file.assets}
    at = {spelling(address): asset for asset in file.assets for address in asset.addresses}
    return (*_rules(file, assets, at), *_jobs(file, assets, at), *_dependencies(file, assets))


Assets = Mapping[str, Asset]


def _rules(file: ContextFile, assets: Assets, at: Assets) -> Iterator[Declared]:
    ours = tuple(ends(network) for network in (*file.inside, *file.partner))
    for rule in file.tags:
        number = None if rule.protocol is None else protocol(rule.protocol, "protocol")
        if rule.peer is None:
            yield Declared(rule.tag, rule.owner, ours, ours, rule.port, number)  # rule 2
        else:
            owner = rule.owner or _owner(rule.peer, assets, at)
            yield Declared(rule.tag, owner, _spans(rule.peer, assets), None, rule.port, number)


def _jobs(file: ContextFile, assets: Assets, at: Assets) -> Iterator[Declared]:
    """Whoever runs a job, it is known by where it goes."""
    for job in file.jobs:
        owner = _owner(job.destination, assets, at) or _owner(job.source, assets, at)
        number = protocol(job.protocol, "protocol")
        yield Declared(job.tag, owner, _spans(job.destination, assets), None, job.port, number)


def _dependencies(file: ContextFile, assets: Assets) -> Iterator[Declared]:
    serving = {spelling(service): asset for asset in reversed(file.assets) for service in asset.services}
    for asset in file.assets:
        for need in asset.depends_on:
            provider = assets.get(spelling(need)) or serving.get(spelling(need))
            if provider is not None and provider is not asset:
                here, there = _spans(asset.name, assets), _spans(provider.name, assets)
                yield Declared(BUSINESS, asset.owner, here, there)


def _spans(name: str, assets: Assets) -> Spans:
    asset = assets.get(spelling(name))
    found: Iterable[str] = (name,) if asset is None else asset.addresses
    return tuple(ends(one) for one in map(place, found) if one is not None)


def _owner(name: str, assets: Assets, at: Assets) -> str:
    asset = assets.get(spelling(name)) or at.get(spelling(name))
    return "" if asset is None else asset.owner

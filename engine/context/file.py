"""The context file: what a site's people say about it, read once and checked against itself."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from itertools import chain
from pathlib import Path

from engine.context.flows import by_day, read_flows, tagger
from engine.context.parts import Job, Message, Segment, TagRule, Untouchable
from engine.context.places import place, spelling
from engine.documents import Step, read
from engine.errors import InvalidFile, InvalidInput
from engine.intel.lists import read_indicators
from engine.model.base import AwareDatetime, Model
from engine.model.context import Asset, Exclusion, Flow, Identity, Indicator

PRIVATE = tuple(ip_network(cidr) for cidr in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"))
"""Inside unless the file says otherwise: RFC 1918 and RFC 4193."""

SIZE_LIMIT = 16_000_000
"""Bytes of one file, enough for a hundred thousand assets; more than people write by hand."""

Steps = tuple[Step, ...]
Named = tuple[Steps, str]
"""A name (or a complaint) and the path of the value it stands at."""


class ContextFile(Model):
    """A site as its file describes it; `as_of` is when its absolute times were true.

    `flow_files` (CSV or Zeek, tagged by `tags`) and `indicator_files` (CSV) are read when it is loaded; their paths are
    relative to this file.
    """

    as_of: AwareDatetime | None = None
    assets: tuple[Asset, ...] = ()
    identities: tuple[Identity, ...] = ()
    segments: tuple[Segment, ...] = ()
    inside: tuple[IPv4Network | IPv6Network, ...] = PRIVATE
    partner: tuple[IPv4Network | IPv6Network, ...] = ()
    messages: tuple[Message, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    untouchable: tuple[Untouchable, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    jobs: tuple[Job, ...] = ()
    flows: tuple[Flow, ...] = ()
    tags: tuple[TagRule, ...] = ()
    flow_files: tuple[str, ...] = ()
    indicator_files: tuple[str, ...] = ()

    def job(self, name: str) -> Job:
        """The job of this name that still runs; raise `InvalidInput` if there is none."""
        found = next((job for job in self.jobs if job.name == name and job.until is None), None)
        if found is None:
            raise InvalidInput(f"no job `{name}` runs here")
        return found

    def with_job_moved(self, name: str, source: str, at: datetime) -> "ContextFile":
        """The site after another host took a job over and ran it first at `at`."""
        old = self.job(name)
        new = old.model_copy(update={"source": source, "since": at})
        first = Flow(at=at, tag=new.tag, **new.model_dump(include={"source", "destination", "port", "protocol"}))
        others = tuple(job for job in self.jobs if job is not old)
        ended = old.model_copy(update={"until": at})
        return self.model_copy(update={"jobs": (*others, ended, new), "flows": (*self.flows, first)})

    def rebased(self, now: datetime) -> "ContextFile":
        """The same site with every absolute time shifted as if the file had been written `now`."""
        if self.as_of is None:
            raise InvalidInput("the context file has no `as_of`, so its times cannot be shifted")
        shift = now - self.as_of
        return self.model_copy(
            update={
                "as_of": now,
                "indicators": _shifted(self.indicators, shift, "seen_at"),
                "exclusions": _shifted(self.exclusions, shift, "expires_at"),
                "jobs": _shifted(self.jobs, shift, "since", "until"),
                "flows": _shifted(self.flows, shift, "at"),
            }
        )


def load(path: Path) -> ContextFile:
    """Read a context file; raise `InvalidFile` with the position of everything that is wrong in it."""
    document = read(path, SIZE_LIMIT)
    file = document.validate(ContextFile)
    problems = tuple(document.at(steps).error(message) for steps, message in contradictions(file))
    if problems:
        raise InvalidFile(problems)
    return _with_files(file, path.parent)


def _with_files(file: ContextFile, folder: Path) -> ContextFile:
    tag = tagger(file.tags, file.assets, (*file.inside, *file.partner))
    flows = chain.from_iterable(read_flows(folder / name, tag) for name in file.flow_files)
    indicators = chain.from_iterable(read_indicators(folder / name) for name in file.indicator_files)
    return file.model_copy(
        update={"flows": (*file.flows, *by_day(flows)), "indicators": (*file.indicators, *indicators)}
    )


def contradictions(file: ContextFile) -> Iterator[Named]:
    """Things named twice, or named but not there, or that cannot be."""
    yield from within_itself(file)
    yield from not_there(file)


def within_itself(file: ContextFile) -> Iterator[Named]:
    """Things named twice, or that cannot be, whatever other files say."""
    yield from _twice((("assets", i, "name"), asset.name) for i, asset in enumerate(file.assets))
    yield from _twice(_addresses(file))
    yield from _twice((("identities", i, "name"), identity.name) for i, identity in enumerate(file.identities))
    yield from _twice((("segments", i, "name"), segment.name) for i, segment in enumerate(file.segments))
    yield from _twice((("messages", i, "id"), message.id) for i, message in enumerate(file.messages))
    yield from _twice((("jobs", i, "name"), job.name) for i, job in enumerate(file.jobs) if job.until is None)
    yield from ((steps, f"`{text}` is no address") for steps, text in _addresses(file) if place(text) is None)
    yield from _impossible(file)


def _addresses(file: ContextFile) -> Iterator[Named]:
    for i, asset in enumerate(file.assets):
        yield from ((("assets", i, "addresses", j), address) for j, address in enumerate(asset.addresses))


def _twice(named: Iterable[Named]) -> Iterator[Named]:
    seen = set[str]()
    for steps, name in named:
        if spelling(name) in seen:
            yield steps, f"`{name}` is named twice"
        seen.add(spelling(name))


def not_there(file: ContextFile) -> Iterator[Named]:
    """Segments, hosts and services that are named and that nobody has listed."""
    segments = {segment.name for segment in file.segments}
    services = chain.from_iterable(asset.services for asset in file.assets)
    known = {spelling(name) for name in (*services, *(asset.name for asset in file.assets))}
    for i, asset in enumerate(file.assets):
        if asset.segment and asset.segment not in segments:
            yield ("assets", i, "segment"), f"no segment `{asset.segment}`"
        for j, name in enumerate(asset.depends_on):
            if spelling(name) not in known:
                yield ("assets", i, "depends_on", j), f"no asset or service `{name}`"


def _impossible(file: ContextFile) -> Iterator[Named]:
    for i, indicator in enumerate(file.indicators):
        if not 0 <= indicator.confidence <= 1:
            yield ("indicators", i, "confidence"), "must be between 0 and 1"
        if not indicator.owner.strip():
            yield ("indicators", i, "owner"), "must not be empty: it tells independent origins from copies"
    for i, flow in enumerate(file.flows):
        if not 0 <= flow.port <= 65535:
            yield ("flows", i, "port"), "must be between 0 and 65535"


def _shifted(models: Sequence[Model], shift: timedelta, *fields: str) -> tuple[Model, ...]:
    return tuple(
        model.model_copy(
            update={field: getattr(model, field) + shift for field in fields if getattr(model, field) is not None}
        )
        for model in models
    )

"""What an effect would hit that was not shown to those who approved it; pure.

Rules: 1. Whoever is named now and was not before is news: a host that needs what is cut off, a service that traffic
goes to, whatever a warning names in its details. 2. More of what was shown is none up to a fifth: lines of traffic of
one tag, hosts. 3. Neither is less of it, nor the same in other words: times, volumes and sentences are not compared.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pydantic import JsonValue

from engine.model.base import Json
from engine.model.check import CheckOutcome, CheckResult
from engine.telling import listed
from engine.validate import CUT, DEPENDENTS, FLOWS, SHARE, blast

ABOUT_US = frozenset({"budget"})
"""Checks whose warning says how much we have done lately, and nothing of what is asked."""
NOBODY_HIT = frozenset({CUT, DEPENDENTS, FLOWS, SHARE, "owners"})
"""In `CheckResult.details`: what is compared by itself, and whom one would ask."""
HOSTS = "hosts"


class _Service(NamedTuple):
    tag: str
    destination: str
    port: str

    def __str__(self) -> str:
        return f"{self.tag} to {self.destination} {self.port}"


def unlike_shown(before: Sequence[CheckResult], now: Sequence[CheckResult]) -> tuple[str, ...]:
    """What is new of what the checks find, a line each; empty where what was shown covers it."""
    return (*_dependents(before, now), *_services(before, now), *_grown(before, now), *_warned(before, now))


def _dependents(before: Sequence[CheckResult], now: Sequence[CheckResult]) -> Iterator[str]:
    fresh = sorted({*_leaves(blast(now)[DEPENDENTS])} - {*_leaves(blast(before)[DEPENDENTS])})
    if fresh:
        yield f"it would also cut off {listed(fresh)}"


def _services(before: Sequence[CheckResult], now: Sequence[CheckResult]) -> Iterator[str]:
    """Only where all of the traffic was shown by its ends: of what was too much for that the number is compared."""
    shown = _all_services(before)
    fresh = sorted(map(str, _listed_services(now) - shown)) if shown is not None else []
    if fresh:
        yield f"it would also cut traffic: {listed(fresh)}"


def _all_services(results: Sequence[CheckResult]) -> frozenset[_Service] | None:
    counted = sum(1 for line in _lines(results) if line.get("destination"))
    return _listed_services(results) if counted == sum(_by_tag(results).values()) else None


def _listed_services(results: Sequence[CheckResult]) -> frozenset[_Service]:
    named = (line for line in _lines(results) if line.get("destination"))
    return frozenset(
        _Service(str(one.get("tag")), str(one["destination"]), f"{one.get('protocol')}/{one.get('port')}")
        for one in named
    )


def _lines(results: Sequence[CheckResult]) -> Iterator[Json]:
    for result in results:
        cut = result.details.get(CUT)
        yield from (line for line in (cut if isinstance(cut, list) else []) if isinstance(line, dict))


def _grown(before: Sequence[CheckResult], now: Sequence[CheckResult]) -> Iterator[str]:
    old = _sizes(before)
    for what, size in sorted(_sizes(now).items()):
        if 5 * size > 6 * old[what]:
            yield f"it would break more than was shown: {size} {what}, not {old[what]}"


def _sizes(results: Sequence[CheckResult]) -> Counter[str]:
    share = blast(results)[SHARE]
    hosts = share.get(HOSTS) if isinstance(share, dict) else None
    lines = {f"lines of {tag} traffic": count for tag, count in _by_tag(results).items()}
    return Counter({HOSTS: hosts if isinstance(hosts, int) else 0, **lines})


def _by_tag(results: Sequence[CheckResult]) -> Mapping[str, int]:
    lines = blast(results)["lines"]
    found = lines.items() if isinstance(lines, dict) else ()
    return {tag: count for tag, count in found if isinstance(count, int)}


def _warned(before: Sequence[CheckResult], now: Sequence[CheckResult]) -> Iterator[str]:
    shown = {result.check: {*_named(result)} for result in before if result.outcome is CheckOutcome.WARN}
    warning = {result.check: {*_named(result)} for result in now if result.outcome is CheckOutcome.WARN}
    fresh = sorted(warning.keys() - shown.keys() - ABOUT_US)
    if fresh:
        yield f"new warning: {', '.join(fresh)}"
    for check in sorted(warning.keys() & shown.keys() - ABOUT_US):
        names = sorted({name for _, name in warning[check] - shown[check]})
        if names:
            yield f"{check} also warns of {listed(names)}"


def _named(result: CheckResult) -> Iterator[tuple[str, str]]:
    for key, value in result.details.items():
        if key not in NOBODY_HIT:
            yield from ((key, name) for name in _leaves(value))


def _leaves(value: JsonValue) -> Iterator[str]:
    """The texts in it; numbers are sizes, and change."""
    match value:
        case str():
            yield value
        case list():
            for one in value:
                yield from _leaves(one)
        case dict():
            for one in value.values():
                yield from _leaves(one)
        case _:
            return

"""How well automation does, counted from requests, leases and people's verdicts; pure.

What nobody judged, or what never happened, is null and never zero: a share of nothing says nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from engine.autonomy import lower_bound
from engine.model.approval import Vote
from engine.model.base import Model
from engine.model.decision import Tier
from engine.model.feedback import ActionVerdictKind, Demoted
from engine.model.request import Request

HASTE, OFTEN = timedelta(seconds=5), 10
"""Whoever answers faster than this at the median, over so many answers at least, reads no card (operations 7)."""


@dataclass(frozen=True)
class Response:
    """One request with what became of it: instants, why its hold ended, and what people found it to be.

    `false_positive` is None where nobody judged its finding or incident.
    """

    request: Request
    accepted_at: datetime | None = None
    decided_at: datetime | None = None
    held_at: datetime | None = None
    left_why: str = ""
    verdicts: tuple[ActionVerdictKind, ...] = ()
    false_positive: bool | None = None
    votes: Sequence[Vote] = ()

    @property
    def carried_out(self) -> bool:
        """Whether it ever took effect."""
        return self.request.lease_id is not None

    @property
    def automatic(self) -> bool:
        """Whether it took effect without anybody asking for it or approving it."""
        decision = self.request.decision
        acts = decision is not None and decision.tier is not Tier.LOOK
        return self.carried_out and acts and not self.request.person and not self.request.approved


@dataclass(frozen=True)
class Effect:
    """One lease's instants."""

    began_at: datetime
    verified_at: datetime | None = None
    releasing_at: datetime | None = None
    released_at: datetime | None = None


@dataclass(frozen=True)
class Judged:
    """A detector version's verdicts."""

    detector: str
    version: str
    right: int
    verdicts: int
    demoted: Demoted | None = None


class Part(Model):
    """So many of so many."""

    count: int
    of: int
    share: float | None


class Accuracy(Part):
    """The share of judged automatic actions that were correct, with its one-sided 95 % lower bound."""

    bound: float | None
    by_verdict: dict[str, int]


class Overrides(Part):
    """Automatic actions that people took back, of all that took effect."""

    vetoes: int
    early_releases: int
    false_positives_with_holds: int


class Times(Model):
    """Percentiles in seconds by nearest rank."""

    n: int
    p50_s: float | None
    p95_s: float | None


class Precision(Model):
    """How often a detector version was right, where people looked."""

    detector: str
    version: str
    right: int
    verdicts: int
    precision: float | None
    bound: float | None
    demoted: str | None


class Hasty(Model):
    """Somebody who answers faster than anybody reads: how often they did, and the median of it in seconds."""

    principal: str
    answers: int
    median_s: float


class Metrics(Model):
    """Everything `fireline metrics` says."""

    since: str
    until: str
    automation_accuracy: Accuracy
    false_positive_responses: Part
    overrides: Overrides
    by_tier: dict[str, int]
    by_state: dict[str, int]
    times: dict[str, Times]
    detectors: tuple[Precision, ...]
    hasty: tuple[Hasty, ...] = ()


def measure(
    responses: Sequence[Response],
    effects: Sequence[Effect],
    detectors: Iterable[Judged],
    since: datetime,
    until: datetime,
) -> Metrics:
    """All of it over what was requested, and what began, between two instants."""
    tiers = Counter("none" if r.request.decision is None else str(int(r.request.decision.tier)) for r in responses)
    return Metrics(
        since=since.isoformat(),
        until=until.isoformat(),
        automation_accuracy=_accuracy(responses),
        false_positive_responses=_false_positives(responses),
        overrides=_overrides(responses),
        by_tier=dict(sorted(tiers.items())),
        by_state=dict(sorted(Counter(response.request.state.value for response in responses).items())),
        times=_times(responses, effects),
        detectors=tuple(_precision(judged) for judged in detectors),
        hasty=tuple(_hasty(responses)),
    )


def _hasty(responses: Iterable[Response]) -> Iterator[Hasty]:
    """Who answers within `HASTE` of being asked at the median, of those who answered often enough to tell."""
    spans = defaultdict[str, list[tuple[datetime | None, datetime | None]]](list)
    for response in responses:
        for vote in response.votes:
            spans[vote.principal].append((response.request.asked_at, vote.at))
    for name, given in sorted(spans.items()):
        times = percentiles(given)
        if times.n >= OFTEN and times.p50_s is not None and times.p50_s < HASTE / timedelta(seconds=1):
            yield Hasty(principal=name, answers=times.n, median_s=times.p50_s)


def _accuracy(responses: Sequence[Response]) -> Accuracy:
    """An action is correct where all who judged it say so."""
    judged = [set(response.verdicts) for response in responses if response.automatic and response.verdicts]
    right = sum(kinds == {ActionVerdictKind.CORRECT} for kinds in judged)
    counts = Counter(kind.value for kinds in judged for kind in kinds)
    bound = lower_bound(right, len(judged)) if judged else None
    return Accuracy(**_part(right, len(judged)), bound=bound, by_verdict=dict(sorted(counts.items())))


def _false_positives(responses: Sequence[Response]) -> Part:
    """Responses that took effect on what people found to be a false positive, of those they judged."""
    judged = [response.false_positive for response in responses if response.carried_out]
    known = [false for false in judged if false is not None]
    return Part(**_part(sum(known), len(known)))


def _overrides(responses: Sequence[Response]) -> Overrides:
    automatic = [response for response in responses if response.automatic]
    vetoes = sum(response.left_why == "vetoed" for response in automatic)
    withdrawn = [response for response in automatic if response.left_why == "withdrawn"]
    false = sum(response.false_positive is True for response in withdrawn)
    return Overrides(
        **_part(vetoes + len(withdrawn), len(automatic)),
        vetoes=vetoes,
        early_releases=len(withdrawn) - false,
        false_positives_with_holds=false,
    )


def _times(responses: Sequence[Response], effects: Sequence[Effect]) -> dict[str, Times]:
    """Decide and contain run from the finding's acceptance, approve from the question, the others from their begin."""
    approved = [response.request for response in responses if response.request.approved]
    return {
        "decide": percentiles((r.accepted_at, r.decided_at) for r in responses),
        "approve": percentiles((request.asked_at, request.authorised_at) for request in approved),
        "contain": percentiles((r.accepted_at, r.held_at) for r in responses),
        "verify": percentiles((effect.began_at, effect.verified_at) for effect in effects),
        "release": percentiles((effect.releasing_at, effect.released_at) for effect in effects),
    }


def percentiles(spans: Iterable[tuple[datetime | None, datetime | None]]) -> Times:
    """Over the spans whose both ends are known."""
    known = sorted(
        (end - start) / timedelta(seconds=1) for start, end in spans if start is not None and end is not None
    )
    return Times(n=len(known), p50_s=_rank(known, 0.50), p95_s=_rank(known, 0.95))


def _rank(ordered: Sequence[float], share: float) -> float | None:
    return round(ordered[max(0, ceil(share * len(ordered)) - 1)], 3) if ordered else None


def _precision(judged: Judged) -> Precision:
    measured = judged.verdicts > 0
    return Precision(
        detector=judged.detector,
        version=judged.version,
        right=judged.right,
        verdicts=judged.verdicts,
        precision=judged.right / judged.verdicts if measured else None,
        bound=lower_bound(judged.right, judged.verdicts) if measured else None,
        demoted=None if judged.demoted is None else judged.demoted.because,
    )


def _part(count: int, of: int) -> Mapping[str, float | None]:
    return {"count": count, "of": of, "share": count / of if of else None}

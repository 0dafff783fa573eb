"""The judge of the site: what its journal says happened, against the leases, their holders and the ledger."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from actions.simulators.events import Event, Op
from engine.control.absorb import pause
from engine.model.lease import Holder, Lease
from tests.crash.troubles import STEP_S
from tests.crash.truth import Truth
from tests.crash.verdict import Span, Verdict, longest_service
from tests.crash.view import View

BOUND_S = 5.0
"""I3."""
SAME_S = 0.05
"""What two processes of one machine may read differently off the same clock."""


@dataclass(frozen=True)
class Standing:
    """One element at the site, from when it was placed to when it was gone (None: it is there still)."""

    owner: str
    thing: tuple[str, str]
    placed: float
    gone: float | None
    by_us: bool


class SiteJudge:
    """Compares the site's journal with what the engine recorded and the load knows."""

    def __init__(self, view: View, truth: Truth, verdict: Verdict) -> None:
        """Read everything once; nobody changes it any more."""
        self._view, self._truth, self._verdict = view, truth, verdict
        self._leases = {lease.owner: lease for lease in view.leases()}
        self._requests = {request.id: request for request in view.requests()}
        self._holders: dict[str, list[Holder]] = defaultdict(list)
        for holder in view.holders():
            self._holders[holder.lease_id].append(holder)
        self._taken_back = {case.name for case in truth.cases if case.recipe.rolled_back}
        self._committed = _first_commits(view.entries("lease.committed"))
        self._put_back: Sequence[Span] = ()

    def judge(self, events: Sequence[Event], away: Sequence[Span], put_back: Sequence[Span] = ()) -> None:
        """Add every fault there is; what was noted within `put_back` may carry the time of a clock `STEP_S` behind."""
        self._put_back = put_back
        standing = self._standing(events)
        self._done_once(events)
        self._one_owner(standing)
        refusals = _refusals(events)
        for element in standing:
            self._element(element, [*away, *refusals.get(element.owner, ())])
        self._never(events)
        self._held_was_there(standing, events)

    def _standing(self, events: Sequence[Event]) -> list[Standing]:
        """Every element, in order; one placed twice, or again after its release, is doubled."""
        placed: dict[str, float] = {}
        released: set[str] = set()
        found: list[Standing] = []
        for event in events:
            if event.op is Op.PLACED:
                text = f"{event.owner} on {event.target} was placed twice"
                self._verdict.require(event.owner not in {*placed} | released, "doubled", text, self._of(event.owner))
                placed[event.owner] = event.at.timestamp()
            elif event.op in (Op.RELEASED, Op.LIFTED) and event.owner in placed:
                thing, start, end = (event.action, event.target), placed.pop(event.owner), event.at.timestamp()
                found.append(Standing(event.owner, thing, start, end, event.op is Op.RELEASED))
                released.update([event.owner] if event.op is Op.RELEASED else [])
        for event in events:
            if event.owner in placed and event.op is Op.PLACED:
                start = placed.pop(event.owner)
                found.append(Standing(event.owner, (event.action, event.target), start, None, False))
        return found

    def _done_once(self, events: Iterable[Event]) -> None:
        done = [event.owner for event in events if event.op is Op.DONE]
        for owner in {*done}:
            self._verdict.require(done.count(owner) == 1, "doubled", f"{owner} was done twice", self._of(owner))
            self._require_commit(owner, None)

    def _one_owner(self, standing: Iterable[Standing]) -> None:
        """No two generations of one effect at once."""
        by_thing: dict[tuple[str, str], list[Standing]] = defaultdict(list)
        for element in sorted(standing, key=lambda element: element.placed):
            earlier = by_thing[element.thing]
            if earlier and (earlier[-1].gone is None or earlier[-1].gone > element.placed):
                text = f"{element.thing} has two elements at once: {earlier[-1].owner} and {element.owner}"
                self._verdict.add("doubled", text, self._of(earlier[-1].owner), self._of(element.owner))
            earlier.append(element)

    def _element(self, element: Standing, away: Sequence[Span]) -> None:
        self._require_commit(element.owner, element.placed)
        lease = self._leases.get(element.owner)
        if lease is None:
            return
        subject = f"lease/{lease.id}"
        if element.gone is None:
            self._verdict.add("lost", f"{element.thing} still stands, {lease.id} is {lease.state}", subject)
            return
        due, firm = self._due(lease)
        late = longest_service(due, element.gone, away)
        self._verdict.latest_s = max(self._verdict.latest_s, late)
        self._verdict.require(
            late <= BOUND_S, "late", f"{element.thing} {late:.1f} s after {lease.id} was due", subject
        )
        early = element.by_us and element.gone < firm - SAME_S
        text = f"{lease.id} was released {firm - element.gone:.2f} s too early: somebody held it"
        self._verdict.require(not early, "lost", text, subject)

    def _due(self, lease: Lease) -> tuple[float, float]:
        """When the last share was over, however it ended; and when the last that nobody ended early was."""
        holders = self._holders[lease.id]
        if not holders:
            ended = self._view.moves[f"lease/{lease.id}"][-1][2]
            return ended, 0.0
        early = {holder.request_id for holder in holders if self._ended_early(holder)}
        firm = [holder.expires_at.timestamp() for holder in holders if holder.request_id not in early]
        left = [holder.left_at.timestamp() for holder in holders if holder.left_at and holder.request_id in early]
        freed = [*map(self._put_right, left)]
        for holder in holders:
            self._share(lease, holder)
        return max([*firm, *freed]), max(firm, default=0.0)

    def _put_right(self, noted: float) -> float:
        """When that was, if it was noted by a clock that had been put back."""
        late = noted + STEP_S
        return late if any(span.start <= late <= span.end for span in self._put_back) else noted

    def _ended_early(self, holder: Holder) -> bool:
        """Whether a person ended this share, or the playbook that took itself back; its own end does not count then."""
        name = self._requests[holder.request_id].finding_id or ""
        return holder.left_why not in ("", "ended") or (name in self._taken_back and holder.left_at is not None)

    def _share(self, lease: Lease, holder: Holder) -> None:
        """A share lasts as long as the load's finding asked for, from when the effect stood or was joined."""
        request = self._requests[holder.request_id]
        lasts = {case.name: case.recipe.lasts_s for case in self._truth.cases}
        name = (request.finding_id or "").removesuffix("-other").removesuffix("-more")
        if request.interim_for is not None or name not in lasts or request.supersedes is not None:
            return
        began = holder.expires_at.timestamp() - lasts[name]
        held = next(at for _, after, at in self._view.moves[f"request/{request.id}"] if after == "held")
        whole = lease.began_at.timestamp() - SAME_S <= began <= held + SAME_S
        text = f"{request.id} holds {lease.id} from {began:.2f} on, and held it at {held:.2f}"
        self._verdict.require(whole, "disagreement", text, f"request/{request.id}")

    def _require_commit(self, owner: str, placed: float | None) -> None:
        """I1: the ledger's entry came first."""
        lease = self._leases.get(owner)
        if lease is None:
            self._verdict.add("disagreement", f"{owner} stood at the site, and no lease knows it")
            return
        at = self._committed.get(lease.id)
        first = at is not None and (placed is None or at <= placed + SAME_S)
        self._verdict.require(first, "disagreement", f"{lease.id} took effect before its ledger entry", self._of(owner))

    def _never(self, events: Iterable[Event]) -> None:
        """What was forbidden, unsure, refused or denied never stood."""
        placed = {event.target for event in events if event.op is Op.PLACED}
        for case in self._truth.cases:
            reused = case.recipe.category.partition(".")[0] == "host"
            if not case.recipe.effect and not reused:
                self._verdict.require(case.target not in placed, "disagreement", f"{case.name} took effect")

    def _held_was_there(self, standing: Iterable[Standing], events: Iterable[Event]) -> None:
        """Whatever a request was said to hold did stand at the site."""
        there = {element.owner for element in standing} | {event.owner for event in events if event.op is Op.DONE}
        for lease in self._leases.values():
            for holder in self._holders[lease.id]:
                text = f"{holder.request_id} held {lease.id}, and nothing was ever there"
                self._verdict.require(lease.owner in there, "lost", text, f"lease/{lease.id}")

    def _of(self, owner: str) -> str:
        lease = self._leases.get(owner)
        return f"lease/{lease.id}" if lease else owner


def _refusals(events: Iterable[Event]) -> dict[str, list[Span]]:
    """From each time the site refused to release an element until the engine is to try again, by its owner.

    What is late because the site said no is not late by us, nor is the pause after it, which grows with every no.
    """
    found: dict[str, list[Span]] = defaultdict(list)
    for event in events:
        if event.op is Op.FAULT_STRUCK and event.owner:
            at, times = event.at.timestamp(), len(found[event.owner]) + 1
            found[event.owner].append(Span(at, at + pause(times).total_seconds()))
    return found


def _first_commits(entries: Iterable[str]) -> dict[str, float]:
    """When each lease was first given leave, by the ledger."""
    first: dict[str, float] = {}
    for data in entries:
        entry = json.loads(data)
        at = datetime.fromisoformat(entry["at"]).timestamp()
        first.setdefault(entry["subject"].removeprefix("lease/"), at)
    return first

"""The path of one requested action: decided, asked for, authorised; or stopped, and asked again narrower.

Each method takes the request one stage on and returns it as it then stands.
"""

from datetime import datetime, timedelta

from engine.approvals import agreed_length, obligations, tally
from engine.control.denials import RE_ASKS, is_worn_out, tell_denied
from engine.control.desk import Desk
from engine.control.escalation import ASKED, asked_people, escalate, next_mark, tell_outside
from engine.control.interim import ask_interims, holding
from engine.control.judge import Judgement, digest_of, judge, justification
from engine.control.moves import key_of, move_request, note
from engine.control.paging import page_about
from engine.control.parties import strike
from engine.control.review_queue import queue_request
from engine.control.rule_errors import note_errors
from engine.control.trips import bundle, set_aside, trip_overdrawn
from engine.digest import short
from engine.model.base import Json
from engine.model.decision import Decision, Effect, OnExpiry, Tier
from engine.model.entry import Draft
from engine.model.incident import Incident
from engine.model.page import PageKind
from engine.model.request import Request, RequestState
from engine.model.trip import TRIPPED
from engine.store.tx import Tx
from engine.validate import narrowing
from engine.victims import unlike_shown


class RequestPath:
    """Carries an incident's requests through their table within one transaction."""

    def __init__(self, tx: Tx, desk: Desk, incident: Incident, now: datetime) -> None:
        """Work on `incident` as of `now`."""
        self.tx, self.desk, self.incident, self.now = tx, desk, incident, now

    def open(self, request: Request) -> Request:
        """Put a new request on its way: record it, decide it, and ask or authorise."""
        self.record(request)
        return self.decide(request)

    def record(self, request: Request) -> None:
        """Add a new request, and its first entry."""
        self.tx.requests.insert(request, key_of(request))
        body: Json = {"action": request.action, "target": request.target, "params": request.params}
        more: Json = {"reason": request.reason, "incident": request.incident_id, "finding": request.finding_id}
        more |= {"interim_for": request.interim_for, "supersedes": request.supersedes}
        more |= {"denied_before": [*request.denied]} if request.denied else {}
        waiver = request.evidence_waiver
        more |= {} if waiver is None else {"evidence_waiver": waiver.model_dump(mode="json")}
        subject = f"request/{request.id}"
        self.tx.move(
            Draft(subject=subject, kind="request.requested", actor=request.requester, at=self.now, body=body | more),
            "",
            RequestState.REQUESTED,
        )

    def decide(self, request: Request) -> Request:
        """From `requested` to wherever policy and the checks send it."""
        seen = judge(self.tx, self.desk, request, self.incident, self.now)
        note_errors(self.tx, request, seen.decision.broken, seen.decision.policy_digest, self.now)
        would_act = seen.decision.effect in (Effect.EXECUTE, Effect.ASK)
        if would_act and trip_overdrawn(self.tx, request, seen, self.now):
            seen = judge(self.tx, self.desk, request, self.incident, self.now)
        if would_act and seen.stopped_by and not seen.overdrawn:
            return self._stop(request, seen, RequestState.DENIED)
        match seen.decision.effect:
            case Effect.EXECUTE:
                return self._to(request, RequestState.AUTHORISED, seen, authorised_at=self.now)
            case Effect.ASK:
                return self._ask_or_bundle(request, seen)
            case Effect.QUEUE:
                return self._queue(request, seen)
            case Effect.OBSERVE:
                return self._to(request, RequestState.OBSERVED, seen)
            case Effect.DENY:
                return self._to(request, RequestState.DENIED, seen)

    def awaiting(self, request: Request) -> Request:
        """Look at the votes and the clock of a request that people are asked about."""
        wanted = obligations(request)
        people = {person.id: person for person in self.desk.people.all()}
        count = tally(wanted, strike(self.tx, self.desk, request, self.now), people)
        if count.denied_at is not None:
            if self.now < count.denied_at + self.desk.retraction:
                return request
            outcome = f"denied by {count.denier}"
            body: Json = {"denied_by": count.denier} | holding(self.tx, request, self.now)
            denied = self._move(request, RequestState.REJECTED, body, outcome=outcome)
            tell_denied(self.tx, denied, self.now)
            return denied
        if count.met and wanted.quorum > 0:
            return self._approved(request, count.approvers)
        if request.deadline is not None and self.now >= request.deadline:
            return self._expired(request)
        return escalate(self.tx, self.desk, request, self.now)

    def wake_at(self, request: Request) -> datetime | None:
        """When `awaiting` has to look again without being told."""
        votes = self.tx.votes.of(request.id)
        denied = [vote.at + self.desk.retraction for vote in votes if vote.retracted_at is None and vote.kind == "deny"]
        # While a denial waits out its minute nothing else can come of it; an instant that has passed would spin.
        later: list[datetime | None] = [*denied] or [request.deadline, next_mark(request)]
        return min((at for at in later if at is not None), default=None)

    def _ask(self, request: Request, seen: Judgement) -> Request:
        wanted = seen.decision.obligations
        wait = wanted.decide_in or timedelta(hours=1)
        digest = digest_of(request, seen.decision, seen.checks)
        asked = self._to(
            request,
            RequestState.AWAITING_APPROVAL,
            seen,
            {"approve": digest, "deadline": (self.now + wait).isoformat()},
            digest=digest,
            asked_at=self.now,
            deadline=self.now + wait,
        )
        people = asked_people(self.tx, self.desk, asked, 0, self.now)
        asked = asked.model_copy(update={"asked": people})
        self.tx.requests.save(asked, before=asked.state)
        note(self.tx, f"request/{asked.id}", "approval.asked", self.now, {"asked": [*people]})
        tell_outside(self.tx, asked, ASKED, self.now)
        ask_interims(self, asked)
        return asked

    def _ask_no_more(self, request: Request, seen: Judgement) -> Request:
        """People said no to all of it before: somebody is paged, and what is done meanwhile is held."""
        outcome = f"denied {len(request.denied)} times in {request.incident_id}, and not asked again"
        kept = self._to(request, RequestState.QUEUED, seen, outcome=outcome)
        text = f"{kept.id} rests on new evidence, but was {outcome}: {kept.action} on {kept.target}"
        page_about(self.tx, kept, PageKind.CHANGED, text, self.now)
        ask_interims(self, kept)
        return kept

    def _ask_or_bundle(self, request: Request, seen: Judgement) -> Request:
        """Ask, or have it wait with everything else that the same tripped budget holds back."""
        if is_worn_out(request):
            return self._ask_no_more(request, seen)
        together = bundle(self.tx, seen)
        if together is None:
            return self._ask(request, seen)
        outcome = f"waits with {together.review_id}, budget {together.scope} tripped: {together.why}"
        queued = self._to(request, RequestState.QUEUED, seen, outcome=outcome)
        set_aside(self.tx, together, queued, self.now)
        return queued

    def _queue(self, request: Request, seen: Judgement) -> Request:
        """Not sure enough: a person looks at the finding behind it."""
        queued = self._to(request, RequestState.QUEUED, seen)
        queue_request(self.tx, queued, self.now)
        return queued

    def _approved(self, request: Request, approvers: tuple[str, ...]) -> Request:
        """The quorum is there: policy and every check run again before anything is believed."""
        seen = judge(self.tx, self.desk, request, self.incident, self.now, approved=True)
        changes = (*material_changes(request, seen), *_unlike_shown(request))
        body: Json = {"approvers": list(approvers), "digest": request.digest}
        if changes and not seen.stopped_by:
            return self._void(request, seen, changes)
        authorised = self._authorise(
            request, body, approved=True,
            outcome=f"approved by {' + '.join(approvers)} for {short(request.digest or '')}",
        )  # fmt: skip
        return self._stop(authorised, seen, RequestState.BLOCKED) if seen.stopped_by else authorised

    def _authorise(self, request: Request, body: Json, **changes: object) -> Request:
        """With leave for as long as whoever said yes lets it last."""
        agreed = agreed_length(self.tx.votes.of(request.id))
        body |= {} if agreed is None else {"lease_s": agreed.total_seconds()}
        kept: dict[str, object] = {"authorised_at": self.now, "narrowed": agreed, **changes}
        return self._move(request, RequestState.AUTHORISED, body, **kept)

    def _void(self, request: Request, seen: Judgement, changes: tuple[str, ...]) -> Request:
        body: Json = {"changed": list(changes)}
        voided = self._move(request, RequestState.SUPERSEDED, body, outcome="; ".join(changes))
        self.ask_again(voided, request.params, changes)
        return voided

    def _expired(self, request: Request) -> Request:
        if obligations(request).on_expiry is OnExpiry.ACT:
            body: Json = {"veto_window": "passed without a veto"}
            return self._authorise(request, body, outcome="nobody vetoed")
        held = holding(self.tx, request, self.now, expires=True)
        expired = self._move(request, RequestState.EXPIRED, held, outcome="nobody answered in time")
        held_on = obligations(request).on_expiry is OnExpiry.HOLD
        if held_on or (request.decision is not None and request.decision.tier >= Tier.ASK_TWO):
            page_about(self.tx, request, PageKind.EXPIRED, f"{request.id} expired unanswered", self.now)
        return expired

    def _stop(self, request: Request, seen: Judgement, to: RequestState) -> Request:
        """A check stops it: say which, and ask again narrower where that would pass."""
        why = "; ".join(result.summary for result in seen.stopped_by)
        stopped = self._to(request, to, seen, outcome=why)
        narrower = narrowing(seen.checks)
        if narrower is not None and narrower != request.params:
            self.ask_again(stopped, narrower, tuple(result.summary for result in seen.stopped_by))
        return stopped

    def ask_again(self, old: Request, params: Json, difference: tuple[str, ...]) -> None:
        """Ask afresh, showing what changed; after `RE_ASKS` times a person is paged instead.

        What would prolong an effect has no narrower form: the effect stays as it is, and ends when it was to end.
        """
        if old.extends is not None and params != old.params:
            return
        if old.re_asks >= RE_ASKS:
            text = f"{old.id} changed {RE_ASKS} times while people were asked"
            page_about(self.tx, old, PageKind.CHANGED, text, self.now)
            return
        fresh = new_request(
            old, self.tx.counters.next("AR"), self.now,
            params=params, supersedes=old.id, re_asks=old.re_asks + 1, difference=difference,
        )  # fmt: skip
        self.open(fresh)

    def _to(
        self, request: Request, to: RequestState, seen: Judgement, body: Json | None = None, **changes: object
    ) -> Request:
        kept: dict[str, object] = {
            "decision": seen.decision,
            "checks": seen.checks,
            "fingerprint": seen.fingerprint,
            "outcome": why(seen),
            **changes,
        }
        return self._move(request, to, {**justification(seen), **(body or {})}, **kept)

    def _move(self, request: Request, to: RequestState, body: Json, **changes: object) -> Request:
        return move_request(self.tx, request, to, self.now, body, **changes)


def new_request(old: Request, request_id: str, now: datetime, **changes: object) -> Request:
    """A request like `old` that has nothing behind it yet."""
    blank: dict[str, object] = {
        "id": request_id,
        "state": RequestState.REQUESTED,
        "requested_at": now,
        "changed_at": now,
        "decision": None,
        "checks": (),
        "digest": None,
        "approved": False,
        "narrowed": None,
        "break_glass": False,
        "deadline": None,
        "asked_at": None,
        "asked": (),
        "escalated": 0,
        "authorised_at": None,
        "lease_id": None,
        "taken_back": "",
        "outcome": "",
        "fingerprint": None,
    }
    return old.model_copy(update={**blank, **changes})


def why(seen: Judgement) -> str:
    """One line for people: what decided it."""
    if seen.decision.why_asked:
        return seen.decision.why_asked
    return seen.decision.reasons[-1].text if seen.decision.reasons else ""


def material_changes(request: Request, seen: Judgement) -> tuple[str, ...]:
    """What is so different now that the approval no longer covers it (design 6); more of the same is not."""
    before = request.decision
    assert before is not None
    decided = not _differs_by_budget(before, seen.decision)
    found = (
        (request.fingerprint != seen.fingerprint, "the target is not the same thing any more"),
        (decided and before.tier != seen.decision.tier, f"tier {before.tier} became {seen.decision.tier}"),
        (decided and before.effect != seen.decision.effect, f"policy now says {seen.decision.effect}: {why(seen)}"),
        (before.policy_digest != seen.decision.policy_digest, "the policy was changed"),
    )
    return (*(text for changed, text in found if changed), *unlike_shown(request.checks, seen.checks))


def _differs_by_budget(before: Decision, now: Decision) -> bool:
    """Whether a budget tripped or was reset since, and that is all: what people approved is as good then as before."""
    turned = (TRIPPED in before.rules) != (TRIPPED in now.rules)
    acting = {before.effect, now.effect} <= {Effect.EXECUTE, Effect.ASK}
    return turned and acting and max(before.tier, now.tier) <= Tier.ASK


def _unlike_shown(request: Request) -> tuple[str, ...]:
    """Whether the digest that people answered is that of the row as it is: an engine of before may have asked."""
    assert request.decision is not None
    same = digest_of(request, request.decision, request.checks) == request.digest
    return () if same else ("what is asked has another digest now",)

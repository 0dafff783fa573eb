"""The judge of the record: what was acknowledged is there, once, and everything went by the tables."""

from collections import Counter

from engine.lifecycle import LEASE, PAGE, REQUEST, RUN, is_final
from engine.model.approval import VoteKind
from engine.model.decision import Tier
from engine.model.lease import LeaseState
from engine.model.page import PageState
from engine.model.request import Request, RequestState
from engine.model.run import RunState
from tests.crash.truth import Case, Truth
from tests.crash.verdict import Verdict
from tests.crash.view import View

ALLOWED = {
    (str(before), str(after)) for table in (REQUEST, LEASE, RUN, PAGE) for before, row in table.items() for after in row
}
FIRST = {
    "request": RequestState.REQUESTED,
    "lease": LeaseState.APPLYING,
    "run": RunState.RUNNING,
    "page": PageState.OPEN,
}


class RecordJudge:
    """Compares the engine's record with the model of the truth."""

    def __init__(self, view: View, truth: Truth, verdict: Verdict) -> None:
        """Read everything once; nobody changes it any more."""
        self._view, self._truth, self._verdict = view, truth, verdict
        self._requests = {request.id: request for request in view.requests()}

    def judge(self) -> None:
        """Add every fault there is."""
        self._findings()
        self._votes()
        self._walks()
        for case in self._truth.cases:
            self._case(case)
        for request in self._requests.values():
            self._approval(request)

    def _findings(self) -> None:
        stored = Counter(finding.id for finding in self._view.findings())
        holding = Counter(name for incident in self._view.incidents() for name in incident.finding_ids)
        planned = Counter(name for incident in self._view.incidents() for name in incident.planned_ids)
        of = {name: incident.id for incident in self._view.incidents() for name in incident.finding_ids}
        for name, incident in self._truth.accepted.items():
            self._verdict.require(stored[name] == 1, "lost", f"finding {name} was accepted and is not stored")
            self._verdict.require(holding[name] >= 1, "lost", f"finding {name} is in no incident")
            self._verdict.require(holding[name] <= 1, "doubled", f"finding {name} is in {holding[name]} incidents")
            self._verdict.require(planned[name] >= 1, "lost", f"finding {name} was never planned")
            self._verdict.require(
                of.get(name) == incident, "disagreement", f"finding {name} was said to be in {incident}"
            )

    def _votes(self) -> None:
        stored = Counter((vote.request_id, vote.principal, vote.kind) for vote in self._view.votes())
        for (request, person), kind in self._truth.votes.items():
            count = stored.pop((request, person, kind), 0)
            self._verdict.require(count >= 1, "lost", f"{person}'s vote on {request}", f"request/{request}")
            self._verdict.require(count <= 1, "doubled", f"{person}'s vote on {request}", f"request/{request}")
        for request, person, _ in stored:
            known = (request, person) in self._truth.unsure
            self._verdict.require(known, "disagreement", f"{person} never voted on {request}", f"request/{request}")

    def _walks(self) -> None:
        """Each subject went step by step, from its first state to that of its row."""
        leases = {f"lease/{lease.id}": lease.state for lease in self._view.leases()}
        runs = {f"run/{run.id}": run.state for run in self._view.runs()}
        rows = leases | runs | {f"request/{name}": request.state for name, request in self._requests.items()}
        for subject, moves in self._view.moves.items():
            befores, afters = [move[0] for move in moves], [move[1] for move in moves]
            whole = befores == ["", *afters[:-1]] and afters[0] == FIRST[subject.partition("/")[0]]
            legal = all((before, after) in ALLOWED for before, after, _ in moves[1:])
            self._verdict.require(whole and legal, "doubled", f"{subject} did not go by its table", subject)
            if not subject.startswith("page/"):  # people have not to acknowledge anything here
                self._verdict.require(
                    rows.get(subject) == afters[-1], "disagreement", f"{subject} is not as recorded", subject
                )
                self._verdict.require(is_final(rows[subject]), "lost", f"{subject} is left {afters[-1]}", subject)

    def _case(self, case: Case) -> None:
        for finding in case.findings:
            if finding.endswith("-more"):
                continue
            asked = [r for r in self._requests.values() if r.finding_id == finding and not r.interim_for]
            first = [request for request in asked if request.supersedes is None]
            subjects = [f"request/{request.id}" for request in asked]
            text = f"{case.name}: {len(first)} requests, where its playbook has {case.recipe.asks}"
            least = 1 if case.recipe.cut_short else case.recipe.asks
            self._verdict.require(len(first) >= least, "lost", text, *subjects)
            self._verdict.require(len(first) <= case.recipe.asks, "doubled", text, *subjects)
            for request in first:
                self._end(case, request)

    def _end(self, case: Case, request: Request) -> None:
        ends = case.recipe.ends
        right = request.state in ends or not is_final(request.state)
        text = f"{case.name} ended {request.state} ({request.outcome})"
        self._verdict.require(right, "lost", text, f"request/{request.id}")
        released = request.lease_id in case.ended_by_people
        vetoed = request.state is RequestState.VETOED
        self._verdict.require(not released or vetoed, "lost", f"{case.name}: its veto", f"request/{request.id}")

    def _approval(self, request: Request) -> None:
        """I4, and the quorum of what was executed; by the votes of the truth, not by those that are stored."""
        if request.decision is None or request.decision.tier < Tier.ASK:
            return
        votes = {who: kind for (about, who), kind in self._truth.votes.items() if about == request.id}
        yes = sum(kind is VoteKind.APPROVE for kind in votes.values())
        perhaps = sum(about == request.id for about, _ in self._truth.unsure)
        met = yes >= request.decision.obligations.quorum and VoteKind.DENY not in votes.values()
        states = {move[1] for move in self._view.moves[f"request/{request.id}"]}
        subject = f"request/{request.id}"
        authorised = RequestState.AUTHORISED in states
        may = met or yes + perhaps >= request.decision.obligations.quorum
        self._verdict.require(may or not authorised, "disagreement", f"{request.id} acted without its quorum", subject)
        expired = request.state is RequestState.EXPIRED
        self._verdict.require(not (met and expired), "lost", f"{request.id} expired with all its votes", subject)
        denied = VoteKind.DENY in votes.values()
        rejected = RequestState.REJECTED in states
        self._verdict.require(not denied or rejected, "lost", f"the denial of {request.id}", subject)

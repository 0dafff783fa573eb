"""The judge of the runs: every visit began once and ended once, asked once for what it asked, and came in its turn."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable

from engine.lifecycle import is_final
from engine.model.run import Run, Visit, VisitState
from tests.crash.verdict import Verdict
from tests.crash.view import View

BEGINNINGS = ("step.begun",)
ENDS = ("step.done", "step.observed", "step.failed", "step.skipped")
BLOCKS = ("parallel", "while", "for_each")
"""The kinds of step in which something has to be killed."""


class RunJudge:
    """Compares runs and visits with the ledger, and with the requests they led to."""

    def __init__(self, view: View, verdict: Verdict) -> None:
        """Read everything once; nobody changes it any more."""
        self._view, self._verdict = view, verdict
        self._runs = {run.id: run for run in view.runs()}
        self._visits: dict[str, list[Visit]] = defaultdict(list)
        for visit in view.visits():
            self._visits[visit.run].append(visit)

    def judge(self) -> None:
        """Add every fault there is."""
        begun, ended = self._told(BEGINNINGS), self._told(ENDS)
        asked = Counter(r.run_id for r in self._view.requests() if r.run_id and r.supersedes is None)
        started = Counter(run.finding_id for run in self._runs.values())
        for finding in self._view.findings():
            text = f"finding {finding.id} is answered by {started[finding.id]} runs"
            self._verdict.require(started[finding.id] <= 1, "doubled", text)
        for run in self._runs.values():
            subject = f"run/{run.id}"
            self._verdict.require(is_final(run.state), "lost", f"{run.id} is left {run.state}", subject)
            for visit in self._visits[run.id]:
                self._visit(visit, begun[run.id, visit.path], ended[run.id, visit.path])
            self._asked(run, asked[run.id])
            self._in_turn(run)

    def _told(self, kinds: Iterable[str]) -> Counter[tuple[str, str]]:
        """How often the ledger tells each visit, by its run and path."""
        entries = [json.loads(data) for kind in kinds for data in self._view.entries(kind)]
        return Counter((entry["subject"].removeprefix("run/"), entry["body"]["path"]) for entry in entries)

    def _visit(self, visit: Visit, begun: int, ended: int) -> None:
        name, subject = f"{visit.run} {visit.path}", f"run/{visit.run}"
        self._verdict.require(visit.state is not VisitState.BEGUN, "lost", f"{name} never ends", subject)
        self._verdict.require(begun <= 1, "doubled", f"{name} began {begun} times", subject)
        self._verdict.require(ended <= 1, "doubled", f"{name} ended {ended} times", subject)
        self._verdict.require(ended == 1, "disagreement", f"the end of {name} is not recorded", subject)

    def _asked(self, run: Run, requests: int) -> None:
        """Each visit of an action that found nothing to join led to one request."""
        own = [visit for visit in self._visits[run.id] if visit.request_id and not visit.joined]
        text = f"{run.id} asked {requests} times for {len(own)} visits"
        self._verdict.require(requests >= len(own), "lost", text, f"run/{run.id}")
        self._verdict.require(requests <= len(own), "doubled", text, f"run/{run.id}")

    def _in_turn(self, run: Run) -> None:
        """Items and rounds one after the other, and nothing after both sides before both are over."""
        if run.playbook != "walks":
            return
        by_path = {visit.path: visit for visit in self._visits[run.id]}
        for series in (
            "sides/branch[items]/each-address/each[{}]/block",
            "sides/branch[rounds]/again/round[{}]/revoke",
        ):
            visits = [by_path.get(series.format(number)) for number in range(3)]
            self._verdict.require(None not in visits, "lost", f"{run.id} left out a part of {series}", f"run/{run.id}")
            self._follow([visit for visit in visits if visit is not None])
        self._follow([by_path[path] for path in ("sides", "pause") if path in by_path])

    def _follow(self, visits: list[Visit]) -> None:
        for before, after in zip(visits, visits[1:], strict=False):
            in_turn = before.ended_at is not None and before.ended_at <= after.began_at
            self._verdict.require(in_turn, "disagreement", f"{after.path} did not wait", f"run/{after.run}")


def inside(visits: Iterable[Visit], kills: Iterable[float]) -> Counter[str]:
    """How many kills fell into a block of each kind: into the time between its beginning and its end."""
    spans = [
        (v.kind, v.began_at.timestamp(), v.ended_at.timestamp()) for v in visits if v.kind in BLOCKS and v.ended_at
    ]
    return Counter(kind for at in kills for kind in {kind for kind, start, end in spans if start <= at <= end})

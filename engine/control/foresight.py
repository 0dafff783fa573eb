"""What a playbook would do for a finding, with today's decision on every action; nothing is written."""

from datetime import datetime

from engine.control.desk import Desk
from engine.control.hypothetical import suppose, supposed_incident
from engine.control.runs import run_facts
from engine.decide import explain
from engine.errors import InvalidInput
from engine.model.decision import Effect
from engine.model.finding import Finding
from engine.model.foreseen import Bound, Foreseen
from engine.planner import Judged, foresee
from engine.playbook import Playbook
from engine.store.tx import Tx

_FAILS = {Effect.DENY: "policy denies it", Effect.QUEUE: "it waits for review, which makes no step succeed"}


def plan(tx: Tx, desk: Desk, playbook: Playbook, finding: Finding, now: datetime) -> Foreseen:
    """The playbook read ahead, as if the finding had just come in."""

    def judge(bound: Bound) -> Judged:
        try:
            seen = suppose(tx, desk, finding, bound.action, bound.target, bound.params, now)
        except InvalidInput as error:
            return Judged({}, error.message)
        stopped = [f"{result.check}: {result.summary}" for result in seen.stopped_by]
        fails = _FAILS.get(seen.decision.effect) or "; ".join(stopped)
        return Judged(explain(seen.decision, seen.checks), fails)

    return foresee(playbook, run_facts(finding, supposed_incident(desk, finding, now)), judge)

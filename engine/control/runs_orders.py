"""What a visit asks of the world around its run: an action, a person's work, another playbook, a verdict."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.control.denials import denied_before, is_reopened, is_worn_out
from engine.control.interim import latest_of
from engine.control.moves import note
from engine.control.pinned import pin
from engine.control.request_path import RequestPath
from engine.control.runs_ending import visit_body
from engine.control.task_asking import open_task
from engine.control.withdrawal import withdraw
from engine.lifecycle import is_final
from engine.model.action import Impact
from engine.model.base import Json
from engine.model.entry import Draft
from engine.model.finding import Finding, Verdict, VerdictKind
from engine.model.request import Request, RequestState
from engine.model.run import Run, RunState, Visit, VisitState
from engine.model.task import TaskState
from engine.playbook import Playbook
from engine.runner_moves import Ask, Begin, Call, Judge, Put

BY_PLAYBOOK = "playbook:"
"""What begins the name of who gave a verdict that is a playbook's."""


@dataclass(frozen=True)
class Orders:
    """Carries out the orders of one run's visits within one transaction."""

    path: RequestPath
    run: Run
    playbook: Playbook
    finding: Finding

    def begin(self, begin: Begin) -> None:
        """Record a visit that begins, and carry its order out."""
        match begin.order:
            case Ask():
                self._ask(begin, begin.order)
            case Put():
                self._put(begin, begin.order)
            case Call():
                self._call(begin, begin.order)
            case Judge():
                self._record(begin.visit, begin)
                self._judge(begin, begin.order)
            case None:
                self._record(begin.visit, begin)

    def _record(self, visit: Visit, begin: Begin, **changes: object) -> Visit:
        visit = visit.model_copy(update=changes)
        self.path.tx.visits.insert(visit)
        body: Json = {**visit_body(visit), "step": begin.step, "reason": begin.because}
        note(self.path.tx, f"run/{self.run.id}", f"step.{visit.state}", self.path.now, body)
        return visit

    def _ask(self, begin: Begin, order: Ask) -> None:
        """Join what an earlier run of the incident asked for and that covers this; else ask for it."""
        tx, target = self.path.tx, order.params.canonical_target()
        if order.spec.id not in self.path.desk.routes:
            why = f"no connector here can do `{order.spec.id}`"
            self._record(begin.visit, begin, state=VisitState.FAILED, because=why, ended_at=self.path.now)
            body: Json = {"action": order.spec.id, "target": target}
            note(tx, f"incident/{self.path.incident.id}", "step.unroutable", self.path.now, body)
            return
        asked = tx.requests.of(self.path.incident.id)
        covering = next((request for request in asked if self._answers(request, order, asked)), None)
        if covering is not None:
            if self._goes_on(begin) and not covering.goes_on:
                tx.requests.save(covering.model_copy(update={"goes_on": True}), before=covering.state)
            self._record(begin.visit, begin, request_id=covering.id, joined=True)
            return
        request = self._request(begin, order, denied_before(tx, [one for one in asked if alike(one, order)]))
        self._record(begin.visit, begin, request_id=request.id)
        self.path.open(request)

    def _answers(self, request: Request, order: Ask, asked: Sequence[Request]) -> bool:
        same = covers(request, order, self.finding) or repeats(request, order, self.finding)
        return same and not is_reopened(self.path.tx, latest_of(asked, request.id), self.finding)

    def _request(self, begin: Begin, order: Ask, denied: tuple[str, ...]) -> Request:
        finding = self.finding
        return Request(
            id=self.path.tx.counters.next("AR"),
            incident_id=self.path.incident.id,
            state=RequestState.REQUESTED,
            action=order.spec.id,
            action_version=order.spec.version,
            connector=self.path.desk.connector(order.spec.id),
            target=order.params.canonical_target(),
            params=order.params.model_dump(mode="json"),
            lease=order.lease,
            requester=finding.submitter or f"detector:{finding.detector}@{finding.detector_version}",
            person=False,
            reason=begin.because,
            step=f"{self.run.signature}/{begin.step}",
            run_id=self.run.id,
            goes_on=self._goes_on(begin),
            finding_id=finding.id,
            denied=denied,
            requested_at=self.path.now,
            changed_at=self.path.now,
        )

    def _goes_on(self, begin: Begin) -> bool:
        """Whether anything may follow the step, here or in what called this playbook."""
        return self.run.caller is not None or begin.step not in self.playbook.closing

    def _put(self, begin: Begin, order: Put) -> None:
        """Join the same task of an earlier run of the incident, so that nobody is asked the same thing twice."""
        for task in self.path.tx.tasks.of(self.path.incident.id):
            same = (task.path, task.text, task.about) == (begin.visit.path, order.step.task, {**order.about})
            if same and task.run != self.run.id and task.state in (TaskState.OPEN, TaskState.ANSWERED):
                self._record(begin.visit, begin, task_id=task.id, joined=True)
                return
        task = open_task(self.path.tx, self.path.desk, self.run, begin.visit, order, self.path.now)
        self._record(begin.visit, begin, task_id=task.id)

    def _call(self, begin: Begin, order: Call) -> None:
        called = start_run(self.path, order.playbook, self.finding, order.inputs, self.run, begin.visit.path)
        self._record(begin.visit, begin, run_id=called.id)

    def _judge(self, begin: Begin, order: Judge) -> None:
        """The playbook's word; it does not stand against a person's."""
        path = self.path
        incident = path.tx.incidents.get(path.incident.id) or path.incident
        said = incident.verdict
        if said is not None and not said.principal.startswith(BY_PLAYBOOK):
            return
        who = f"{BY_PLAYBOOK}{self.run.signature}"
        verdict = Verdict(kind=order.kind, principal=who, reason=begin.because, at=path.now)
        path.incident = incident.model_copy(update={"verdict": verdict})
        path.tx.incidents.save(path.incident, before=incident.state)
        body: Json = {"kind": order.kind, "reason": begin.because, "run": self.run.id}
        note(path.tx, f"incident/{incident.id}", "incident.verdict", path.now, body, who)
        if order.kind is VerdictKind.FALSE_POSITIVE:
            withdraw(path.tx, path.incident, begin.because, who, path.now)


SETTLED = frozenset(RequestState) - {RequestState.ENDED, RequestState.BLOCKED, RequestState.FAILED}
"""States in which a request answers later findings of the same kind too: asked again they would only repeat it."""


def alike(request: Request, order: Ask) -> bool:
    """Whether this is for the same act; what lasts is the same with other parameters too."""
    same = (request.action, request.target) == (order.spec.id, order.params.canonical_target())
    return same and (order.spec.lasting or request.params == order.params.model_dump(mode="json"))


def covers(request: Request, order: Ask, finding: Finding) -> bool:
    """Whether this was asked for before, and the finding says nothing stronger; another notice is another act."""
    if not _may_answer(request, order) or request.state not in SETTLED or not alike(request, order):
        return False
    if not is_final(request.state) or is_worn_out(request):
        return True
    facts = {} if request.decision is None else request.decision.facts
    same = (finding.detector, finding.detector_version) == (
        facts.get("finding.detector"),
        facts.get("finding.detector_version"),
    )
    before = facts.get("finding.confidence")
    return same and isinstance(before, float | int) and (finding.confidence or 0.0) <= before


def _may_answer(request: Request, order: Ask) -> bool:
    """No interim does, which ends with a wait; an extension only while it holds the very same: it may prolong less."""
    if request.extends is not None:
        return request.state is RequestState.HELD and request.params == order.params.model_dump(mode="json")
    return request.interim_for is None


def repeats(request: Request, order: Ask, finding: Finding) -> bool:
    """Whether another finding had the very same done that changes nothing: one notice and one receipt an incident."""
    wanted = (order.spec.id, order.params.canonical_target(), order.params.model_dump(mode="json"))
    same = (request.action, request.target, request.params) == wanted and request.finding_id != finding.id
    return same and order.spec.impact is Impact.NONE and request.state is RequestState.ENDED


def start_run(
    path: RequestPath, playbook: Playbook, finding: Finding, inputs: Json, caller: Run | None = None, at: str = ""
) -> Run:
    """Begin to carry out a playbook, as it says now, for a finding or a step that calls it."""
    pins = pin(path.tx, path.desk, playbook)
    run = Run(
        id=path.tx.counters.next("RUN"),
        incident_id=path.incident.id,
        finding_id=finding.id,
        playbook=playbook.id,
        version=playbook.version,
        digest=playbook.digest,
        identity=playbook.identity,
        pins=pins,
        caller=None if caller is None else caller.id,
        caller_path=at,
        inputs=inputs,
        began_at=path.now,
        changed_at=path.now,
    )
    path.tx.runs.insert(run)
    body: Json = {"playbook": run.signature, "digest": run.digest, "pins": {**pins}, "inputs": inputs}
    more: Json = {"incident": run.incident_id, "finding": finding.id, "caller": run.caller, "step": at}
    draft = Draft(subject=f"run/{run.id}", kind="run.begun", actor="engine", at=path.now, body=body | more)
    path.tx.move(draft, "", RunState.RUNNING)
    return run

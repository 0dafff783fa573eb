"""A run without an engine: moves are taken at their word, and the test says what becomes of what was begun."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from textwrap import dedent, indent

from actions.registry import ActionSpecs
from engine.documents import parse
from engine.facts import finding_facts
from engine.model.base import Json
from engine.model.finding import Finding, Observable, ObservableType, Origin, Severity
from engine.model.incident import Incident, IncidentState
from engine.model.request import Request, RequestState
from engine.model.run import Run, RunState, Visit, VisitState
from engine.model.task import Answer, Task, TaskState
from engine.playbook import Playbook
from engine.playbook_file import DEPTH, compile_playbook
from engine.runner import walk
from engine.runner_moves import Ask, Begin, Call, Finish, Judge, Known, Move, Put

SPECS = ActionSpecs()
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
HEAD = "{playbook: p, version: 1, description: d, owner: o, when: 'true', steps: []}"

FINDING = Finding(
    id="F-1", detector="d", detector_version="1", time=NOON, reported_time="", severity=Severity.HIGH, confidence=0.9,
    category="c", title="t", origin=Origin(product="p"),
    observables=tuple(Observable(type=ObservableType.HOST, value=f"host-{n}") for n in range(3)),
)  # fmt: skip
INCIDENT = Incident(
    id="INC-1", key="host:a", generation=1, state=IncidentState.OPEN, title="t", severity=Severity.HIGH,
    confidence=0.9, opened_at=NOON, first_seen=NOON, last_seen=NOON, finding_ids=("F-1",),
)  # fmt: skip


def playbook(steps: str, others: Sequence[Playbook] = (), head: str = "playbook: p\nwhen: 'true'") -> Playbook:
    """A playbook of these steps, written as YAML."""
    text = f"{head}\nversion: 1\ndescription: d\nowner: o\nsteps:\n{indent(dedent(steps).strip(), '  ')}\n"
    return compile_playbook(parse(text, "p.yaml", depth=DEPTH), SPECS, others)


@dataclass
class Walked:
    """One run, its visits by path, and what became of what they asked for."""

    playbook: Playbook
    run: Run
    now: datetime = NOON
    facts: Json = field(default_factory=lambda: {**finding_facts(FINDING, INCIDENT), "incident.verdict": ""})
    visits: dict[str, Visit] = field(default_factory=dict)
    requests: dict[str, Request] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)
    begun: list[str] = field(default_factory=list)
    verdicts: list[str] = field(default_factory=list)
    wake_at: datetime | None = None
    history: list[Move] = field(default_factory=list)

    def go(self) -> "Walked":
        """Walk until nothing more can be done now."""
        while self.run.state is RunState.RUNNING and (moves := self.moves()):
            for move in moves:
                self._take(move)
        return self

    def moves(self) -> Sequence[Move]:
        """What the runner wants now; asked twice it wants the same."""
        known = Known(self.requests, self.tasks, self.runs)
        went = walk(self.playbook, self.run, [*self.visits.values()], known, self.facts, self.now)
        assert went == walk(self.playbook, self.run, [*self.visits.values()], known, self.facts, self.now)
        self.wake_at = went.wake_at
        return went.moves

    def after(self, **by: float) -> "Walked":
        """Let time pass, and walk."""
        self.now += timedelta(**by)
        return self.go()

    def request(self, path: str, state: RequestState) -> "Walked":
        """Something becomes of the request of a visit; walk."""
        name = self.visits[path].request_id or ""
        self.requests[name] = self.requests[name].model_copy(update={"state": state, "outcome": "said so"})
        return self.go()

    def task(self, path: str, state: TaskState = TaskState.ANSWERED, **answers: Answer) -> "Walked":
        """Somebody answers a task; walk."""
        name = self.visits[path].task_id or ""
        changes = {"state": state, "answers": answers, "answered_by": "anna"}
        self.tasks[name] = self.tasks[name].model_copy(update=changes)
        return self.go()

    def called(self, path: str, state: RunState, **outputs: str) -> "Walked":
        """A called playbook comes to its end; walk."""
        name = self.visits[path].run_id or ""
        self.runs[name] = self.runs[name].model_copy(update={"state": state, "outputs": outputs, "because": "so"})
        return self.go()

    def states(self) -> dict[str, str]:
        """How far each visit has come, in the order they began."""
        return {path: self.visits[path].state.value for path in self.begun}

    def open(self) -> list[str]:
        """The visits that wait for something outside."""
        return [
            path for path in self.begun if self.visits[path].state is VisitState.BEGUN and self.visits[path].follows
        ]

    def _take(self, move: Move) -> None:
        assert self.run.state is RunState.RUNNING
        self.history.append(move)
        match move:
            case Begin():
                assert move.visit.path not in self.visits
                self.begun.append(move.visit.path)
                self.visits[move.visit.path] = self._carry_out(move)
            case Finish():
                self.run = self.run.model_copy(
                    update={"state": move.state, "because": move.because, "outputs": move.outputs}
                )
            case _:
                assert self.visits[move.visit.path].state is VisitState.BEGUN
                self.visits[move.visit.path] = move.visit

    def _carry_out(self, begin: Begin) -> Visit:
        visit = begin.visit
        match begin.order:
            case Ask():
                request = _request(f"AR-{len(self.requests)}", begin.order)
                self.requests[request.id] = request
                return visit.model_copy(update={"request_id": request.id})
            case Put():
                task = _task(f"TK-{len(self.tasks)}", visit, begin.order)
                self.tasks[task.id] = task
                return visit.model_copy(update={"task_id": task.id})
            case Call():
                called = run_of(begin.order.playbook, f"RUN-{len(self.runs)}", begin.order.inputs)
                self.runs[called.id] = called
                return visit.model_copy(update={"run_id": called.id})
            case Judge():
                self.verdicts.append(begin.order.kind)
        return visit


def run_of(started: Playbook, name: str = "RUN", inputs: Json | None = None) -> Run:
    """A run that has only begun."""
    return Run(
        id=name, incident_id="INC-1", finding_id="F-1", playbook=started.id, version=1, digest="", identity="",
        inputs=inputs or {}, began_at=NOON, changed_at=NOON,
    )  # fmt: skip


def walked(steps: str, others: Sequence[Playbook] = ()) -> Walked:
    """A run of these steps, walked as far as it goes at noon."""
    started = playbook(steps, others)
    return Walked(started, run_of(started)).go()


def again(run: Walked) -> Walked:
    """The same run as another process finds it: from its rows alone."""
    return replace(run, visits={path: visit.model_copy(deep=True) for path, visit in reversed(run.visits.items())})


def _request(name: str, order: Ask) -> Request:
    return Request(
        id=name, incident_id="INC-1", state=RequestState.AUTHORISED, action=order.spec.id, action_version="1",
        connector="sim", target=order.params.canonical_target(), params=order.params.model_dump(mode="json"),
        requester="detector:d@1", person=False, reason="", requested_at=NOON, changed_at=NOON,
    )  # fmt: skip


def _task(name: str, visit: Visit, order: Put) -> Task:
    assert visit.deadline is not None
    return Task(
        id=name, run=visit.run, path=visit.path, incident_id="INC-1", text=order.step.task, because="",
        about={**order.about}, opened_at=visit.began_at, deadline=visit.deadline, changed_at=visit.began_at,
    )  # fmt: skip

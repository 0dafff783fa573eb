"""A shipped playbook carried out on the bench, from a made-up finding to its end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from pydantic import JsonValue

from engine.control.tasks import answer_task, decline_task
from engine.model.finding import Endpoint, Finding, Observable, ObservableType, Origin, Severity
from engine.model.request import RequestState
from engine.model.run import Run, Visit
from engine.model.task import Task, TaskState
from tests.bench import Bench

ROUNDS = 12
"""More than any of these playbooks has steps behind each other between two answers of people."""
SEEN = {
    "users": ObservableType.USER,
    "hosts": ObservableType.HOST,
    "domains": ObservableType.DOMAIN,
    "messages": ObservableType.MESSAGE,
}
WS_114 = Endpoint(ip="10.20.16.114", port=50111, host="ws-114")
OUTSIDE = Endpoint(ip="203.0.113.60", port=443)


def finding(
    bench: Bench, category: str, *techniques: str, source: Endpoint | None = None, destination: Endpoint | None = None,
    detector: str = "suricata.made-up", **seen: tuple[str, ...],
) -> Finding:  # fmt: skip
    """What a detector that the demo trusts says; `seen` are observables by their kind."""
    return Finding(
        id=f"F-{category}", detector=detector, detector_version="1", time=bench.now, reported_time="",
        severity=Severity.HIGH, confidence=0.97, category=category, title=category, techniques=techniques,
        origin=Origin(product="made-up"), source=source, destination=destination,
        observables=tuple(
            Observable(type=SEEN[kind], value=value) for kind, values in seen.items() for value in values
        ),
    )  # fmt: skip


@dataclass(frozen=True)
class Played:
    """One incident on the bench, and what became of it."""

    bench: Bench
    incident: str

    @classmethod
    async def of(cls, bench: Bench, *findings: Finding) -> "Played":
        """Take findings in, and carry on as far as it goes by itself."""
        played = cls(bench, await bench.feed(*findings))
        await played.go()
        return played

    async def go(self) -> None:
        """Until people are waited for: nothing begins or ends any more."""
        before: object = None
        for _ in range(ROUNDS):
            await self.bench.settle(self.incident)
            visits = [visit for run in self.runs() for visit in self._visits(run)]
            now = (visits, self.bench.read(lambda tx: tx.requests.of(self.incident)))
            if now == before:
                return
            before = now

    async def answer(self, by: str, **answers: JsonValue) -> None:
        """Have somebody answer the task that is open."""
        task = self.task()
        await self.bench.write(
            lambda tx: answer_task(tx, self.bench.desk, self.bench.person(by), task.id, answers, self.bench.now)
        )
        await self.go()

    async def decline(self, by: str) -> None:
        """Have somebody refuse the task that is open."""
        task, bench = self.task(), self.bench
        await bench.write(lambda tx: decline_task(tx, bench.desk, bench.person(by), task.id, "no time", bench.now))
        await self.go()

    async def later(self, by: timedelta) -> None:
        """Let time pass."""
        await self.bench.later(by)
        await self.go()

    async def vote(self, action: str, kind: str, *people: str) -> None:
        """Have people vote on what is asked for this action."""
        [asked] = [r for r in self.bench.requests(self.incident, action) if r.state is RequestState.AWAITING_APPROVAL]
        for name in people:
            answer = await self.bench.vote(asked.id, name, kind)
            assert answer.accepted, answer
        await self.go()

    def task(self) -> Task:
        """The only task that is open."""
        tasks = self.bench.read(lambda tx: tx.tasks.of(self.incident))
        [task] = [task for task in tasks if task.state is TaskState.OPEN]
        return task

    def runs(self) -> Sequence[Run]:
        return self.bench.read(lambda tx: tx.runs.of(self.incident))

    @property
    def run(self) -> Run:
        """That of the playbook which answered."""
        [run] = [run for run in self.runs() if run.caller is None]
        return run

    def ended(self, name: str) -> str:
        """How the step of this name ended, or how far it has come; empty where it was not begun."""
        visits = [visit for run in self.runs() for visit in self._visits(run)]
        return next((visit.state.value for visit in visits if visit.path.split("/")[-1] == name), "")

    def done(self) -> dict[str, set[str]]:
        """What was carried out at the site, ever: targets by action; what people were told is not counted."""
        found: dict[str, set[str]] = {}
        for event in self.bench.site.history():
            if event.action:
                found.setdefault(event.action, set()).add(event.target)
        return found

    def told(self) -> list[str]:
        """The notices, in order."""
        requests = self.bench.requests(self.incident, "notify")
        return [str(r.params["text"]) for r in requests if r.state is RequestState.ENDED]

    def verdict(self) -> str:
        """What the incident was judged to be."""
        found = self.bench.read(lambda tx: tx.incidents.get(self.incident))
        return "" if found is None or found.verdict is None else found.verdict.kind.value

    def _visits(self, run: Run) -> list[Visit]:
        return self.bench.read(lambda tx: tx.visits.of(run.id))

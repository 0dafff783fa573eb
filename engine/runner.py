"""A run's next moves: a playbook's tree walked along the visits there are; pure, and the same for the same input.

Rules: 1. A visit begins once: its path says which it is, and what it found when it began stands in it. 2. Whatever has
become of what was begun is taken in before anything new is begun. 3. A step's failure is handled by its `on_failure`;
`stop` fails the block's owner in its turn, up to the run. 4. What has to be taken back, has failed or is over by its
timeout begins nothing any more. 5. A success at the last instant is a success: a timeout fails what is not over.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from engine import duration
from engine.expressions import Refusal
from engine.model.base import Json
from engine.model.run import Run, RunState, Visit, VisitState
from engine.model.steps import OnFailure, kind_of
from engine.playbook import (
    Block,
    CompiledForEach,
    CompiledIf,
    CompiledParallel,
    CompiledStep,
    CompiledSwitch,
    CompiledTask,
    CompiledWhile,
    Playbook,
)
from engine.runner_ends import DONE, Ended, waited_for
from engine.runner_moves import Begin, End, Finish, Known, Move, Order, Went
from engine.runner_opening import Opening, blocks_within, open_step
from engine.runner_scope import Scope, outputs_of

MOST_VISITS = 5000
"""Visits of one run; loops within loops that come to more fail it."""
TASK_WITHIN = timedelta(hours=4)
"""How long people have for a task whose author says that there is no timeout: one for ever would be nobody's."""
LATEST = datetime.max.replace(tzinfo=UTC)
MOST_MOVES = 200
"""Moves of one walk: everything else waits for the writer meanwhile."""


class Came(NamedTuple):
    """How far a step or block has come: still open, over, or failed and why."""

    open: bool = False
    failed: str | None = None


OPEN, OVER = Came(open=True), Came()


def walk(playbook: Playbook, run: Run, visits: Sequence[Visit], known: Known, facts: Json, now: datetime) -> Went:
    """Everything that can be done now; `facts` are those of the finding and its incident as they stand now."""
    walker = _Walker(run, visits, known, now)
    scope = Scope.of(playbook, run, facts)
    came = walker.settle(playbook.block, scope)
    finish = walker.finish(playbook, scope, came)
    return Went([*walker.moves, *finish], None if finish else walker.wake_at)


class _Walker:
    def __init__(self, run: Run, visits: Sequence[Visit], known: Known, now: datetime) -> None:
        self._run, self._known, self._now = run, known, now
        self._visits = {visit.path: visit for visit in visits}
        self._shut, self._back, self._fault = False, "", ""
        self._fresh = set[str]()
        self.moves: list[Move] = []
        self._wakes: list[datetime] = []

    @property
    def wake_at(self) -> datetime | None:
        """When something is due though nothing happens."""
        deadlines = [v.deadline for v in self._visits.values() if v.deadline and v.state is VisitState.BEGUN]
        return min([*self._wakes, *deadlines], default=None)

    def settle(self, block: Block, scope: Scope) -> Came:
        """Take in what has become of what was begun (rule 2), then go on; `scope` is that of the end."""
        with self._closed(True):
            self._block(block, "", scope.inside())
        return OPEN if self._back else self._block(block, "", scope)

    def finish(self, playbook: Playbook, scope: Scope, came: Came) -> list[Move]:
        """The run's end, if it has come."""
        if self._back or self._fault:
            # What was to begin at this very moment does not.
            self.moves = [move for move in self.moves if not isinstance(move, Begin) or move.order is None]
            return [Finish(RunState.ROLLING_BACK if self._back else RunState.FAILED, self._back or self._fault)]
        if came.failed is not None:
            return [Finish(RunState.FAILED, came.failed)]
        if came.open:
            return []
        outputs = outputs_of(playbook, scope)
        if isinstance(outputs, Refusal):
            return [Finish(RunState.FAILED, outputs.reason)]
        return [Finish(RunState.DONE, outputs=outputs)]

    def _block(self, block: Block, at: str, scope: Scope) -> Came:
        """The steps one after the other; afterwards `scope` holds what they left."""
        for step in block:
            path = f"{at}{step.step.name}"
            came = self._step(step, path, scope)
            if came != OVER:
                return came
            scope.leave(step, self._last(path))
        return OVER

    def _step(self, step: CompiledStep, path: str, scope: Scope) -> Came:
        visit = self._visits.get(path) or self._begin(step, path, scope)
        if visit is None:
            return OPEN
        if visit.state is VisitState.BEGUN:
            visit = self._carry_on(step, visit, scope)
        match visit.state:
            case VisitState.BEGUN:
                return OPEN
            case VisitState.FAILED:
                return self._handle(step, visit, scope)
            case _:
                return OVER

    def _handle(self, step: CompiledStep, visit: Visit, scope: Scope) -> Came:
        """What the step's failure means (rule 3)."""
        why = f"`{step.step.name}` failed: {visit.because}"
        match step.on_failure:
            case OnFailure.CONTINUE:
                return OVER
            case OnFailure.STOP:
                return Came(failed=why)
            case OnFailure.ROLL_BACK:
                self._back = self._back or why
                return Came(failed=why)
            case instead:
                return self._step(instead, f"{visit.path}/instead", scope)

    def _last(self, path: str) -> Visit:
        """The visit that says what became of a step: its own, or that of what took its place."""
        while f"{path}/instead" in self._visits:
            path = f"{path}/instead"
        return self._visits[path]

    def _begin(self, step: CompiledStep, path: str, scope: Scope) -> Visit | None:
        if not self._may_begin():
            return None
        opening = open_step(step, scope, self._now)
        kind = kind_of(step.step) or ""
        visit = self._new(path, kind, opening).model_copy(update={"deadline": self._deadline(step, opening)})
        return self._record(visit, step.step.name, step.step.because, opening.order)

    def _may_begin(self) -> bool:
        """Rule 4, and no more at once, nor in all, than what is good for anybody."""
        if len(self._visits) >= MOST_VISITS:
            self._fault = f"it has come to {MOST_VISITS} visits"
        if self._shut or self._back or self._fault:
            return False
        if len(self.moves) >= MOST_MOVES:
            self._wakes.append(self._now)
            return False
        return True

    def _new(self, path: str, kind: str, opening: Opening) -> Visit:
        return Visit(
            run=self._run.id,
            path=path,
            n=len(self._visits),
            kind=kind,
            state=opening.state,
            began_at=self._now,
            ended_at=None if opening.state is VisitState.BEGUN else self._now,
            because=opening.because,
            recorded=opening.recorded,
            until=opening.until,
        )

    def _deadline(self, step: CompiledStep, opening: Opening) -> datetime | None:
        lasts = step.step.timeout or (TASK_WITHIN if isinstance(step, CompiledTask) else None)
        return self._now + lasts if lasts and opening.state is VisitState.BEGUN else None

    def _record(self, visit: Visit, name: str, because: str, order: Order | None = None) -> Visit:
        self._visits[visit.path] = visit
        self.moves.append(Begin(visit, name, because, order))
        if order is not None:
            self._fresh.add(visit.path)
        return visit

    def _carry_on(self, step: CompiledStep, visit: Visit, scope: Scope) -> Visit:
        """The visit as it now stands: still begun, or ended by what became of it, or by its timeout (rule 5)."""
        deadline = visit.deadline or LATEST
        late = self._now >= deadline
        with self._closed(late):
            ended = None if visit.path in self._fresh else self._end_of(step, visit, scope)
        if ended is None and late:
            self._close_within(visit.path, f"`{step.step.name}` was not over in time")
            ended = Ended(VisitState.FAILED, f"not over within {duration.render(deadline - visit.began_at)}")
        return visit if ended is None else self._finish_visit(visit, ended)

    def _finish_visit(self, visit: Visit, ended: Ended) -> Visit:
        recorded = {**visit.recorded, **ended.recorded}
        changes = {"state": ended.state, "because": ended.because, "recorded": recorded, "ended_at": self._now}
        after = visit.model_copy(update=changes)
        self._visits[visit.path] = after
        self.moves.append(End(after))
        return after

    def _close_within(self, path: str, why: str) -> None:
        """End what is open within a step, the latest first."""
        within = [v for v in self._visits.values() if v.path.startswith(f"{path}/") and v.state is VisitState.BEGUN]
        for visit in sorted(within, key=lambda visit: -visit.n):
            self._finish_visit(visit, Ended(VisitState.FAILED, why))

    @contextmanager
    def _closed(self, shut: bool) -> Iterator[None]:
        """Begin nothing in here, where `shut`."""
        before, self._shut = self._shut, self._shut or shut
        try:
            yield
        finally:
            self._shut = before

    def _end_of(self, step: CompiledStep, visit: Visit, scope: Scope) -> Ended | None:
        match step:
            case CompiledIf() | CompiledSwitch() | CompiledParallel() | CompiledForEach():
                return _as_end(self._side_by_side(step, visit, scope))
            case CompiledWhile():
                return self._rounds(step, visit, scope)
        ended = waited_for(visit, self._known, self._now)
        if ended is None and visit.until is not None:
            self._wakes.append(visit.until)
        return ended

    def _side_by_side(self, step: CompiledStep, visit: Visit, scope: Scope) -> Came:
        """The blocks within a step, each as far as it goes; one after the other where they do not stand together."""
        together = isinstance(step, CompiledParallel) or (isinstance(step, CompiledForEach) and step.step.together)
        over = OVER
        for at, block, inside in blocks_within(step, visit, scope):
            came = self._block(block, at, inside)
            over = came if came.open or over == OVER else over
            if came != OVER and not together:
                return came
        return over

    def _rounds(self, step: CompiledWhile, visit: Visit, scope: Scope) -> Ended | None:
        """Round after round; the condition of the next may ask what the last one left."""
        number, due, last = 0, self._now, scope
        while True:
            inside = scope.inside(round=number)
            one = self._visits.get(at := f"{visit.path}/round[{number}]")
            if one is None:
                begun = self._next_round(step, at, number, due, last.inside(round=number))
                if not isinstance(begun, Visit):
                    return begun
                one = begun
            came = self._block(step.do, f"{at}/", inside)
            if came.open:
                return None
            if one.state is VisitState.BEGUN:
                self._finish_visit(one, _as_end(came) or DONE)
            if came.failed is not None:
                return _as_end(came)
            number, due, last = number + 1, one.until or self._now, inside

    def _next_round(
        self, step: CompiledWhile, at: str, number: int, due: datetime, asked: Scope
    ) -> Visit | Ended | None:
        """The next round's visit; or the end of all rounds; or None while it is not due."""
        if self._now < due:
            self._wakes.append(due)
            return None
        if not self._may_begin():
            return None
        holds = asked.holds(step.condition)
        if isinstance(holds, Refusal):
            return Ended(VisitState.FAILED, f"`while`: {holds.reason}")
        if not holds:
            return Ended(VisitState.DONE, recorded={"rounds": number})
        if number == step.step.at_most:
            return Ended(VisitState.FAILED, f"its condition still holds after {number} rounds", {"rounds": number})
        opening = Opening(recorded={"holds": True}, until=self._now + step.step.every)
        return self._record(self._new(at, ROUND, opening), f"{step.step.name}, round {number}", step.step.because)


ROUND = "round"
"""The kind of a visit that is one round of a `while` step."""


def _as_end(came: Came) -> Ended | None:
    if came.open:
        return None
    return DONE if came.failed is None else Ended(VisitState.FAILED, came.failed)

"""What a run does next, as values: visits that begin or end, what has to be carried out for them, and its end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine.model.action import ActionSpec, Params
from engine.model.base import Json
from engine.model.finding import VerdictKind
from engine.model.request import Request
from engine.model.run import Run, RunState, Visit
from engine.model.steps import TaskStep
from engine.model.task import Task
from engine.playbook import Playbook


@dataclass(frozen=True)
class Ask:
    """Request this action; the visit follows what becomes of it."""

    spec: ActionSpec
    params: Params
    lease: timedelta | None


@dataclass(frozen=True)
class Put:
    """Put this task to people; `about` names the items of the loops it stands in."""

    step: TaskStep
    about: Mapping[str, str]


@dataclass(frozen=True)
class Call:
    """Carry out this playbook with these inputs."""

    playbook: Playbook
    inputs: Json


@dataclass(frozen=True)
class Judge:
    """Give this verdict on the incident."""

    kind: VerdictKind


Order = Ask | Put | Call | Judge


@dataclass(frozen=True)
class Begin:
    """Record a visit that begins now (or has ended with that: left out, or failed at once), and carry `order` out."""

    visit: Visit
    step: str
    because: str
    order: Order | None = None


@dataclass(frozen=True)
class End:
    """Record that a visit has ended; what a failed one still waits for is called off."""

    visit: Visit


@dataclass(frozen=True)
class Finish:
    """The run is over (or, where it is to roll back, is taken back from now on); its open visits end with it."""

    state: RunState
    because: str = ""
    outputs: Json = field(default_factory=dict)


Move = Begin | End | Finish


@dataclass(frozen=True)
class Known:
    """What became of what visits wait for: requests (as what they were last asked as), tasks and runs, by id."""

    requests: Mapping[str, Request] = field(default_factory=dict)
    tasks: Mapping[str, Task] = field(default_factory=dict)
    runs: Mapping[str, Run] = field(default_factory=dict)


@dataclass(frozen=True)
class Went:
    """What to do now, in this order, and when to look again if nothing else happens."""

    moves: Sequence[Move]
    wake_at: datetime | None

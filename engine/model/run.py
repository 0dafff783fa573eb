"""A playbook being carried out: the run, and each visit of one of its steps."""

from enum import StrEnum

from pydantic import Field, JsonValue

from engine.model.base import AwareDatetime, Json, Model, Text


class RunState(StrEnum):
    """See `engine.lifecycle.RUN` for the table. A run that is taken back is `rolling_back` until nothing stands."""

    RUNNING = "running"
    ROLLING_BACK = "rolling_back"
    DONE = "done"
    FAILED = "failed"
    ROLLED_BACK = "rolled_back"
    WITHDRAWN = "withdrawn"


class Run(Model):
    """One playbook for one finding of an incident, or called by a visit of another run (`caller`, `caller_path`).

    `digest` is the content it was started with, `pins` that of every playbook it may call (`name@version`), `identity`
    the digest over all of these: it is carried out by them to its end, whatever becomes of the files. `because` says
    why it ended as it did.
    """

    id: str
    incident_id: str
    finding_id: str
    playbook: str
    version: int
    digest: str
    identity: str
    pins: dict[str, str] = Field(default_factory=dict)
    caller: str | None = None
    caller_path: str = ""
    state: RunState = RunState.RUNNING
    inputs: Json = Field(default_factory=dict)
    outputs: Json = Field(default_factory=dict)
    began_at: AwareDatetime
    changed_at: AwareDatetime
    because: Text = ""

    @property
    def signature(self) -> str:
        """How requests and the ledger name it."""
        return f"{self.playbook}@{self.version}"


class VisitState(StrEnum):
    """How far a visit has come; everything but `begun` is its end."""

    BEGUN = "begun"
    DONE = "done"
    OBSERVED = "observed"
    FAILED = "failed"
    SKIPPED = "skipped"


class Visit(Model):
    """One visit of one step of a run; `path` says which (`contain/each[2]/isolate`), `n` counts those of its run.

    `recorded` is what was found when it began, and is never found again: a condition's answer, a list's items.
    `request_id`, `task_id` and `run_id` are what it waits for; `joined` that an earlier finding's run had asked for
    it. `until` is when a wait is over, or the next round due; `deadline` when it has failed by its timeout.
    """

    run: str
    path: str
    n: int
    kind: str
    state: VisitState
    began_at: AwareDatetime
    ended_at: AwareDatetime | None = None
    because: Text = ""
    recorded: dict[str, JsonValue] = Field(default_factory=dict)
    request_id: str | None = None
    task_id: str | None = None
    run_id: str | None = None
    joined: bool = False
    until: AwareDatetime | None = None
    deadline: AwareDatetime | None = None

    @property
    def follows(self) -> str:
        """What it waits for, or waited; empty for what waits for nobody."""
        return self.request_id or self.task_id or self.run_id or ""

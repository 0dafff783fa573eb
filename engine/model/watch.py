"""What a sweep over one connector sees."""

from pydantic import Field

from engine.model.action import Executor
from engine.model.base import AwareDatetime, Json, Model
from engine.model.execution import Outcome, Work


class ConnectorHealth(Model):
    """A connector's last word: whether it answered, when, and what it said if not.

    `orphans` are the owner keys of effects that no lease knew when it answered last.
    """

    instance: str
    executor: Executor
    healthy: bool
    seen_at: AwareDatetime
    error: str = ""
    orphans: tuple[str, ...] = ()


class Sweep(Model):
    """All effects of ours that stand at one connector (owner key -> what it is), as of `began_at`."""

    health: ConnectorHealth
    began_at: AwareDatetime
    owned: dict[str, Json] = Field(default_factory=dict)


class SweepOrder(Model):
    """Owner keys that no lease knows and that are to be taken away, and when to sweep again."""

    remove: tuple[str, ...] = ()
    again_in_s: float = 30.0


class Released(Model):
    """What became of one release among many, by the owner key of the element."""

    owner: str
    outcome: Outcome


class DrainOrder(Model):
    """Releases that are overdue, the highest impact first; none once nothing is."""

    works: tuple[Work, ...] = ()

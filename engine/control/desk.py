"""What the transactions decide with: the active policy, playbooks, checks, context, people, and the signing key."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from engine.approvals import RETRACTION
from engine.context.file import ContextFile
from engine.context.merge import Known
from engine.errors import InvalidInput
from engine.intel.knowledge import Knowledge
from engine.model.action import Executor
from engine.model.step_up import StepUp
from engine.playbook import Playbook
from engine.policy_file import Policy
from engine.ports import Check, Context, People, Specs
from engine.token import TokenSigner
from engine.undo_sheet import ByHand


@dataclass(frozen=True)
class Desk:
    """Everything a decision needs besides the database.

    `routes` names the connector instance each action goes through; `executors` says which of them are simulated,
    `self_expiring` which of them end effects by themselves, and how long after the end they were told. Of the
    detectors in `reviewed` a person looks at every finding.
    """

    policy: Policy
    playbooks: Sequence[Playbook]
    specs: Specs
    checks: Sequence[Check]
    context: Context
    people: People
    signer: TokenSigner
    routes: Mapping[str, str]
    executors: Mapping[str, Executor]
    self_expiring: Mapping[str, timedelta] = field(default_factory=dict)
    window: timedelta = timedelta(minutes=30)
    look_back: timedelta = timedelta(days=14)
    drift_every: timedelta = timedelta(seconds=30)
    knowledge: Knowledge = field(default_factory=Knowledge)
    """What was imported; `context` speaks of it too."""
    pinned: dict[str, Playbook] = field(default_factory=dict)
    """What runs were started with, by `Playbook.identity`, whatever `playbooks` are now; filled as they are met."""
    by_hand: Mapping[str, ByHand] = field(default_factory=dict)
    """How effects of a connector are taken back without the engine."""
    retraction: timedelta = RETRACTION
    step_up: StepUp = StepUp.WHERE_KNOWN
    reviewed: frozenset[str] = frozenset({"dns.header_autoencoder"})
    place: Callable[[Sequence[Known]], Context] | None = None
    """Makes the context of the site's own file and everything imported; `context` is that of the file alone."""
    site: Callable[[], ContextFile] = ContextFile
    """The site's own file as it is now."""

    @property
    def simulated(self) -> bool:
        """Whether nothing real is reached."""
        return all(executor is Executor.SIMULATED for executor in self.executors.values())

    def connector(self, action: str) -> str:
        """The instance that an action goes through."""
        if action not in self.routes:
            raise InvalidInput(f"no connector here can do `{action}`")
        return self.routes[action]

"""The simulated site as a connector: a firewall, host control, a directory, mail and an outbox over one journal."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from actions.ports import Ports
from actions.simulators import directory, evidence, firewall, hosts, mail, resolver
from actions.simulators.commands import answer
from actions.simulators.directory import SimulatedDirectory
from actions.simulators.elements import Elements
from actions.simulators.events import Event
from actions.simulators.evidence import SimulatedEvidence
from actions.simulators.firewall import SimulatedFirewall
from actions.simulators.gate import Gate, Sleep
from actions.simulators.ground import Clock, Ground
from actions.simulators.hosts import SimulatedHosts
from actions.simulators.mail import SimulatedMail
from actions.simulators.others import Others
from actions.simulators.probe import Probe
from actions.simulators.records import FileRecords
from actions.simulators.resolver import SimulatedResolver
from actions.simulators.world import World
from actions.vault import Vault
from engine.context.file import ContextFile
from engine.model.action import Executor
from engine.model.base import Json


class Site:
    """One simulated site in a directory, shared by every process that opens it with the same context file.

    Besides the ports there are `faults` to switch on, `others` who meddle, a `probe` that tries connections, and
    `history`, the truth that tests compare with.
    """

    executor = Executor.SIMULATED

    def __init__(
        self, path: Path, file: ContextFile, clock: Clock, *, instance: str = "sim", sleep: Sleep = asyncio.sleep
    ) -> None:
        """`path` is the site's directory, made if it is not there; `clock` dates what this process does."""
        self.instance = instance
        self._ground = Ground(path, clock)
        self.faults = Gate(self._ground, sleep)
        self.world = World(file, self._ground)
        self.others = Others(self._ground, self.world)
        self.probe = Probe(self._ground, self.world)
        self.firewall = SimulatedFirewall(self._elements(firewall.ACTIONS))
        self.hosts = SimulatedHosts(self._elements(hosts.ACTIONS), self.world.has_host)
        self.directory = SimulatedDirectory(self._elements(directory.ACTIONS), self.world.enabled)
        self.resolver = SimulatedResolver(self._elements(resolver.ACTIONS), self.world.has_host_under)
        self.mail = SimulatedMail(self._elements(mail.ACTIONS), self.world.has_message)
        self.records = FileRecords(path / "outbox.jsonl", self.faults, clock)
        self.vault = Vault(path / "evidence", clock)
        self.evidence = SimulatedEvidence(self._elements(evidence.ACTIONS), self.world, self.vault, clock)

    @property
    def ports(self) -> Ports:
        """All that actions need here."""
        return Ports(self.firewall, self.hosts, self.directory, self.mail, self.records, self.evidence, self.resolver)

    async def health(self) -> None:
        """Raise `TargetUnavailable` while every system of the site is away."""
        self.faults.require_answer(())

    async def owned(self) -> Mapping[str, Json]:
        """Every lasting effect of ours: what it is, and whether it still has its effect (`effective`)."""
        self.faults.require_answer(())
        ours = self._ground.state().ours
        return {
            key: {"action": element.action, "target": element.target, "effective": element.effective}
            for key, element in ours.items()
        }

    async def remove(self, key: str) -> None:
        """Take away what stands under this owner key."""
        element = self._ground.state().ours.get(key)
        self._elements([element.action] if element else ()).lift(key)

    async def ask(self, command: str, arguments: Sequence[str], within: timedelta) -> str:
        """What the site says to a command, at once; raise `ProbeFailed` where that is no."""
        self.faults.require_answer(())
        return answer(self.probe, command, arguments)

    def history(self) -> Sequence[Event]:
        """Everything that ever happened here, oldest first, by whichever process."""
        return [*self._ground.state().events]

    def _elements(self, actions: Sequence[str]) -> Elements:
        return Elements(self._ground, self.faults, actions)

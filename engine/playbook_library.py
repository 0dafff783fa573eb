"""The playbooks that others can call."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.playbook import Playbook
from engine.playbook_outline import CALLS

TOO_DEEP = f"calls stand within more than {CALLS} calls"
Called = tuple[str, int]
"""A playbook's name and version, as a call gives them."""


@dataclass(frozen=True)
class Library:
    """The playbooks that can be called, and why others cannot, though they are there."""

    playbooks: Mapping[Called, Playbook] = field(default_factory=dict)
    refused: Mapping[Called, str] = field(default_factory=dict)

    def missing(self, name: str, version: int) -> str:
        """Why this one cannot be called."""
        if (name, version) in self.refused:
            return self.refused[name, version]
        versions = sorted({known for called, known in (*self.playbooks, *self.refused) if called == name})
        if not versions:
            return f"there is no playbook `{name}`"
        return f"playbook `{name}` has no version {version}: there is {', '.join(map(str, versions))}"

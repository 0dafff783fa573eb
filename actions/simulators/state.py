"""What stands at the simulated site: the fold of its events."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from pydantic import Field, JsonValue

from actions.simulators.events import WORLD, Event, Op
from actions.simulators.faults import ActiveFault
from engine.model.base import Json, Model

SESSIONS_AT_START = 1
"""Every account begins with one session."""
SETS = "sets"
"""Among an element's details, the settings of its target that it sets."""
UNSET = ""
"""A setting that nobody has set."""


class Element(Model):
    """One thing that somebody placed at a target."""

    owner: str
    action: str
    target: str
    details: Json
    effective: bool = True
    displaced: Json = Field(default_factory=dict)
    """Each setting that it set, as it was before."""


@dataclass
class State:
    """The site as it stands; changed by `fold` alone."""

    ours: dict[str, Element] = field(default_factory=dict)
    done: dict[str, Element] = field(default_factory=dict)
    foreign: dict[str, Element] = field(default_factory=dict)
    delayed: dict[str, Element] = field(default_factory=dict)
    enabled: dict[str, bool] = field(default_factory=dict)
    sessions: dict[str, int] = field(default_factory=dict)
    settings: dict[tuple[str, str], JsonValue] = field(default_factory=dict)
    faults: dict[str, ActiveFault] = field(default_factory=dict)
    world: list[Event] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def in_effect(self, action: str, target: str | None = None) -> Iterator[Element]:
        """Elements of this action that really work, whoever placed them; at `target` only, if given."""
        for element in (*self.ours.values(), *self.foreign.values()):
            if element.effective and element.action == action and target in (None, element.target):
                yield element

    def element(self, owner: str) -> Element | None:
        """What was placed or done under this owner key."""
        return self.ours.get(owner) or self.done.get(owner)

    def sessions_of(self, account: str) -> int:
        """How many sessions this account has open."""
        return self.sessions.get(account, SESSIONS_AT_START)

    def setting(self, target: str, name: str) -> JsonValue:
        """What a setting of this target has as its value."""
        return self.settings.get((target, name), UNSET)

    def fold(self, event: Event) -> None:
        """Take one event in."""
        self.events.append(event)
        if event.op in WORLD:
            self.world.append(event)
        self._fold_element(event)
        self._fold_delay(event)
        self._fold_account(event)
        self._fold_fault(event)

    def _fold_element(self, event: Event) -> None:
        match event.op:
            case Op.PLACED:
                self._place(_element(event))
            case Op.DONE:
                self.done[event.owner] = _element(event)
            case Op.RELEASED | Op.LIFTED:
                self.ours.pop(event.owner, None)
            case Op.ALTERED:
                self.ours[event.owner] = self.ours[event.owner].model_copy(update={"effective": False})
            case Op.FOREIGN_PLACED:
                self.foreign[event.owner] = _element(event)
            case Op.FOREIGN_LIFTED:
                self.foreign.pop(event.owner, None)
            case Op.SET:
                self.settings[event.target, str(event.details["setting"])] = event.details["value"]

    def _place(self, element: Element) -> None:
        """An element of ours, and what it sets besides."""
        before, sets = self.ours.get(element.owner), element.details.get(SETS)
        values = sets if isinstance(sets, dict) else {}
        was = {name: self.setting(element.target, name) for name in values} if before is None else before.displaced
        self.ours[element.owner] = element.model_copy(update={"displaced": was}) if was else element
        self.settings |= {(element.target, name): value for name, value in values.items()}

    def _fold_delay(self, event: Event) -> None:
        match event.op:
            case Op.DELAYED:
                self.delayed[event.owner] = _element(event)
            case Op.ARRIVED:
                self.delayed.pop(event.owner)
                if event.owner not in self.ours:
                    self._place(_element(event))

    def _fold_account(self, event: Event) -> None:
        match event.op:
            case Op.ACCOUNT_ENABLED:
                self.enabled[event.target] = True
                self._lift_all("identity.disable_account", event.target)
            case Op.ACCOUNT_DISABLED:
                self.enabled[event.target] = False
            case Op.SIGNED_IN:
                self.sessions[event.target] = self.sessions_of(event.target) + 1
            case Op.DONE if event.action == "identity.revoke_sessions":
                self.sessions[event.target] = 0

    def _fold_fault(self, event: Event) -> None:
        match event.op:
            case Op.FAULT_SET:
                fault = ActiveFault.model_validate(event.details)
                self.faults[fault.name] = fault
            case Op.FAULT_STRUCK:
                self._strike(event.target)
            case Op.FAULT_CLEARED:
                self.faults.pop(event.target, None)

    def _strike(self, name: str) -> None:
        left = self.faults[name].struck()
        if left is None:
            del self.faults[name]
        else:
            self.faults[name] = left

    def _lift_all(self, action: str, target: str) -> None:
        """One attribute of one account: whoever sets it takes away everything placed on it."""
        for element in [*self.in_effect(action, target)]:
            self.ours.pop(element.owner, None)
            self.foreign.pop(element.owner, None)


def _element(event: Event) -> Element:
    return Element(owner=event.owner, action=event.action, target=event.target, details=event.details)

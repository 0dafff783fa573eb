"""Placing and lifting our own elements at the simulated site, faults included; what all its ports share."""

from collections.abc import Sequence

from pydantic import JsonValue

from actions.simulators.events import Op
from actions.simulators.gate import Gate
from actions.simulators.ground import Ground
from actions.simulators.state import Element, State
from engine.errors import TargetRefused, TargetUnavailable
from engine.model.base import Json


class Elements:
    """The elements of the actions that one system of the site (its firewall, its directory …) carries out."""

    def __init__(self, ground: Ground, gate: Gate, actions: Sequence[str]) -> None:
        """`actions` are reached, or out of reach, together."""
        self._ground = ground
        self._gate = gate
        self._actions = actions

    def state(self) -> State:
        """The site as it stands, if this system answers."""
        self._gate.require_answer(self._actions)
        return self._ground.state()

    def standing(self, action: str, target: str, owner: str | None = None) -> bool:
        """Whether such an effect is there, by anyone or by this owner key."""
        found = self.state().in_effect(action, target)
        return any(owner in (None, element.owner) for element in found)

    def element(self, owner: str) -> Element | None:
        """What was placed or done under this owner key, if it is there."""
        return self.state().element(owner)

    def splits(self, action: str) -> bool:
        """Whether of several targets only some are to be done."""
        return self._gate.splits(action)

    def handle(self, owner: str) -> str | None:
        """The handle of what was placed or done under this owner key, if it is there."""
        element = self.state().element(owner)
        return element.owner if element else None

    async def place(self, action: str, target: str, owner: str, details: Json | None = None, op: Op = Op.PLACED) -> str:
        """Place it once, however often and from however many processes this is asked under `owner`."""
        self._gate.require_answer(self._actions)
        await self._gate.before_execute(action)
        wanted = Element(owner=owner, action=action, target=target, details=details or {})
        if op is Op.PLACED and self._gate.delays(action):
            self._delay(wanted)
        if not self._gate.lies(action):
            self._place_once(wanted, op)
        self._gate.after_execute(action)
        return owner

    def lift(self, owner: str) -> None:
        """Take our element of this owner key back; gone already is fine, and nobody else's is touched."""
        element = self.state().ours.get(owner)
        action = element.action if element else ""
        self._gate.before_release(action, owner)
        if self._gate.lies_about_release(action, owner):
            return
        with self._ground.changing() as change:
            if element := change.state.ours.get(owner):
                change.remove(Op.RELEASED, element)

    def setting(self, target: str, name: str) -> JsonValue:
        """What a setting of this target is."""
        return self.state().setting(target, name)

    def displaced(self, owner: str) -> Json:
        """What our element of this key set, as it was before."""
        element = self.state().ours.get(owner)
        return {} if element is None else element.displaced

    def give_back(self, target: str, name: str, value: JsonValue, expected: JsonValue) -> None:
        """Set it, where it is as expected; raise `TargetRefused` where it is something else."""
        self._gate.require_answer(self._actions)
        with self._ground.changing() as change:
            now = change.state.setting(target, name)
            if now not in (value, expected):
                raise TargetRefused(f"`{name}` of `{target}` is `{now}`, not `{expected}`")
            if now != value:
                change.record(Op.SET, target, details={"setting": name, "value": value})

    def _delay(self, wanted: Element) -> None:
        with self._ground.changing() as change:
            change.record(Op.DELAYED, wanted.target, owner=wanted.owner, action=wanted.action, details=wanted.details)
        raise TargetUnavailable(f"the site did not answer `{wanted.action}` in time")

    def _place_once(self, wanted: Element, op: Op) -> None:
        with self._ground.changing() as change:
            standing = change.state.element(wanted.owner)
            if standing is None or not standing.effective:
                change.record(op, wanted.target, owner=wanted.owner, action=wanted.action, details=wanted.details)

"""The registered actions: their metadata for policy, and bound to a connector for the zone's hands."""

from collections.abc import Iterable, Mapping
from typing import Protocol, cast

from actions import ACTIONS
from actions.ports import Ports
from engine.errors import TargetRefused
from engine.model.action import ActionSpec, Params
from engine.ports import Action


class ActionSpecs:
    """Implements `engine.ports.Specs` over everything that ships, and what others bring."""

    def __init__(self, brought: "Iterable[Kind]" = ()) -> None:
        """Index the specifications by id; `brought` are the actions of plug-ins."""
        self._specs = {kind.spec.id: kind.spec for kind in (*_KINDS, *brought)}

    def get(self, action: str) -> ActionSpec | None:
        """The specification of this action, None where it is not known."""
        return self._specs.get(action)

    def all(self) -> Iterable[ActionSpec]:
        """Every specification, by id."""
        return [self._specs[action] for action in sorted(self._specs)]


class Kind(Protocol):
    """What an action's class offers besides its instances."""

    @property
    def spec(self) -> ActionSpec:
        """Its metadata."""

    def over(self, ports: Ports) -> object:
        """The action on these ports, None where they lack what it needs."""


_KINDS: tuple[Kind, ...] = ACTIONS


def bind_one(kind: Kind, ports: Ports) -> Action[Params]:
    """This action on these ports; raise `TargetRefused` where they lack what it needs."""
    action = kind.over(ports)
    if action is None:
        raise TargetRefused(f"`{kind.spec.id}` cannot be bound to a connector with these ports")
    return cast("Action[Params]", action)  # as below


def bind(instance: str, ports: Ports, brought: Iterable[Kind] = ()) -> Mapping[tuple[str, str], Action[Params]]:
    """Every action that the connector `instance` can carry out, as `engine.hands.Hands` looks them up."""
    bound = ((kind.spec.id, kind.over(ports)) for kind in (*_KINDS, *brought))
    # Proof of the cast: an action's methods are only ever given what its own `spec.params` has parsed.
    return {(instance, name): cast("Action[Params]", action) for name, action in bound if action is not None}

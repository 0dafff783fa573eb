"""What a receiver of events must offer."""

from collections.abc import Sequence
from typing import Protocol

from engine.errors import TargetRefused
from engine.model.base import Json
from engine.model.siem import ReceiverSettings


class ContentRefused(TargetRefused):
    """The receiver says no to these very events, and would to them at any time; it may take others."""


class Receiver(Protocol):
    """One place that takes events; the same may come twice, under the same `metadata.uid`."""

    @property
    def settings(self) -> ReceiverSettings: ...

    @property
    def at_once(self) -> int:
        """How many events go out together at most."""

    async def send(self, events: Sequence[Json]) -> None:
        """Return once all are taken, in their order.

        Raise `ContentRefused` for what these events are to blame for; any other error has them sent again.
        """

    async def health(self) -> str:
        """What there is to say of a receiver that could take events now; raise as `send` does where it could not."""

"""A case on a simulated site of five hosts, for actions that work through the ports of `actions.ports`."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from pydantic import JsonValue

from actions.conformance.case import NOW
from actions.registry import Kind, bind_one
from actions.simulators.faults import ANY_ACTION, FaultKind
from actions.simulators.site import Site
from engine.context.file import ContextFile
from engine.context.parts import Job, Message, Segment, SegmentKind
from engine.model.action import Params
from engine.model.base import Json
from engine.model.context import Asset, Identity

Effective = Callable[[Site], Awaitable[bool]]
"""Whether the effect can be seen at the site: by trying, not by asking who did it."""


def place() -> ContextFile:
    """Two file servers, one of which the web server needs, a backup, a guest, an account and a message."""
    assets = (
        Asset(name="files-01", addresses=("10.20.4.16",), services=("files",), redundancy_group="files"),
        Asset(name="files-02", addresses=("10.20.4.17",), redundancy_group="files", fingerprint="install-1"),
        Asset(name="web-01", addresses=("10.20.4.20",), depends_on=("files",)),
        Asset(name="bkp-02", addresses=("10.20.9.2", "fd00::9:2")),
        Asset(name="guest-07", addresses=("10.99.0.7",)),
    )
    backup = Job(name="backup", tag="backup", source="files-01", destination="bkp-02", port=8400)
    return ContextFile(
        assets=assets,
        identities=(Identity(name="j.doe"), Identity(name="svc-old", enabled=False)),
        segments=(Segment(name="guest", cidr="10.99.0.0/24", kind=SegmentKind.GUEST),),
        messages=(Message(id="<Invoice.1@example.net>", mailbox="j.doe"),),
        jobs=(backup,),
    )


async def _at_once(seconds: float) -> None:
    """A slow site's time passes at once."""


class SimulatedCase:
    """One action on a fresh simulated site."""

    def __init__(
        self, folder: Path, kind: Kind, effective: Effective, /, *, through: str | None = None, **params: object
    ) -> None:
        """`params` are the action's, its target among them; `through` is the shipped action whose element it places."""
        self.connector = Site(folder, place(), lambda: NOW, sleep=_at_once)
        self._effective, self._element = effective, through or kind.spec.id
        self.action = bind_one(kind, self.connector.ports)
        self.params: Params = kind.spec.params.model_validate(params)

    async def effective(self) -> bool:
        """Whether the effect can be seen."""
        return await self._effective(self.connector)

    async def others_act(self) -> None:
        """Somebody does the same by hand."""
        details: Json = self.params.effect()
        self.connector.others.place(self._element, self.params.canonical_target(), "by hand", details)

    def others_set(self, setting: str, value: JsonValue) -> None:
        """Somebody gives a setting of the target another value."""
        self.connector.others.set(self.params.canonical_target(), setting, value)

    def trace(self) -> object:
        """The site's journal and its outbox."""
        return self.connector.history(), self.connector.records.all()

    def switch_on(self, fault: FaultKind, times: int | None = None) -> None:
        """Let this happen at the site; it is out of reach as a whole."""
        action = ANY_ACTION if fault is FaultKind.UNREACHABLE else self._element
        self.connector.faults.switch_on(fault, action, times=times)

    def arrive(self) -> None:
        """Let what was delayed be done now."""
        self.connector.faults.arrive()

    def clear(self) -> None:
        """Let all be well again."""
        self.connector.faults.clear()

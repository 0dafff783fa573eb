"""Close the ports of one host over which attackers move on, for as long as its lease runs."""

from datetime import datetime
from typing import Self

from actions.fields import HostName
from actions.fields import Ports as PortNumbers
from actions.ports import Ports
from engine.model.action import ActionSpec, Impact, Params, Snapshot, TargetKind, Undo
from engine.ports import Action
from engine.target_ports import HostControl

SMB, RDP, WINRM, WINRM_TLS = 445, 3389, 5985, 5986


class ContainPortsParams(Params):
    """Which host, and which of its TCP ports to close in both directions."""

    target: HostName
    ports: PortNumbers = (SMB, RDP, WINRM, WINRM_TLS)


class ContainPorts(Action[ContainPortsParams]):
    """Close ports of a host; released by opening those again that only we closed."""

    spec = ActionSpec(
        id="host.contain_ports",
        summary="close a host's ports for file sharing and remote control",
        params=ContainPortsParams,
        target=TargetKind.HOST,
        impact=Impact.MEDIUM,
        d3fend="D3-NTF",
        mitigations=("M1035", "M1037"),
    )

    def __init__(self, hosts: HostControl) -> None:
        """Close ports through this host control."""
        self._hosts = hosts

    @classmethod
    def over(cls, ports: Ports) -> Self | None:
        """The action on this connector, if it controls hosts."""
        return cls(ports.hosts) if ports.hosts else None

    async def validate(self, params: ContainPortsParams) -> None:
        """Refuse a host that is not there."""
        await self._hosts.require_host(params.target)

    async def snapshot(self, params: ContainPortsParams) -> Snapshot:
        """Which of its ports are closed already."""
        return Snapshot(present=await self._closed(params), state=await self._hosts.state(params.target))

    async def execute(self, params: ContainPortsParams, key: str, expires_at: datetime | None) -> Undo:
        """Close them once, however often this is retried under `key`."""
        return Undo(handle=await self._hosts.close_ports(params.target, params.ports, key))

    async def inspect(self, params: ContainPortsParams, key: str) -> Undo | None:
        """Our element, if it stands."""
        handle = await self._hosts.element(key)
        return Undo(handle=handle) if handle else None

    async def verify(self, params: ContainPortsParams, key: str) -> bool:
        """Read back whether all of them are closed, and our element stands."""
        return await self._hosts.element(key) is not None and await self._closed(params)

    async def release(self, params: ContainPortsParams, key: str, undo: Undo | None, before: Snapshot | None) -> None:
        """Take our element back; a port that somebody else closed stays closed."""
        await self._hosts.lift(key)

    async def _closed(self, params: ContainPortsParams) -> bool:
        closed = (await self._hosts.state(params.target)).get("closed_ports")
        return isinstance(closed, list) and set(params.ports) <= {port for port in closed if isinstance(port, int)}

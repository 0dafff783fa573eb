"""What still gets through at the simulated site: effects are checked by trying, not by asking who placed what."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from itertools import product

from pydantic import TypeAdapter

from actions.simulators import firewall, hosts, resolver
from actions.simulators.ground import Ground
from actions.simulators.state import Element, State
from actions.simulators.world import End, World
from engine.context.parts import Job
from engine.context.places import above
from engine.model.action import Spare
from engine.model.context import Asset
from engine.target_ports import BlockScope

_SPARES = TypeAdapter(tuple[Spare, ...])


@dataclass(frozen=True)
class Traffic:
    """One connection somebody tries to make; `port` None stands for any that might get through."""

    source: End
    destination: End
    port: int | None
    protocol: str

    def runs(self, port: int, protocol: str) -> bool:
        """Whether it is, or may be, this service."""
        return self.port is None or (self.port, self.protocol) == (port, protocol)


class Probe:
    """Tries connections; no fault stands in its way, for it is the truth that tests compare with."""

    def __init__(self, ground: Ground, world: World) -> None:
        """Looks at the same site as everyone else."""
        self._ground = ground
        self._world = world

    def reachable(self, source: str, destination: str, port: int | None = None, protocol: str = "tcp") -> bool:
        """Whether `source` gets through to `destination` (names or addresses) on `port`, or on any if none is given.

        Only blocks, isolations and closed ports are looked at, not whether anything listens there. Raises `NotFound`
        for a name nobody has.
        """
        state = self._ground.state()
        pairs = product(self._world.ends(source), self._world.ends(destination))
        return any(not _is_cut(state, Traffic(*pair, port, protocol)) for pair in pairs)

    def resolves(self, name: str) -> bool:
        """Whether the site's resolver still answers this name."""
        state = self._ground.state()
        return not any(next(state.in_effect(resolver.SINKHOLE, one), None) for one in (name, *above(name)))

    def cut_jobs(self) -> Sequence[Job]:
        """Running jobs (backup, replication …) that do not get through now."""
        running = (job for job in self._world.file().jobs if job.until is None)
        return [job for job in running if not self.reachable(job.source, job.destination, job.port, job.protocol)]

    def impaired(self) -> Sequence[Asset]:
        """Assets that reach no provider of something they depend on; any member of a redundancy group will do."""
        assets = self._world.file().assets
        return [asset for asset in assets if not all(self._provided(asset, need) for need in asset.depends_on)]

    def _provided(self, asset: Asset, need: str) -> bool:
        providers = _providers(self._world.file().assets, need)
        return any(self.reachable(asset.name, provider.name) for provider in providers)


def _providers(assets: Sequence[Asset], need: str) -> Iterable[Asset]:
    named = [asset for asset in assets if need == asset.name or need in asset.services]
    groups = {asset.redundancy_group for asset in named} - {""}
    return [*named, *(asset for asset in assets if asset.redundancy_group in groups)]


def _is_cut(state: State, traffic: Traffic) -> bool:
    cuts = {
        firewall.BLOCK_IP: _blocks,
        firewall.BLOCK_SEGMENT: _blocks,
        hosts.ISOLATE: _isolates,
        hosts.CONTAIN_PORTS: _closes,
    }
    return any(cut(element, traffic) for action, cut in cuts.items() for element in state.in_effect(action))


def _blocks(element: Element, traffic: Traffic) -> bool:
    """A firewall sees what crosses: exactly one end is in the target, the other is the peer."""
    network = ip_network(element.target)
    peers = [end for end in (traffic.source, traffic.destination) if end.address not in network]
    if len(peers) != 1:
        return False
    scope = BlockScope.model_validate(element.details.get("scope", {}))
    if scope.host is not None and not peers[0].is_called(scope.host):
        return False
    if scope.port is not None and (traffic.port, traffic.protocol) != (scope.port, scope.protocol):
        return False
    return not _spared(scope.spare, peers[0], traffic)


def _isolates(element: Element, traffic: Traffic) -> bool:
    """Everything from and to the host, but for the spared flows of its peers."""
    peer = _peer(element.target, traffic)
    return peer is not None and not _spared(_SPARES.validate_python(element.details.get("spare", ())), peer, traffic)


def _closes(element: Element, traffic: Traffic) -> bool:
    """These TCP ports, whether the host is asked on them or asks others."""
    ports = element.details.get("ports")
    closed = isinstance(ports, list) and traffic.port in ports and traffic.protocol == "tcp"
    return closed and _peer(element.target, traffic) is not None


def _peer(host: str, traffic: Traffic) -> End | None:
    """The other end of traffic from or to `host`."""
    if traffic.source.is_called(host):
        return traffic.destination
    return traffic.source if traffic.destination.is_called(host) else None


def _spared(spares: Iterable[Spare], peer: End, traffic: Traffic) -> bool:
    return any(peer.is_called(spare.peer) and traffic.runs(spare.port, spare.protocol) for spare in spares)

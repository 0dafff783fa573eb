"""One element of a set of ours, and the addresses it stands for; pure."""

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from pydantic import JsonValue

from actions.connectors.nftables.listing import ListedElement, PrefixValue, RangeValue
from actions.connectors.nftables.values import is_owner
from engine.ports import Address, Network


@dataclass(frozen=True)
class Span:
    """All addresses of one family from `first` to `last`."""

    version: int
    first: int
    last: int

    def overlaps(self, other: "Span") -> bool:
        """Whether any address is in both."""
        return self.version == other.version and self.first <= other.last and other.first <= self.last

    def holds(self, other: "Span") -> bool:
        """Whether every address of `other` is in this one."""
        return self.version == other.version and self.first <= other.first and other.last <= self.last


def span_of(target: Address | Network) -> Span:
    """The addresses a target stands for."""
    if isinstance(target, IPv4Network | IPv6Network):
        return Span(target.version, int(target.network_address), int(target.broadcast_address))
    return Span(target.version, int(target), int(target))


@dataclass(frozen=True)
class Element:
    """An element as it stands; `owner` is empty where it is somebody else's, `target` None where it is no plain one.

    Times are whole seconds; the seconds that pass make no difference between two elements.
    """

    set: str
    owner: str
    target: Address | Network | None
    span: Span
    timeout: int | None = None
    expires: int | None = field(default=None, compare=False)

    @property
    def private(self) -> bool:
        """Whether it lies in its owner's own set."""
        return self.set == self.owner


def understand(set_name: str, interval: bool, version: int, listed: ListedElement) -> Element:
    """The element behind one entry of nft's listing."""
    span, target = _read(interval, version, listed.val)
    ours = is_owner(listed.comment) and target is not None and not (is_owner(set_name) and set_name != listed.comment)
    return Element(set_name, listed.comment if ours else "", target, span, listed.timeout, listed.expires)


def _read(
    interval: bool, version: int, value: PrefixValue | RangeValue | JsonValue
) -> tuple[Span, Address | Network | None]:
    match value:
        case PrefixValue(prefix=prefix):
            network = ip_network(f"{prefix.addr}/{prefix.len}")
            return span_of(network), network
        case RangeValue(range=(first, last)):
            return Span(version, int(ip_address(first)), int(ip_address(last))), None
        case str() if value != "*":
            target = ip_network(value) if interval else ip_address(value)
            return span_of(target), target
        case _:
            # The catch-all element: everything else of this family.
            return Span(version, 0, 2 ** (32 if version == 4 else 128) - 1), None

"""The only values that may reach nft.

1. Nothing is ever put together as nft or shell text: arguments are a list, the batch is JSON.
2. An owner key has exactly the form that `engine.digest.owner_key` builds.
3. Addresses are `ipaddress` types, or text that parses as one; names of hosts are not resolved here.
4. What would cut the firewall itself off, or could never match a packet, is refused.
"""

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from engine.errors import InvalidInput, TargetRefused
from engine.model.action import Spare
from engine.ports import Address, Network
from engine.target_ports import BlockScope

OWNER = re.compile(r"fl-[0-9a-f]{20}")
TABLE = re.compile(r"[a-z][a-z0-9_]{0,30}")
NAMESPACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
PROTOCOLS = frozenset({"tcp", "udp"})


def require_table(name: str) -> str:
    """The table's name, if it is one we would make; else `InvalidInput`."""
    if not TABLE.fullmatch(name):
        raise InvalidInput(f"`{shown(name)}` is no name for our table: a lower-case letter, then letters, digits, _")
    return name


def require_namespace(name: str) -> str:
    """The network namespace's name, if it can be no option and no path; else `InvalidInput`."""
    if not NAMESPACE.fullmatch(name):
        raise InvalidInput(f"`{shown(name)}` is no network namespace's name: letters, digits, - and _")
    return name


def require_owner(key: str) -> str:
    """The owner key, if we built it (rule 2)."""
    if not is_owner(key):
        raise TargetRefused(f"`{shown(key)}` is no owner key of ours")
    return key


def is_owner(text: str) -> bool:
    """Whether this comment or name is an owner key of ours."""
    return OWNER.fullmatch(text) is not None


def require_target(target: Address | Network) -> Address | Network:
    """What is to be blocked, if blocking it makes sense (rules 3 and 4)."""
    # By exact type: an `ip_interface` is an address too, but is written with its prefix length.
    if type(target) not in (IPv4Address, IPv6Address, IPv4Network, IPv6Network):
        raise TargetRefused(f"`{shown(str(target))}` is no address or prefix")
    if why := _never(target):
        raise TargetRefused(f"`{target}` {why}")
    return target


def _never(target: Address | Network) -> str:
    first = target if isinstance(target, IPv4Address | IPv6Address) else target.network_address
    if isinstance(first, IPv6Address) and (first.scope_id or first.ipv4_mapped):
        return "carries an interface or an IPv4 address: give the plain address"
    if isinstance(target, IPv4Network | IPv6Network) and target.prefixlen == 0:
        return "is everything there is"
    if target.is_loopback or target.is_unspecified or target.is_multicast:
        return "is loopback, multicast or unspecified"
    return ""


def require_scope(scope: BlockScope | None, version: int) -> BlockScope | None:
    """The scope, if every value in it is plain and of the target's family; None if it narrows nothing."""
    if scope is None or (scope.host is None and scope.port is None and not scope.spare):
        return None
    if scope.host is not None:
        require_peer(scope.host, version)
    require_protocol(scope.protocol)
    if scope.port is not None and not 1 <= scope.port <= 65535:
        raise TargetRefused(f"`{scope.port}` is no port")
    for spare in scope.spare:
        _require_spare(spare, version)
    return scope


def _require_spare(spare: Spare, version: int) -> None:
    require_peer(spare.peer, version)
    require_protocol(spare.protocol)


def require_protocol(name: str) -> str:
    """A protocol that has ports."""
    if name not in PROTOCOLS:
        raise TargetRefused(f"`{shown(name)}` is no protocol with ports that we know: tcp or udp")
    return name


def require_peer(text: str, version: int) -> Address | Network:
    """A host or spared peer as an address or prefix of the target's family (rule 3)."""
    try:
        peer = ip_network(text) if "/" in text else ip_address(text)
    except ValueError as error:
        raise TargetRefused(f"`{shown(text)}` is no address: this firewall knows no names") from error
    if peer.version != version:
        raise TargetRefused(f"`{peer}` is of the other address family than the target")
    return require_target(peer)


def shown(text: str) -> str:
    """Foreign text as it may stand in a message: one line, plain characters, not long."""
    return ascii(text[:120])[1:-1]

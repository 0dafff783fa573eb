"""How a block is taken back with nft alone, without the engine."""

from collections.abc import Callable, Sequence
from ipaddress import ip_address, ip_network

from actions.connectors.nftables.ruleset import shared_set
from actions.connectors.nftables.values import require_namespace, require_owner, require_table
from engine.model.lease import Lease


def by_hand(table: str, namespace: str | None) -> Callable[[Lease], Sequence[str]]:
    """The steps at the firewall whose table this is; an owner has a set of its own, or an element of the shared one.

    INVARIANT: the own set is asked first. Where it stands, the shared element of this target is somebody else's.
    """
    within = "" if namespace is None else f"ip netns exec {require_namespace(namespace)} "
    nft, place = f"{within}nft", f"inet {require_table(table)}"

    def steps(lease: Lease) -> Sequence[str]:
        owner = require_owner(lease.owner)
        target = ip_network(lease.target) if "/" in lease.target else ip_address(lease.target)
        shared = f"{nft} delete element {place} {shared_set(target)} '{{ {target} }}'"
        return (
            f"{nft} flush set {place} {owner} 2>/dev/null || {shared}",
            f"{nft} list table {place} | grep {owner}    # no element of it any more; rules of an empty set do nothing",
        )

    return steps

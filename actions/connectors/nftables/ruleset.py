"""Our table as nft's JSON: its skeleton, shared elements, and the parts that belong to one owner; pure.

    forward, input, output   base chains at priority -10, policy accept
      -> blocks              eight rules: drop from and to @addresses4, @addresses6, @prefixes4, @prefixes6
      -> owners              one jump per owner that needs rules of its own
           -> fl-...         spared flows return, the rest of this owner's block is dropped, from and to @fl-...
    revision                 one number that every change of ours replaces: compare-and-set between writers

Rules are written exactly as nft lists them again, so that reading back is a comparison.
"""

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address

from actions.connectors.nftables.values import require_peer
from engine.model.action import Spare
from engine.model.base import Json
from engine.ports import Address, Network
from engine.target_ports import BlockScope

PRIORITY = -10
"""Before the usual filter chains (0) and after address translation of destinations (-100)."""

HOOKS = ("forward", "input", "output")
BLOCKS, OWNERS, REVISION = "blocks", "owners", "revision"
OURS = "fireline"
"""Comment of the skeleton's rules."""

SETS = {
    "addresses4": ("ipv4_addr", ("timeout",)),
    "addresses6": ("ipv6_addr", ("timeout",)),
    "prefixes4": ("ipv4_addr", ("interval", "timeout")),
    "prefixes6": ("ipv6_addr", ("interval", "timeout")),
}
Expression = list[Json]


def shared_set(target: Address | Network) -> str:
    """Name of the set that holds targets of this kind."""
    kind = "addresses" if isinstance(target, IPv4Address | IPv6Address) else "prefixes"
    return f"{kind}{target.version}"


def skeleton_rules() -> dict[str, list[Expression]]:
    """The rules that every chain of ours begins with."""
    jumps: list[Expression] = [[_jump(BLOCKS)], [_jump(OWNERS)]]
    # IPv6 finds its neighbours by IPv6 itself: without this a spared flow would die with the neighbour's entry. IPv4
    # uses ARP, which is never filtered here.
    neighbours: list[Expression] = [
        [_is(_field("icmpv6", "type"), kind), {"accept": None}]
        for kind in ("nd-neighbor-solicit", "nd-neighbor-advert")
    ]
    drops = [drop for name in SETS for drop in dropping(name, int(name[-1]))]
    return {"forward": jumps, "input": neighbours + jumps, "output": neighbours + jumps, BLOCKS: drops, OWNERS: []}


def dropping(set_name: str, version: int, scope: BlockScope | None = None) -> list[Expression]:
    """Drop what comes from or goes to the set: all, or what the scope narrows it to.

    A port counts on either side, so that both directions of a running connection are cut.
    """
    host = require_peer(scope.host, version) if scope and scope.host is not None else None
    ports = _either_port(scope.protocol, scope.port) if scope and scope.port is not None else [[]]
    return [[*pair, *port, {"drop": None}] for pair in _between(set_name, version, host) for port in ports]


def sparing(set_name: str, version: int, spares: Iterable[Spare]) -> Iterator[Expression]:
    """Leave alone the spared flows between the set and their peers, whichever side opened them.

    They return rather than accept, so that another owner's block of the same flow still holds.
    """
    for spare in spares:
        for pair in _between(set_name, version, require_peer(spare.peer, version)):
            request, answer = _either_port(spare.protocol, spare.port)
            yield [*pair, *request, {"return": None}]
            yield [*pair, *answer, *_no_opening(spare.protocol), {"return": None}]


def _between(set_name: str, version: int, peer: Address | Network | None) -> list[Expression]:
    protocol = "ip" if version == 4 else "ip6"
    pairs = []
    for ours, theirs in (("saddr", "daddr"), ("daddr", "saddr")):
        pair = [_is(_field(protocol, ours), f"@{set_name}")]
        pairs.append(pair if peer is None else [*pair, _is(_field(protocol, theirs), value(peer))])
    return pairs


def _either_port(protocol: str, port: int) -> list[Expression]:
    return [[_is(_field(protocol, side), port)] for side in ("dport", "sport")]


def _no_opening(protocol: str) -> Expression:
    """Answers only: else whoever may use the spared port as source could open connections to any port."""
    if protocol != "tcp":
        return []
    flags: Json = {"&": [_field("tcp", "flags"), ["syn", "ack"]]}
    return [{"match": {"op": "!=", "left": flags, "right": "syn"}}]


def _is(left: Json, right: str | int | Json) -> Json:
    return {"match": {"op": "==", "left": left, "right": right}}


def _field(protocol: str, field: str) -> Json:
    return {"payload": {"protocol": protocol, "field": field}}


def _jump(chain: str) -> Json:
    return {"jump": {"target": chain}}


def value(target: Address | Network) -> str | Json:
    """An address or network as nft reads it."""
    if isinstance(target, IPv4Address | IPv6Address):
        return str(target)
    return {"prefix": {"addr": str(target.network_address), "len": target.prefixlen}}


class Commands:
    """Builds the commands for one table."""

    def __init__(self, table: str) -> None:
        """`table` is a name that `values.require_table` let pass."""
        self._place: Json = {"family": "inet", "table": table}
        self._table: Json = {"family": "inet", "name": table}

    def skeleton(self, stale: Sequence[tuple[str, int]]) -> list[Json]:
        """Make what is missing of the skeleton and put its rules first; `stale` are chain and handle of older ones.

        What somebody else has put into our chains stays there, behind ours.
        """
        commands: list[Json] = [{"add": {"table": self._table}}, self._set(REVISION, "mark", ())]
        commands += [self._set(name, kind, flags) for name, (kind, flags) in SETS.items()]
        commands += [self._chain(name) for name in (BLOCKS, OWNERS)]
        commands += [self._chain(hook, hook) for hook in HOOKS]
        commands += [self.delete_rule(chain, handle) for chain, handle in stale]
        for chain, rules in skeleton_rules().items():
            commands += [{"insert": self._rule(chain, OURS, rule)} for rule in reversed(rules)]
        return commands

    def next_revision(self, revision: int | None) -> list[Json]:
        """Fail the whole batch unless `revision` still stands; then replace it by the next."""
        following = ((revision or 0) + 1) % 2**32
        old: list[Json] = [] if revision is None else [{"delete": self._elements(REVISION, revision)}]
        return [*old, {"create": self._elements(REVISION, following)}]

    def add_element(self, set_name: str, target: Address | Network, owner: str, timeout: int | None) -> Json:
        """Put a target into a set; `timeout` in seconds, None for no end of its own.

        `add`, not `create`: nft 1.0.6 refuses `create` for an interval set that the same batch makes.
        """
        noted: Json = {"comment": owner} if timeout is None else {"timeout": timeout, "comment": owner}
        return {"add": self._elements(set_name, {"elem": {"val": value(target), **noted}})}

    def delete_element(self, set_name: str, target: Address | Network) -> Json:
        """Take a target out of a set."""
        return {"delete": self._elements(set_name, value(target))}

    def add_private(
        self, target: Address | Network, owner: str, timeout: int | None, scope: BlockScope | None
    ) -> list[Json]:
        """A set, a chain and a jump of this owner alone."""
        kind, flags = SETS[shared_set(target)]
        version = target.version
        rules = [*sparing(owner, version, scope.spare if scope else ()), *dropping(owner, version, scope)]
        parts: list[Json] = [
            {"add": self._rule(owner, part(owner, n, len(rules)), rule)} for n, rule in enumerate(rules, 1)
        ]
        return [
            self._set(owner, kind, flags),
            self.add_element(owner, target, owner, timeout),
            self._chain(owner),
            *parts,
            {"insert": self._rule(OWNERS, owner, [_jump(owner)])},
        ]

    def delete_private(self, owner: str, jumps: Iterable[int], chain: bool, own_set: bool) -> list[Json]:
        """Take away what there is of an owner's own parts; `jumps` are handles in the chain of owners."""
        commands = [self.delete_rule(OWNERS, handle) for handle in jumps]
        named: Json = {**self._place, "name": owner}
        if chain:
            commands += [{"flush": {"chain": named}}, {"delete": {"chain": named}}]
        if own_set:
            commands.append({"delete": {"set": named}})
        return commands

    def delete_rule(self, chain: str, handle: int) -> Json:
        """Delete one rule."""
        return {"delete": {"rule": {**self._place, "chain": chain, "handle": handle}}}

    def _elements(self, set_name: str, element: str | int | Json) -> Json:
        return {"element": {**self._place, "name": set_name, "elem": [element]}}

    def _set(self, name: str, kind: str, flags: Sequence[str]) -> Json:
        shape: Json = {**self._place, "name": name, "type": kind}
        return {"add": {"set": {**shape, "flags": list(flags)} if flags else shape}}

    def _chain(self, name: str, hook: str | None = None) -> Json:
        base: Json = {"type": "filter", "hook": hook, "prio": PRIORITY, "policy": "accept"} if hook else {}
        return {"add": {"chain": {**self._place, "name": name, **base}}}

    def _rule(self, chain: str, comment: str, rule: Expression) -> Json:
        return {"rule": {**self._place, "chain": chain, "comment": comment, "expr": [*rule]}}


def part(owner: str, n: int, of: int) -> str:
    """Comment of the n-th of an owner's rules, so that a missing one shows."""
    return f"{owner} {n}/{of}"

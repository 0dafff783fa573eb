"""What is wanted and what stands decide the commands; none of this needs a firewall."""

from ipaddress import ip_address, ip_network

import pytest

from actions.connectors.nftables.element import Element, Span, span_of
from actions.connectors.nftables.listing import Listing
from actions.connectors.nftables.plan import Block, Order, Release, Renew, build_plan
from actions.connectors.nftables.ruleset import Commands
from actions.connectors.nftables.state import Private, TableState, understand
from engine.ports import Address, Network
from engine.target_ports import BlockScope

OURS, OTHER = "fl-00000000000000000001", "fl-00000000000000000002"
ADDRESS, PREFIX, AROUND = ip_address("192.0.2.44"), ip_network("192.0.2.0/24"), ip_network("192.0.0.0/16")
BUILD = Commands("fireline")


def element(target: Address | Network, owner: str = OURS, place: str = "", expires: int | None = 60) -> Element:
    shared = "prefixes4" if isinstance(target, type(PREFIX)) else "addresses4"
    return Element(place or shared, owner, target, span_of(target), expires, expires)


def standing(*elements: Element, privates: tuple[Private, ...] = ()) -> TableState:
    return TableState(sound=True, revision=7, elements=elements, privates=privates)


def touched(state: TableState, *orders: Order) -> list[str]:
    """What the commands do, in short: `add element addresses4`; without the revision's two."""
    short = []
    for command in build_plan(BUILD, state, orders).commands:
        ((verb, thing),) = command.items()
        assert isinstance(thing, dict)
        ((kind, what),) = thing.items()
        assert isinstance(what, dict)
        short.append(f"{verb} {kind} {what.get('name', what.get('chain'))}")
    return [line for line in short if "revision" not in line]


@pytest.mark.parametrize(
    ("state", "order", "expected"),
    [
        (standing(), Block(OURS, ADDRESS, 60), ["add element addresses4"]),
        (standing(), Block(OURS, PREFIX, 60), ["add element prefixes4"]),
        (standing(element(ADDRESS)), Block(OURS, ADDRESS, 60), []),
        (standing(element(ADDRESS)), Block(OURS, ADDRESS, 30), []),
        (
            standing(element(ADDRESS)),
            Block(OURS, ADDRESS, 90),
            ["delete element addresses4", "add element addresses4"],
        ),
        (
            standing(element(ADDRESS)),
            Block(OURS, ADDRESS, None),
            ["delete element addresses4", "add element addresses4"],
        ),
        (standing(element(ADDRESS, expires=None)), Block(OURS, ADDRESS, 60), []),
        (standing(element(ADDRESS)), Renew(OURS, 30), ["delete element addresses4", "add element addresses4"]),
        (standing(element(ADDRESS)), Release(OURS), ["delete element addresses4"]),
        (standing(element(ADDRESS, OTHER)), Release(OURS), []),
        (standing(element(ADDRESS, owner="")), Release(OURS), []),
        (TableState(), Release(OURS), []),
        (TableState(), Renew(OURS, 60), []),
    ],
)
def test_each_order_has_its_commands(state: TableState, order: Order, expected: list[str]) -> None:
    assert touched(state, order) == expected


@pytest.mark.parametrize("taken", [element(ADDRESS, OTHER), element(ADDRESS, owner="")])
def test_an_address_that_is_taken_gets_parts_of_its_owners_own(taken: Element) -> None:
    own = [
        f"add set {OURS}",
        f"add element {OURS}",
        f"add chain {OURS}",
        *[f"add rule {OURS}"] * 2,
        "insert rule owners",
    ]
    assert touched(standing(taken), Block(OURS, ADDRESS, 60)) == own


@pytest.mark.parametrize("taken", [PREFIX, AROUND, ip_network("192.0.2.128/25")])
def test_prefixes_that_overlap_never_share_a_set(taken: Network) -> None:
    assert f"add set {OURS}" in touched(standing(element(taken, OTHER)), Block(OURS, PREFIX, 60))


def test_two_orders_of_one_batch_do_not_take_the_same_place() -> None:
    commands = touched(standing(), Block(OURS, ADDRESS, 60), Block(OTHER, ADDRESS, 60))
    assert commands[:2] == ["add element addresses4", f"add set {OTHER}"]


def test_a_place_that_the_same_batch_frees_is_taken() -> None:
    commands = touched(standing(element(ADDRESS, OTHER)), Release(OTHER), Block(OURS, ADDRESS, 60))
    assert commands == ["delete element addresses4", "add element addresses4"]


def test_a_scope_gets_rules_of_its_own_on_a_free_address() -> None:
    assert f"add chain {OURS}" in touched(standing(), Block(OURS, ADDRESS, 60, BlockScope(port=443)))


def test_one_refusal_spoils_no_other_order() -> None:
    plan = build_plan(BUILD, standing(element(ADDRESS)), [Block(OURS, PREFIX, 60), Block(OTHER, PREFIX, 60)])
    assert [order.owner for order, _ in plan.refused] == [OURS]
    assert any("prefixes4" in str(command) for command in plan.commands)


def test_every_batch_replaces_the_revision_it_was_planned_on() -> None:
    first, second, *_ = build_plan(BUILD, standing(element(ADDRESS)), [Release(OURS)]).commands
    assert "delete" in first and "[7]" in str(first)
    assert "create" in second and "[8]" in str(second)


def test_what_the_kernel_let_go_is_swept_with_the_next_change() -> None:
    left = Private(OTHER, has_set=True, has_chain=True, jumps=(9,), reached=True, rules=())
    commands = touched(standing(privates=(left,)), Block(OURS, ADDRESS, 60))
    swept = ["delete rule owners", f"flush chain {OTHER}", f"delete chain {OTHER}", f"delete set {OTHER}"]
    assert commands == [*swept, "add element addresses4"]


def test_a_release_alone_repairs_nothing() -> None:
    broken = TableState(sound=False, revision=7, elements=(element(ADDRESS),))
    assert touched(broken, Release(OURS)) == ["delete element addresses4"]


LISTED = """{"nftables": [{"metainfo": {"version": "9.9", "novel": true}},
  {"set": {"name": "prefixes4", "type": "ipv4_addr", "flags": ["interval", "timeout"], "size": 5, "elem": [
    "192.0.2.1",
    {"prefix": {"addr": "198.51.100.0", "len": 24}},
    {"range": ["203.0.113.5", "203.0.113.9"]},
    "*",
    {"elem": {"val": "192.0.2.2", "timeout": 60, "expires": 59, "comment": "fl-00000000000000000001", "counter": 1}},
    {"elem": {"val": {"prefix": {"addr": "10.0.0.0", "len": 8}}, "comment": "fl-00000000000000000001!"}}]}},
  {"set": {"name": "somebodys", "type": ["ipv4_addr", "mark"], "elem": [{"concat": ["10.0.0.1", 5]}]}},
  {"counter": {"name": "novel"}}]}"""


def test_listings_hold_what_we_never_make() -> None:
    state = understand(Listing.model_validate_json(LISTED))
    assert [(e.owner, str(e.target)) for e in state.elements] == [
        ("", "192.0.2.1/32"),
        ("", "198.51.100.0/24"),
        ("", "None"),
        ("", "None"),
        (OURS, "192.0.2.2/32"),
        ("", "10.0.0.0/8"),
    ]
    assert state.elements[3].span == Span(4, 0, 2**32 - 1)
    assert not state.sound and state.standing(OURS) is None

"""Warning lists: how they match, what they warn of, and what they may not cost."""

import json
import time

import pytest

from engine.errors import InvalidInput
from engine.intel.reading import read
from engine.intel.records import Reading, Terms
from engine.intel.warned import Warned
from engine.intel.warning_lists import kind_of_list
from engine.model.context import WarningKind
from engine.model.finding import Observable, ObservableType


def reading(matching: str, *entries: object, name: str = "a list", attributes: tuple[str, ...] = ()) -> Reading:
    said = {"name": name, "version": 3, "description": "", "type": matching, "list": entries}
    return read("list.json", json.dumps({**said, "matching_attributes": attributes}).encode(), Terms(feed="misp"))


def warned(*readings: Reading) -> Warned:
    return Warned(one for found in readings for one in found.lists)


def stands(on: Warned, kind: str, value: str) -> bool:
    return bool(on.lookup(Observable(type=ObservableType(kind), value=value)))


@pytest.mark.parametrize(
    ("matching", "entry", "kind", "value", "matches"),
    [
        ("cidr", "10.0.0.0/8", "ip", "10.0.0.5", True),
        ("cidr", "10.0.0.0/8", "ip", "::ffff:10.0.0.5", True),
        ("cidr", "10.0.0.0/8", "ip", "11.0.0.5", False),
        ("cidr", "10.0.0.0/8", "ip", "10.1.0.0/16", True),
        ("cidr", "192.0.2.7", "ip", "192.0.2.7", True),
        ("cidr", "2001:db8::/32", "ip", "2001:DB8::53", True),
        ("cidr", "0.0.0.0/0", "ip", "192.0.2.7", True),
        ("cidr", "104.16.0.0/13", "url", "http://104.16.1.1/x", True),
        ("hostname", "dyn.example", "domain", "a.b.dyn.example", True),
        ("hostname", ".dyn.example", "domain", "dyn.example", True),
        ("hostname", "dyn.example", "domain", "notdyn.example", False),
        ("hostname", "dyn.example", "url", "https://a.dyn.example/x", True),
        ("hostname", "dyn.example", "host", "a.dyn.example", True),
        ("hostname", "edu", "domain", "a.edu", True),
        ("string", "Top.Example", "domain", "top.example", True),
        ("string", "top.example", "domain", "www.top.example", False),
        ("string", "192.0.2.7", "ip", "192.0.2.7", True),
        ("string", "https://top.example/", "url", "https://TOP.example", True),
        ("string", "D41D8CD98F00B204E9800998ECF8427E", "hash", "d41d8cd98f00b204e9800998ecf8427e", True),
        ("substring", ".Cloud.", "domain", "a.cloud.example", True),
        ("substring", ".cloud.", "domain", "cloud.example", False),
        ("substring", "2001:db8", "ip", "2001:db8::7", True),
        ("regex", r"/\.ngrok\.(io|app)$/i", "domain", "A.ngrok.app", True),
        ("regex", r"^10\.", "ip", "10.0.0.5", True),
        ("regex", r"^[a-z*+?]+\.example$", "domain", "abc.example", True),
        ("regex", r"^a\.example$", "domain", "b.example", False),
    ],
)
def test_a_value_stands_on_a_list_as_its_type_says(
    matching: str, entry: str, kind: str, value: str, matches: bool
) -> None:
    assert stands(warned(reading(matching, entry)), kind, value) is matches


@pytest.mark.parametrize(
    ("attributes", "kind", "value", "matches"),
    [
        (("ip-src", "ip-dst|port"), "ip", "192.0.2.7", True),
        (("domain",), "ip", "192.0.2.7", False),
        (("domain|ip",), "ip", "192.0.2.7", True),
        (("ip-dst",), "url", "http://192.0.2.7/", True),
        ((), "ip", "192.0.2.7", True),
    ],
)
def test_a_list_speaks_of_the_kinds_it_names(attributes: tuple[str, ...], kind: str, value: str, matches: bool) -> None:
    assert stands(warned(reading("cidr", "192.0.2.0/24", attributes=attributes)), kind, value) is matches


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("List of known Cloudflare IP ranges", "cdn"),
        ("List of known Akamai IP ranges", "cdn"),
        ("List of known IPv4 public DNS resolvers", "resolver"),
        ("List of known public DNS resolvers expressed as hostname", "resolver"),
        ("List of known Amazon AWS IP address ranges", "shared"),
        ("List of known Microsoft Azure Datacenter IP Ranges", "shared"),
        ("List of known dynamic DNS domains", "shared"),
        ("Top 10 000 websites from Cisco Umbrella", "popular"),
        ("Top 1000 website from Alexa", "popular"),
        ("List of RFC 1918 CIDR blocks", "shared"),
        ("our own exceptions", "shared"),
    ],
)
def test_what_a_list_warns_of_is_read_off_its_name(name: str, kind: str) -> None:
    assert kind_of_list(name) is WarningKind(kind)


def test_the_answer_names_the_lists() -> None:
    lists = (reading("cidr", "1.1.1.1", name="public DNS"), reading("cidr", "1.0.0.0/8", name="Cloudflare"))
    found = warned(*lists).lookup(Observable(type=ObservableType.IP, value="1.1.1.1"))
    assert {(one.kind.value, one.list) for one in found} == {("resolver", "public DNS"), ("cdn", "Cloudflare")}


@pytest.mark.parametrize(
    ("matching", "entry", "why"),
    [
        ("cidr", "nowhere", "`nowhere` is neither an address nor a network"),
        ("string", "", "`` is no entry"),
        ("string", 7, "`7` is no entry"),
        ("regex", "(", "cannot be read"),
        ("regex", "(a+)+$", "may take long"),
        ("regex", "(a|aa)*$", "may take long"),
        ("regex", r"(.)\1", "may take long"),
        ("regex", "(?=a)a", "may take long"),
        ("regex", "a*a*a*b", "may take long"),
        ("regex", "(a{1,9}){9}", "may take long"),
    ],
)
def test_a_wrong_entry_is_refused_at_its_place_and_the_rest_goes_on(matching: str, entry: object, why: str) -> None:
    found = reading(matching, "192.0.2.7", entry)
    (refused,) = found.refused
    assert str(refused).startswith("list.json:1:")
    assert f"`a list`: {'' if why.startswith('`') else 'the expression '}" in str(refused)
    assert why in str(refused)
    assert found.lists[0].entries == ("192.0.2.7",)


@pytest.mark.parametrize("expression", [r"[a-z]+.*x", r".+\.[a-z]+", r"a{0,}.*z"])
def test_an_expression_that_is_taken_never_runs_long(expression: str) -> None:
    on = warned(reading("regex", expression))
    # Of this thread alone: others may have the machine.
    began = time.thread_time()
    for letter in "ab.":
        on.lookup(Observable(type=ObservableType.DOMAIN, value=letter * 1024))
    assert time.thread_time() - began < 0.5


def test_a_list_to_search_through_stays_short() -> None:
    with pytest.raises(InvalidInput, match="a list of type substring has 1000 entries at most"):
        reading("substring", *(f"x{n}" for n in range(1001)))


def test_a_list_that_says_nothing_about_itself_is_none() -> None:
    with pytest.raises(InvalidInput, match=r"list.json:1:1: the warning list: `type`: "):
        reading("fuzzy", "x")

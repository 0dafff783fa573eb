"""What a policy may declare to be looked after, what is told of a mistake, and what loosens it."""

import pytest

from actions.registry import ActionSpecs
from engine.errors import InvalidFile
from engine.model.decision import Tier
from engine.model.harm import HarmTerms
from engine.policy_diff import compare
from engine.policy_file import Policy, load_policy, parse_policy
from tests.engine.test_look_back_terms import BASELINE

TCP = "{id: shop, kind: tcp, host: shop.example, port: 443, because: it sells}"

DNS = "{id: name, kind: dns, name: shop.example, server: 10.20.1.53, because: b}"
METADATA = ["::ffff:169.254.169.254", "::169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "fe80::1", "::"]
NUMBERS = ["0xA9FEA9FE", "0xa9.0xfe.0xa9.0xfe", "0xA9.254.43518", "0251.0376.0251.0376", "169.254.43518", "0xA9FEA9FE."]


def policy(harm: str) -> Policy:
    return parse_policy(f"{BASELINE.read_text()}\nharm: {harm}\n", "mine.yaml", ActionSpecs())


def with_probe(probe: str) -> Policy:
    return policy(f"{{probes: [{probe}]}}")


@pytest.mark.parametrize(
    "probe",
    [
        TCP,
        TCP.replace("shop.example", "0xshop.10.example"),
        TCP.replace("shop.example", "'::1'"),
        DNS.replace("10.20.1.53", "'::ffff:10.20.1.53'"),
        TCP.replace("shop.example", f"{'a' * 63}.Shop_1.example."),
        "{id: last, kind: http, url: 'http://shop.example:65535', because: b}",
        "{id: page, kind: http, url: 'https://[2001:db8::1]:8443/up', status: [200, 401], says: ok, because: b}",
        "{id: name, kind: dns, name: _ldap._tcp.corp.example., record: AAAA, server: 10.20.1.53, because: b}",
        "{id: jobs, kind: command, command: jobs-run, arguments: [nightly-backup], because: b}",
        "{id: rate, kind: metric, url: 'http://shop.example/metrics', metric: 'bad{a=\"b\"}', at_most: 2, because: b}",
    ],
)
def test_each_kind_is_read(probe: str) -> None:
    [declared] = with_probe(probe).document.harm.probes
    assert declared.kind in probe


@pytest.mark.parametrize(
    ("probe", "told"),
    [
        (TCP.replace("shop.example", "169.254.169.254"), "link-local, multicast or unspecified"),
        *((TCP.replace("shop.example", f"'{meant}'"), "link-local, multicast or unspecified") for meant in METADATA),
        *((TCP.replace("shop.example", f"'{number}'"), "a host is a name or an address") for number in NUMBERS),
        *((f"{{id: p, kind: http, url: 'http://[{meant}]/', because: b}}", "link-local") for meant in METADATA),
        *((f"{{id: p, kind: http, url: 'http://{number}/', because: b}}", "a host is a") for number in NUMBERS),
        *((DNS.replace("10.20.1.53", f"'{meant}'"), "link-local, multicast or unspecified") for meant in METADATA),
        (DNS.replace("10.20.1.53", "169.254.169.253"), "link-local, multicast or unspecified"),
        (TCP.replace("shop.example", "'2852039166'"), "a host is a name or an address"),
        (TCP.replace("shop.example", "a..b"), "a host is a name or an address"),
        (TCP.replace("shop.example", f"{'a' * 64}.example"), "a host is a name or an address"),
        (TCP.replace("shop.example", "'::ffff:shop'"), "a host is a name or an address"),
        ("{id: p, kind: http, url: 'http://a..b/', because: b}", "a host is a name or an address"),
        (f"{{id: p, kind: http, url: 'http://{'a.' * 127}b/', because: b}}", "a host is a name or an address"),
        ("{id: p, kind: http, url: 'http://shop.example:99999/', because: b}", "a port is between 1 and 65535"),
        ("{id: p, kind: http, url: 'http://[2001:db8::1]:0/', because: b}", "a port is between 1 and 65535"),
        (TCP.replace("shop.example", "'= finding.source.host'"), "should match pattern"),
        ("{id: p, kind: http, url: 'http://me:secret@shop.example/', because: b}", "no credentials"),
        ("{id: p, kind: http, url: 'http://169.254.169.254/latest', because: b}", "link-local"),
        ("{id: p, kind: http, url: 'file:///etc/passwd', because: b}", "http:// or https://"),
        ("{id: p, kind: http, url: '= finding.title', because: b}", "http:// or https://"),
        ("{id: p, kind: dns, name: a..b, server: 10.20.1.53, because: b}", "should match pattern"),
        (f"{{id: p, kind: dns, name: {'a' * 64}.example, server: 10.20.1.53, because: b}}", "should match pattern"),
        ("{id: p, kind: dns, name: a.example, server: ns.example, because: b}", "server"),
        ("{id: p, kind: metric, url: 'http://shop.example/', metric: x, because: b}", "needs a bound"),
        (TCP.replace("it sells", "b, within: 6s"), "within"),
        (TCP.replace("it sells", "b, when: target.zonne == ''"), "undeclared reference"),
        (TCP.replace("it sells", "b, actions: [host.isolates]"), "there is no action `host.isolates`"),
        (TCP.replace("it sells", "b, actions: [notify]"), "`notify` leaves nothing in force to look after"),
        (f"{TCP}, {TCP}", "`shop` stands here twice"),
    ],
)
def test_a_mistake_is_told_at_its_place(probe: str, told: str) -> None:
    with pytest.raises(InvalidFile) as problem:
        with_probe(probe)
    line = len(BASELINE.read_text().splitlines()) + 2
    assert str(problem.value).startswith(f"mine.yaml:{line}:")
    assert told in str(problem.value)


@pytest.mark.parametrize("terms", ["raise_to: 2", "every: 1s", "lasts: 0s", "raised_for: 0s"])
def test_terms_that_would_mean_nothing_are_refused(terms: str) -> None:
    with pytest.raises(InvalidFile):
        policy(f"{{{terms}}}")


def test_without_the_section_nothing_is_looked_after() -> None:
    shipped = load_policy(BASELINE, ActionSpecs())
    assert shipped.document.harm == HarmTerms()
    assert (shipped.document.harm.raise_to, shipped.probes("host.isolate", {})) == (Tier.ASK, ())


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ("{}", f"{{probes: [{TCP}]}}", ("harm.probes.shop", "added", False)),
        (f"{{probes: [{TCP}]}}", "{}", ("harm.probes.shop", "removed", True)),
        ("{every: 30s}", "{every: 60s}", ("harm.every", "changed", True)),
        ("{every: 30s}", "{every: 10s}", ("harm.every", "changed", False)),
        ("{lasts: 1h}", "{lasts: 30m}", ("harm.lasts", "changed", True)),
        ("{raise_to: 3}", "{raise_to: 4}", ("harm.raise_to", "changed", False)),
        ("{raised_for: 24h}", "{raised_for: 1h}", ("harm.raised_for", "changed", True)),
        (
            f"{{probes: [{TCP}]}}",
            f"{{probes: [{TCP.replace('it sells', 'b, actions: [host.isolate]')}]}}",
            ("harm.probes.shop.actions", "changed", True),
        ),
        (
            f"{{probes: [{TCP}]}}",
            f"{{probes: [{TCP.replace('443', '444')}]}}",
            ("harm.probes.shop.port", "changed", True),
        ),
    ],
)
def test_looking_less_can_allow_more(before: str, after: str, change: tuple[str, str, bool]) -> None:
    changes = compare(policy(before).document, policy(after).document)
    assert change in [(one.place, one.what, one.can_allow_more) for one in changes]

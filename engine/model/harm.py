"""Harm probes: what has to go on working while an effect is in force, and what was seen of it.

What a probe asks is only ever what the policy's author wrote: nothing of a finding becomes a host or a URL.
"""

import re
from datetime import timedelta
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from engine.model.authored import Line, Name, Span, TierNumber
from engine.model.base import AwareDatetime, Model, Text
from engine.model.decision import Tier

LONGEST_ANSWER = timedelta(seconds=5)
"""How long a probe waits at most: what is to be contained waits for the baseline as long."""


Address = IPv4Address | IPv6Address
_AUTHORITY = re.compile(r"https?://(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?(?:[/?][\x21-\x7e]*)?")
_NAME = re.compile(r"([A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}\.?")
_NUMBERS = re.compile(r"(0x[0-9a-f]*|\d+)(\.(0x[0-9a-f]*|\d+))*\.?", re.IGNORECASE)
"""What a resolver takes for an IPv4 address in another spelling, as `0xA9FEA9FE`."""
_TRANSLATED = IPv6Network("64:ff9b::/96")
LONGEST_NAME, LAST_PORT = 253, 65535


def _host(host: str) -> str:
    """A name, or an address in its usual spelling; not of those beside which a cloud keeps its secrets."""
    try:
        address = ip_address(host)
    except ValueError:
        if _NUMBERS.fullmatch(host) or not _NAME.fullmatch(host) or len(host) > LONGEST_NAME:
            raise ValueError("a host is a name or an address") from None
        return host.lower()
    _reachable(address)
    return host.lower()


def _reachable(address: Address) -> Address:
    for one in (address, _meant(address)):
        if one.is_link_local or one.is_multicast or one.is_unspecified:
            raise ValueError("a probe asks no link-local, multicast or unspecified address")
    return address


def _meant(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, if it does."""
    if isinstance(address, IPv4Address):
        return address
    embeds = address in _TRANSLATED or int(address) >> 32 == 0
    return IPv4Address(int(address) & 0xFFFFFFFF) if embeds else address.ipv4_mapped or address.sixtofour or address


def _url(url: str) -> str:
    found = _AUTHORITY.fullmatch(url)
    if found is None:
        raise ValueError(
            "a URL here is http:// or https://, a host, and no credentials: they would stand in the ledger"
        )
    _host(found[1] or found[2])
    if found[3] is not None and not 1 <= int(found[3]) <= LAST_PORT:
        raise ValueError(f"a port is between 1 and {LAST_PORT}")
    return url


Host = Annotated[str, Field(pattern=r"^[A-Za-z0-9:][A-Za-z0-9.:_-]{0,252}$"), AfterValidator(_host)]
Url = Annotated[str, Field(max_length=400), AfterValidator(_url)]
Port = Annotated[int, Field(ge=1, le=LAST_PORT)]
Domain = Annotated[str, Field(pattern=f"^{_NAME.pattern}$", max_length=LONGEST_NAME)]


class ProbeTerms(Model):
    """What every probe says: for which actions it is tried (none named: all) and when, and how long it waits."""

    id: Name
    actions: tuple[Name, ...] = ()
    when: Line = "true"
    because: Line
    within: Annotated[Span, Field(gt=timedelta(0), le=LONGEST_ANSWER)] = timedelta(seconds=2)


class TcpProbe(ProbeTerms):
    """Somebody accepts a connection there."""

    kind: Literal["tcp"]
    host: Host
    port: Port


class HttpProbe(ProbeTerms):
    """A GET is answered with one of these codes, and `says` stands in the answer; redirects are not followed."""

    kind: Literal["http"]
    url: Url
    status: Annotated[tuple[Annotated[int, Field(ge=100, le=599)], ...], Field(min_length=1)] = (200,)
    says: Line | None = None


class DnsProbe(ProbeTerms):
    """This server knows an address of this name."""

    kind: Literal["dns"]
    name: Domain
    record: Literal["A", "AAAA"] = "A"
    server: Annotated[Address, AfterValidator(_reachable)]
    port: Port = 53


class CommandProbe(ProbeTerms):
    """A command that the effect's own connector knows by this name succeeds."""

    kind: Literal["command"]
    command: Name
    arguments: tuple[Line, ...] = ()


class MetricProbe(ProbeTerms):
    """A figure on a page in the text format of Prometheus is within its bounds; `metric` as it stands there."""

    kind: Literal["metric"]
    url: Url
    metric: Line
    at_least: Annotated[float, Field(allow_inf_nan=False)] | None = None
    at_most: Annotated[float, Field(allow_inf_nan=False)] | None = None

    @model_validator(mode="after")
    def _is_bounded(self) -> "MetricProbe":
        if self.at_least is None and self.at_most is None:
            raise ValueError("a metric needs a bound: `at_least`, `at_most` or both")
        return self


HarmProbe = Annotated[TcpProbe | HttpProbe | DnsProbe | CommandProbe | MetricProbe, Field(discriminator="kind")]


class HarmTerms(Model):
    """The `harm` section of a policy: probes, how often and for how long they are tried, and what harm brings.

    An effect that did harm steps down; its action then takes at least tier `raise_to` for the time of `raised_for`.
    """

    every: Annotated[Span, Field(ge=timedelta(seconds=5))] = timedelta(seconds=30)
    lasts: Annotated[Span, Field(gt=timedelta(0))] = timedelta(hours=1)
    raise_to: Annotated[TierNumber, Field(ge=Tier.ASK)] = Tier.ASK
    raised_for: Annotated[Span, Field(gt=timedelta(0))] = timedelta(hours=24)
    probes: tuple[HarmProbe, ...] = ()


class Sample(Model):
    """One try of one probe: whether it passed, and what was seen; where it could not be `tried`, that says why."""

    probe: str
    passed: bool
    tried: bool = True
    said: Text = ""


Round = tuple[Sample, ...]
"""Every probe, tried at one time."""


class HarmWatch(Model):
    """What is looked after while one effect is in force, as it was declared when it began.

    `baseline` is what was seen before the effect, None until then, `rounds` the latest rounds since, `over` why nobody
    looks any more.
    """

    probes: tuple[HarmProbe, ...]
    every: timedelta
    lasts: timedelta
    tries: int = 0
    baseline: Round | None = None
    rounds: tuple[Round, ...] = ()
    next_at: AwareDatetime | None = None
    over: str = ""


class StepDown(Model):
    """An effect that did harm and was taken back for it; until then its action takes at least tier `to`."""

    id: str
    incident_id: str
    request_id: str
    lease_id: str
    action: str
    because: Text
    to: Tier
    at: AwareDatetime
    until: AwareDatetime

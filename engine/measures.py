"""The numbers operators watch, counted from the ledger: what is not recorded did not happen.

Rule: attributes are words of closed sets (states, effects, kinds of votes), never a target, a person or a text (I11).
"""

from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TypeVar

from opentelemetry.metrics import Meter

from engine.lifecycle import LEASE
from engine.model.entry import Entry

V = TypeVar("V")
REMEMBERED = 10_000
"""Findings and requests whose beginning is known; older ones are forgotten and not measured."""


class Measures:
    """Takes the ledger's entries in order."""

    def __init__(self, meter: Meter) -> None:
        """Make the instruments; they do nothing on a meter that is off."""
        self._incidents = meter.create_counter("fireline.incidents", description="Incidents opened.")
        self._decisions = meter.create_counter("fireline.decisions", description="Decisions by effect and tier.")
        self._votes = meter.create_counter("fireline.votes", description="Votes cast or refused.")
        self._leases = meter.create_gauge("fireline.leases", description="Effects that may stand, by state.")
        self._late = meter.create_histogram("fireline.release.lateness", "s", "From the time due to the release.")
        self._contained = meter.create_histogram("fireline.contained", "s", "From a finding accepted to its effect.")
        self._behind = meter.create_gauge("fireline.siem.behind", description="Entries that a receiver has not got.")
        self._began: OrderedDict[str, datetime] = OrderedDict()
        self._finding_of: OrderedDict[str, str] = OrderedDict()

    def take(self, entry: Entry) -> None:
        """Count one entry."""
        match entry.kind:
            case "incident.opened":
                self._incidents.add(1)
            case "vote.cast" | "vote.refused":
                counted = entry.kind.removeprefix("vote.")
                self._votes.add(1, {"fireline.outcome": counted, "fireline.state": _text(entry, "vote")})
            case "finding.accepted":
                _keep(self._began, entry.subject.removeprefix("finding/"), entry.at)
            case "request.requested":
                _keep(self._finding_of, entry.subject, _text(entry, "finding"))
            case "request.held":
                self._contain(entry)
            case "lease.released":
                self._release(entry)
            case _:
                self._decide(entry)

    def standing(self, states: Iterable[str]) -> None:
        """How many effects stand in each state now."""
        counts = Counter(states)
        for state in LEASE:
            self._leases.set(counts[state], {"fireline.state": str(state)})

    def behind(self, receivers: Mapping[str, int]) -> None:
        """How many entries of the ledger have still to be sent to each receiver of events."""
        for name, entries in receivers.items():
            self._behind.set(entries, {"fireline.receiver": name})

    def _decide(self, entry: Entry) -> None:
        """A step of a request that carries a decision; approvals and expiries carry none."""
        # `request.cleared` repeats a decision at the moment of acting.
        if entry.kind.startswith("request.") and entry.kind != "request.cleared" and "policy_digest" in entry.body:
            about = {"fireline.effect": _text(entry, "effect"), "fireline.tier": _text(entry, "tier")}
            self._decisions.add(1, about)

    def _contain(self, entry: Entry) -> None:
        began = self._began.get(self._finding_of.get(entry.subject, ""))
        if began is not None:
            self._contained.record((entry.at - began).total_seconds())

    def _release(self, entry: Entry) -> None:
        due, done = _text(entry, "due"), _text(entry, "effect_at")
        if due and done and entry.body.get("lasting") is True:
            late = (datetime.fromisoformat(done) - datetime.fromisoformat(due)).total_seconds()
            if late >= 0:
                # What somebody let go earlier was never due.
                self._late.record(late)


def _text(entry: Entry, name: str) -> str:
    value = entry.body.get(name)
    return "" if value is None else str(value)


def _keep(known: OrderedDict[str, V], name: str, value: V) -> None:
    known[name] = value
    while len(known) > REMEMBERED:
        known.popitem(last=False)

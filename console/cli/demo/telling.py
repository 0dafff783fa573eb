"""From ledger entries to the lines a person reads; what is not worth a line has none."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from console.cli.answers import text
from engine.digest import short
from engine.model.base import Json
from engine.model.decision import Effect

LAST_SEEN = re.compile(r" \([^()]*, last [^()]*Z(, ask [^()]*)?\)")
"""How much was seen of a flow and when, in a check's summary: what is cut says enough here, on our own clock."""


@dataclass(frozen=True)
class Line:
    """One line of the story; `bold` marks what the demo is about."""

    at: str
    incident: str
    verb: str
    said: str
    bold: bool = False

    def __str__(self) -> str:
        """As a pipe gets it."""
        return f"{self.at}  {self.incident:<8}  {self.verb:<9}  {self.said}"


@dataclass
class Request:
    """What the entries said of one request so far."""

    name: str
    incident: str
    at: datetime
    params: Json
    interim: bool
    tier: object = ""
    until: str = ""
    supersedes: "Request | None" = None
    superseded: bool = False
    blocked: bool = False

    @property
    def spared(self) -> str:
        """` except tcp/8400 to bkp-02`; empty where nothing is spared."""
        spares = self.params.get("spare")
        flows = [_flow(item) for item in spares if isinstance(item, dict)] if isinstance(spares, list) else []
        return f" except {' and '.join(flows)}" if flows else ""


@dataclass
class Teller:
    """Tells the story of one engine's ledger; remembers what each id stands for."""

    requests: dict[str, Request] = field(default_factory=dict)
    leases: dict[str, Request] = field(default_factory=dict)

    def lines(self, entries: Sequence[Json]) -> Iterator[Line]:
        """The lines for the entries that are new, given whole transactions: what follows an entry may explain it."""
        for entry in entries:
            self._remember(entry)
        for entry in entries:
            line = self._line(entry)
            if line is not None:
                yield line

    def _line(self, entry: Json) -> Line | None:
        name, kind, body = _parts(entry)
        request = self.requests.get(name) or self.leases.get(name)
        told: Told = None
        if kind in ABOUT_REQUESTS and request is not None:
            told = ABOUT_REQUESTS[kind](request, body, entry)
        elif kind == "incident.opened":
            told = "opened", text(body.get("title", body.get("reason", "")))
        if told is None:
            return None
        return Line(_clock(entry["at"]), request.incident if request else name, *told, bold=told[0] in SHOUTED)

    def _remember(self, entry: Json) -> None:
        name, kind, body = _parts(entry)
        if kind == "request.requested":
            self._remember_request(name, entry, body)
        elif kind == "lease.applying" and str(body["request"]) in self.requests:
            self.leases[name] = self.requests[str(body["request"])]
        elif name in self.requests:
            request = self.requests[name]
            request.tier = body.get("tier", request.tier)
            request.until = str(body.get("until", request.until))
            request.blocked = request.blocked or kind == "request.blocked"

    def _remember_request(self, name: str, entry: Json, body: Json) -> None:
        params = body["params"]
        assert isinstance(params, dict)
        before = self.requests.get(str(body["supersedes"]))
        at, interim = datetime.fromisoformat(str(entry["at"])), body["interim_for"] is not None
        called = f"{body['action']} {body['target']}"
        self.requests[name] = Request(called, str(body["incident"]), at, params, interim, supersedes=before)
        if before is not None:
            before.superseded = True


Told = tuple[str, str] | None
Tell = Callable[[Request, Json, Json], Told]


def _decided(request: Request, body: Json, _: Json) -> Told:
    if "approvers" in body:
        return "approved", f"{' + '.join(_texts(body['approvers']))}, for digest {short(str(body['digest']))}"
    return None if request.interim else ("decided", f"{request.name}   {_why(body)}")


def _asked(request: Request, body: Json, _: Json) -> Told:
    again = "again, narrower: " if request.supersedes is not None and request.supersedes.blocked else ""
    return "asked", f"{again}{request.name}{request.spared}   {_why(body)}; digest {short(str(body['approve']))}"


def _denied(request: Request, body: Json, _: Json) -> Told:
    stopped = _stopped(body)
    if body.get("effect") == Effect.DENY or not stopped:
        return "denied", f"{request.name}   {_reasons(body)[-1]}"
    if request.superseded:
        return "narrowed", f"{request.name}   asked narrower from the start: {stopped}"
    return "denied", f"{request.name}   {stopped}"


def _blocked(request: Request, body: Json, _: Json) -> Told:
    checks = body.get("checks")
    passed = [*checks.values()].count("pass") if isinstance(checks, dict) else 0
    why = _stopped(body) or "; ".join(_texts(body.get("because", [])))
    return "BLOCKED", f"{request.name} was NOT done: {why}; {passed} other checks pass"


def _refused(_: Request, body: Json, entry: Json) -> Told:
    return "refused", f"vote of {entry['actor']}: {body['because']}"


def _voted(_: Request, body: Json, entry: Json) -> Told:
    return "vote", f"{entry['actor']}: {body['vote']}"


def _expired(request: Request, _: Json, __: Json) -> Told:
    return "expired", f"{request.name}: nobody answered, so it is not done"


def _active(request: Request, body: Json, entry: Json) -> Told:
    done = f"{request.name}{request.spared}"
    where = "SIMULATED SITE" if body.get("executor") == "simulated" else "real"
    if request.interim:
        took = (datetime.fromisoformat(str(entry["at"])) - request.at).total_seconds()
        return "interim", f"{done}   tier {request.tier}: verified in {took:.1f} s ({where})"
    return "active", f"{done}   verified ({where}); ends {_clock(request.until)}"


def _released(request: Request, body: Json, _: Json) -> Told:
    if body.get("lasting") is False:
        return "over", f"{request.name}   nothing of it lasts"
    late = datetime.fromisoformat(str(body["effect_at"])) - datetime.fromisoformat(str(body["due"]))
    seconds = late.total_seconds()
    return "released", f"{request.name}   {f'{seconds:.1f} s after due' if seconds >= 0 else 'before its time'}"


def _held_on(request: Request, body: Json, _: Json) -> Told:
    return "held on", f"{request.name}   {body['because']}"


def _parts(entry: Json) -> tuple[str, str, Json]:
    body = entry["body"]
    assert isinstance(body, dict)
    return str(entry["subject"]).partition("/")[2], str(entry["kind"]), body


def _clock(at: object) -> str:
    """An instant as the reader's own clock shows it."""
    return datetime.fromisoformat(str(at)).astimezone().strftime("%H:%M:%S")


def _why(body: Json) -> str:
    """The tier with what gave it, and what did not lower it."""
    reasons = _reasons(body)
    first = next((place for place, reason in enumerate(reasons) if reason.startswith("tier ")), 0)
    return ", ".join(reasons[first:])


def _reasons(body: Json) -> list[str]:
    """Reasons without the ids of their rules, which are a look at the ledger away."""
    return [reason.partition(": ")[2] for reason in _texts(body.get("reasons", []))] or [""]


def _stopped(body: Json) -> str:
    """What the checks said that stopped it."""
    return "; ".join(LAST_SEEN.sub("", said.partition(": ")[2]) for said in _texts(body.get("stopped_by") or []))


def _flow(spare: Json) -> str:
    return f"{spare['protocol']}/{spare['port']} to {spare['peer']}"


def _texts(value: object) -> list[str]:
    return [text(item) for item in value] if isinstance(value, list) else [text(value)]


ABOUT_REQUESTS: Mapping[str, Tell] = {
    "request.authorised": _decided,
    "request.awaiting_approval": _asked,
    "request.denied": _denied,
    "request.blocked": _blocked,
    "request.expired": _expired,
    "vote.refused": _refused,
    "vote.cast": _voted,
    "lease.active": _active,
    "lease.released": _released,
    "lease.held_on": _held_on,
}
"""The kinds of entries about a request, or its lease, that have a line."""
SHOUTED = frozenset({"BLOCKED", "refused"})
"""The lines that show why this engine exists."""

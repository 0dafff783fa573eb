"""From ledger entries to the lines a person reads; what is not worth a line has none."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from console.cli.answers import text
from engine.digest import short
from engine.model.base import Json
from engine.model.decision import Effect


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
class Teller:
    """Tells the story of one engine's ledger; remembers what each id stands for."""

    names: dict[str, str] = field(default_factory=dict)
    incidents: dict[str, str] = field(default_factory=dict)

    def line(self, entry: Json) -> Line | None:
        """The line for this entry, if it has one."""
        subject, kind, body = str(entry["subject"]), str(entry["kind"]), entry["body"]
        assert isinstance(body, dict)
        _, _, name = subject.partition("/")
        self._remember(name, kind, body)
        tell = TOLD.get(kind)
        told = None if tell is None else tell(self, name, body, str(entry["actor"]))
        if told is None:
            return None
        at = datetime.fromisoformat(str(entry["at"])).astimezone().strftime("%H:%M:%S")
        verb, said = told
        return Line(at, self.incidents.get(name, name), verb, said, bold=kind in SHOUTED)

    def _remember(self, name: str, kind: str, body: Json) -> None:
        if kind == "request.requested":
            self.names[name] = f"{body['action']} {body['target']}"
            self.incidents[name] = str(body["incident"])
        if kind == "lease.applying":
            request = str(body["request"])
            self.names[name], self.incidents[name] = self.names.get(request, name), self.incidents.get(request, name)


Told = tuple[str, str] | None
Tell = Callable[[Teller, str, Json, str], Told]


def _opened(_: Teller, __: str, body: Json, ___: str) -> Told:
    return "opened", f"{body.get('title', body.get('reason', ''))}"


def _decided(teller: Teller, name: str, body: Json, _: str) -> Told:
    reasons = body.get("reasons")
    why = text(reasons[-1]).partition(": ")[2] if isinstance(reasons, list) and reasons else ""
    return "decided", f"{teller.names.get(name, name)}   {why}"


def _authorised(teller: Teller, name: str, body: Json, actor: str) -> Told:
    if "approvers" in body:
        return "approved", f"{' + '.join(_texts(body['approvers']))}, for digest {short(str(body['digest']))}"
    return _decided(teller, name, body, actor)


def _asked(teller: Teller, name: str, body: Json, _: str) -> Told:
    digest = short(str(body["approve"]))
    return "asked", f"{teller.names.get(name, name)}   tier {body['tier']}, digest {digest}"


def _denied(teller: Teller, name: str, body: Json, _: str) -> Told:
    stopped = _texts(body.get("stopped_by", []))
    reasons = _texts(body.get("reasons", []))
    forbidden = body.get("effect") == Effect.DENY or not stopped
    why = (reasons[-1].partition(": ")[2] if reasons else "") if forbidden else "; ".join(stopped)
    return "denied", f"{teller.names.get(name, name)}   {why}"


def _blocked(teller: Teller, name: str, body: Json, _: str) -> Told:
    why = "; ".join(_texts(body.get("stopped_by") or body.get("because", [])))
    return "BLOCKED", f"{teller.names.get(name, name)} was NOT done: {why}"


def _refused(_: Teller, __: str, body: Json, actor: str) -> Told:
    return "refused", f"vote of {actor}: {body['because']}"


def _voted(_: Teller, __: str, body: Json, actor: str) -> Told:
    return "vote", f"{actor}: {body['vote']}"


def _expired(teller: Teller, name: str, _: Json, __: str) -> Told:
    return "expired", f"{teller.names.get(name, name)}: nobody answered, so it is not done"


def _active(teller: Teller, name: str, body: Json, _: str) -> Told:
    return "active", f"{teller.names.get(name, name)}   verified at the site ({_where(body)})"


def _released(teller: Teller, name: str, body: Json, _: str) -> Told:
    name = teller.names.get(name, name)
    if body.get("lasting") is False:
        return "over", f"{name}   nothing of it lasts"
    late = datetime.fromisoformat(str(body["effect_at"])) - datetime.fromisoformat(str(body["due"]))
    seconds = late.total_seconds()
    return "released", f"{name}   {f'{seconds:.1f} s after due' if seconds >= 0 else 'before its time'}"


def _held_on(teller: Teller, name: str, body: Json, _: str) -> Told:
    return "held on", f"{teller.names.get(name, name)}   {body['because']}"


def _where(body: Json) -> str:
    return "SIMULATED SITE" if body.get("executor") == "simulated" else "real"


def _texts(value: object) -> list[str]:
    return [text(item) for item in value] if isinstance(value, list) else [text(value)]


TOLD: Mapping[str, Tell] = {
    "incident.opened": _opened,
    "request.authorised": _authorised,
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
"""The kinds of entries that have a line."""
SHOUTED = frozenset({"request.blocked", "vote.refused"})
"""The lines that show why this engine exists."""

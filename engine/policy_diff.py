"""What two policies say differently, clause by clause, and whether the second can thereby allow more.

To allow more is to ask fewer people, to act on more or for longer, or to act where it was only observed. What cannot be
told from the words alone (another condition, a row that may uncover a lower one) counts as if it could. Every change is
judged by itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum

from pydantic import BaseModel

from engine.budget_order import charged_instead
from engine.model.calendar import Calendar, CalendarKind
from engine.model.policy import Exemption, PolicyDocument, Row, Scope
from engine.policy_sections import Clauses, Head, sections


class Widens(Enum):
    """Which change of a value can allow more."""

    UP = "up"
    DOWN = "down"
    EITHER = "either"
    NEVER = "never"
    FEWER = "fewer"
    MORE = "more"
    LOST = "lost"
    GAINED = "gained"


@dataclass(frozen=True)
class Change:
    """One difference; `place` is a clause (`matrix.inside`) or a value of one (`matrix.inside.tier`)."""

    place: str
    what: str
    before: str
    after: str
    can_allow_more: bool

    def __str__(self) -> str:
        values = f" {self.before} -> {self.after}" if self.what == "changed" else ""
        return f"{'can allow more' if self.can_allow_more else 'no more allowed'}  {self.place} {self.what}{values}"


@dataclass(frozen=True)
class Difference:
    """One difference by its values: of a whole clause where `field` is empty; None is a clause that is not there."""

    section: str
    clause: str
    field: str
    before: object
    after: object
    can_allow_more: bool

    @property
    def place(self) -> str:
        """Where it is, as people read it."""
        return ".".join(part for part in (self.section, self.clause, self.field) if part)


def compare(a: PolicyDocument, b: PolicyDocument) -> tuple[Change, ...]:
    """Everything that `b` says otherwise than `a`, in the order of a policy's sections."""
    instead = {f"{_BUDGETS}.{name}" for name in charged_instead(a.budgets.rows, b.budgets.rows)}
    return tuple(_as_charged(_change(found), instead) for found in differences(a, b))


def differences(a: PolicyDocument, b: PolicyDocument) -> Iterator[Difference]:
    """The same by values, each judged without regard to what stands beside it."""
    old, new = sections(a), sections(b)
    yield from (found for name in old for found in _section(name, old[name], new[name]))
    judged = {name.partition(".")[0] for name in old} | set(Head.model_fields)
    for name in (name for name in PolicyDocument.model_fields if name not in judged):
        before, after = getattr(a, name), getattr(b, name)
        if before != after:
            # Nothing is known here about what this section does.
            yield Difference(name, "", "", before, after, True)


def _change(found: Difference) -> Change:
    if None in (found.before, found.after) and not found.field:
        return Change(found.place, "removed" if found.after is None else "added", "", "", found.can_allow_more)
    return Change(found.place, "changed", spelled(found.before), spelled(found.after), found.can_allow_more)


_BUDGETS = "budgets.rows"
_UNLIMITED = (_BUDGETS, "budgets.site", "budgets.segment", "protected")
"""The sections where a value that is not given is no limit."""


def _as_charged(change: Change, instead: set[str]) -> Change:
    budget = ".".join(change.place.split(".", 3)[:3])
    return replace(change, can_allow_more=True) if {budget, change.place} & instead else change


def _section(name: str, old: Clauses, new: Clauses) -> Iterator[Difference]:
    for clause in [*old, *(clause for clause in new if clause not in old)]:
        before, after = old.get(clause), new.get(clause)
        if before is not None and after is not None and type(before) is type(after):
            yield from _values(name, clause, before, after)
            continue
        if before is not None:
            yield Difference(name, clause, "", before, None, _opens_without(name, before))
        if after is not None:
            yield Difference(name, clause, "", None, after, _opens_with(name, after))


def _opens_with(section: str, clause: BaseModel) -> bool:
    """Whether a clause that was not there can allow more; I9 says of every rule but an exception that it cannot."""
    match clause:
        case Exemption():
            return clause.enabled
        case Scope():
            return clause.mode == "enforce"
        case Row():
            return clause.tier < 4
        case Calendar():
            return clause.kind is CalendarKind.OCCASION
    # Rules may read authorised activity, and occasions, whichever way they like.
    return section in ("grants", "history", "authorised_activity")


def _opens_without(section: str, clause: BaseModel) -> bool:
    match clause:
        case Exemption():
            return False
        case Scope():
            return clause.mode == "observe"
    return section != "grants"


def _values(section: str, clause: str, before: BaseModel, after: BaseModel) -> Iterator[Difference]:
    for field in type(before).model_fields:
        old, new = getattr(before, field), getattr(after, field)
        if old != new and not isinstance(old, BaseModel):
            more = _widens(_direction(section, field, old, new, before), old, new) and _is_on(after)
            yield Difference(section, clause, field, old, new, more)


def _is_on(clause: BaseModel) -> bool:
    """An exception that is off opens nothing, whatever it says."""
    return not isinstance(clause, Exemption) or clause.enabled


_NOTHING = (
    "policy", "version", "description", "owner", "foreseen", "because", "reason", "tell", "decide_in", "warn_at",
)  # fmt: skip
_EVERYWHERE: Mapping[str, Widens] = {
    **dict.fromkeys(_NOTHING, Widens.NEVER),
    **dict.fromkeys(("lease", "ceiling", "interim_lease", "hold_step", "hold_ceiling"), Widens.UP),
    **dict.fromkeys(("tier", "quorum", "floor", "confidence", "veto", "to"), Widens.DOWN),
    **dict.fromkeys(("conditions", "final"), Widens.LOST),
    **dict.fromkeys(("hour", "day", "in_force", "share", "at_least", "at_most", "points_hour"), Widens.UP),
    **dict.fromkeys(("detector_share", "detector_findings_hour", "fresh", "gap"), Widens.UP),
    "kept_for_people": Widens.DOWN,
    # By the alphabet: enforce before observe, act before deny before hold, effects before things, and stop before warn.
    **dict.fromkeys(("default", "mode", "counts"), Widens.DOWN),
    "on_expiry": Widens.UP,
    "enabled": Widens.UP,
}
_HERE: Mapping[str, Mapping[str, Widens]] = {
    "governance": {"rollback": Widens.DOWN},
    "break_glass": {
        **dict.fromkeys(("groups", "overrides"), Widens.GAINED),
        **dict.fromkeys(("lasts", "a_month", "review_within"), Widens.UP),
    },
    "confidence": {
        **dict.fromkeys(("ask", "ask_two", "interim", "act", "tell", "proven_after"), Widens.DOWN),
        "unproven_at_most": Widens.UP,
        "stale_context": Widens.DOWN,
    },
    "budgets.points": dict.fromkeys(("low", "standard", "high", "critical"), Widens.DOWN),
    "autonomy": {
        **dict.fromkeys(("act", "tell", "exception"), Widens.DOWN),
        **dict.fromkeys(("sampled", "sampled_a_week"), Widens.NEVER),
    },
    "autonomy.demotion": {
        **dict.fromkeys(("below_bar", "psi_over", "overridden", "harmful_on_high", "harmful"), Widens.UP),
        "overridden_of": Widens.EITHER,
        "lasts": Widens.DOWN,
    },
    "learning": {"at_least": Widens.DOWN, "at_most": Widens.NEVER, "coverage": Widens.LOST},
    **dict.fromkeys(
        ("exclusions", "protected"),
        {"targets": Widens.FEWER, "actions": Widens.FEWER, "expires_at": Widens.DOWN},
    ),
    "harm": {"every": Widens.UP, **dict.fromkeys(("lasts", "raise_to", "raised_for"), Widens.DOWN)},
    "harm.probes": {"actions": Widens.FEWER, "within": Widens.UP},
    "grants": {
        **dict.fromkeys(("tier", "expires_at", "trusts_score"), Widens.UP),
        **dict.fromkeys(("actions", "classes"), Widens.MORE),
    },
}


def _direction(section: str, field: str, old: object, new: object, clause: BaseModel) -> Widens:
    usual = _HERE.get(section, {}).get(field) or _EVERYWHERE.get(field, Widens.EITHER)
    if section == "rules" and field == "actions":
        return Widens.MORE if isinstance(clause, Exemption) else Widens.FEWER
    if section not in _UNLIMITED and None in (old, new) and usual is not Widens.NEVER:
        return Widens.EITHER  # what the tier says instead is not known here
    return usual


def _widens(direction: Widens, old: object, new: object) -> bool:
    match direction:
        case Widens.UP:
            return _less(old, new)
        case Widens.DOWN:
            return _less(new, old)
        case Widens.FEWER:
            return not _covers(new, old)
        case Widens.MORE:
            return not _covers(old, new)
        case Widens.LOST:
            return not {*_listed(old)} <= {*_listed(new)}
        case Widens.GAINED:
            return not {*_listed(new)} <= {*_listed(old)}
    return direction is Widens.EITHER


def _less(one: object, other: object) -> bool:
    """Whether `one` is less than `other`; None is no limit, and where two cannot be compared it may be."""
    if one is None or other is None:
        return other is None
    return not (one >= other)  # type: ignore[operator]


def _covers(wide: object, narrow: object) -> bool:
    """Whether one list has all that the other has; an empty one of actions means every action."""
    return not _listed(wide) or (bool(_listed(narrow)) and {*_listed(narrow)} <= {*_listed(wide)})


def _listed(value: object) -> Sequence[object]:
    assert isinstance(value, Sequence)
    return value


def spelled(value: object) -> str:
    """A value as differences show it."""
    match value:
        case None:
            return "none"
        case timedelta():
            return str(value)
        case tuple():
            return ", ".join(map(spelled, value)) or "none"
        case BaseModel():
            return value.model_dump_json()
        case Enum():
            return str(value.value)
    return str(value)

"""What a layer relaxes although one above it marks it final.

Rules: 1. A mark names a section, or one clause of it, by the words of `policy diff`; `all` names everything, sections
still to come included. 2. Whatever is not shown to restrict relaxes. 3. A final row or raise stands on its tier: the
terms of that tier and of those above may only get stricter, and no exception may newly lower it. 4. A row that would
speak instead of a final one, and a budget that would be charged instead of one, may allow no more than that one. 5.
What is only words (`because`, `reason`, the policy's own name, version, description and owner) may always change. 6.
Clauses that give a final row or rule the facts it reads (calendars, protected things, authorised activity, the learning
period) may open nothing either; more authorised activity may be said.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.condition_relations import implies
from engine.documents import Step
from engine.expressions import Expressions
from engine.final_budgets import budget_relaxations
from engine.final_rows import row_relaxations
from engine.model.decision import Tier
from engine.model.policy import Exemption, Forbid, Observe, PolicyDocument, Raise, Scope
from engine.model.scoped import Exclude, Protect
from engine.policy_diff import Difference, differences, spelled
from engine.policy_sections import sections

EVERYTHING = "all"


@dataclass(frozen=True)
class Relaxation:
    """Something that becomes less strict: where, in words and as a path, and the mark that forbids it."""

    place: str
    path: tuple[Step, ...]
    mark: str
    why: str


def covering(marks: Sequence[str], place: str) -> str | None:
    """The mark that makes this place final."""
    return next((mark for mark in marks if mark == EVERYTHING or f"{place}.".startswith(f"{mark}.")), None)


def markable(document: PolicyDocument) -> frozenset[str]:
    """Everything a mark may name."""
    known = {EVERYTHING, *PolicyDocument.model_fields} - _HEAD
    for section, clauses in sections(document).items():
        if section:
            known |= {section, *(f"{section}.{name}" for name in clauses if name)}
    return frozenset(known)


_HEAD = frozenset({"policy", "version", "description", "owner", "foreseen", "final"})
RESTRICTING = (Forbid, Raise, Observe, Scope, Exclude, Protect)
"""Clauses that the more restrict the wider their condition is."""
_WORDS = frozenset({"because", "reason"})
_MORE_IS_STRICTER = frozenset({"tell", "coverage"})
_UNJUDGED = frozenset({"decide_in", "warn_at", "sampled", "sampled_a_week", "at_most", "owner"})
"""What `policy diff` takes to allow no more either way, though people may lose by it."""

_GIVEN = {
    "protected": ("target.protected", "target.criticality"),
    "authorised_activity": ("activity",),
    "learning": ("source.learning",),
}
"""Which facts a section's clauses give to conditions; those of a calendar follow from its kind."""


def relaxations(
    before: PolicyDocument, after: PolicyDocument, marks: Sequence[str], language: Expressions
) -> Iterator[Relaxation]:
    """Everything final of `before` that `after` relaxes."""
    for found in differences(before, after):
        if mark := _offended(found, before, after, marks, language):
            path = path_of(after, found.section, found.clause, found.field)
            yield Relaxation(found.place, path, mark, _change(found))
    yield from _of_rows(before, after, marks, language)
    yield from _of_budgets(before, after, marks, language)


def _of_rows(
    before: PolicyDocument, after: PolicyDocument, marks: Sequence[str], language: Expressions
) -> Iterator[Relaxation]:
    marked = {row.id: mark for row in before.matrix if (mark := covering(marks, f"matrix.{row.id}"))}
    whole = covering(marks, "matrix")
    for row, field, over in row_relaxations(before, after, frozenset(marked), whole, language):
        yield _by_clause(after, "matrix", (row, field, over), marked.get(over, whole or ""), "speaks")


def _of_budgets(
    before: PolicyDocument, after: PolicyDocument, marks: Sequence[str], language: Expressions
) -> Iterator[Relaxation]:
    old, new = before.budgets.rows, after.budgets.rows
    marked = {one.id: mark for one in old if (mark := covering(marks, f"budgets.rows.{one.id}"))}
    for one, field, over in budget_relaxations(old, new, frozenset(marked), language):
        yield _by_clause(after, "budgets.rows", (one, field, over), marked[over], "is charged")


def _by_clause(after: PolicyDocument, section: str, found: tuple[str, str, str], mark: str, instead: str) -> Relaxation:
    clause, field, over = found
    place, path = f"{section}.{clause}.{field}", path_of(after, section, clause, field)
    if over == clause:
        return Relaxation(place, path, mark, "")
    why = f"`{clause}` {instead} instead of it" if over else f"`{clause}` speaks where no row did"
    return Relaxation(f"{section}.{over}.{field}" if over else section, path, mark, why)


def path_of(document: PolicyDocument, section: str, clause: str, field: str) -> tuple[Step, ...]:
    """Where in a policy's data a difference stands."""
    clauses = [*sections(document).get(section, {})]
    step: Step = clauses.index(clause) if section != "tiers" and clause in clauses else clause
    return (*section.split("."), *([step] if clause else []), *([field] if field else []))


def _offended(
    found: Difference, before: PolicyDocument, after: PolicyDocument, marks: Sequence[str], language: Expressions
) -> str | None:
    """The mark that this difference offends against."""
    if found.section in ("", "matrix", "budgets.rows"):
        return None  # rules 4 and 5
    if mark := covering(marks, found.place):
        return mark if _relaxes(found, before, language) else None
    if not found.can_allow_more or _opens_no_more(found, before, language):
        return None
    if found.section == "tiers":
        return _beneath(found, before, marks)
    return _read(found, before, after, marks) or _lowered(found, before, after, marks)


def _relaxes(found: Difference, before: PolicyDocument, language: Expressions) -> bool:
    if found.field in _MORE_IS_STRICTER and isinstance(found.before, tuple):  # there is a bar called `tell` too
        return not _holds_all(found.after, found.before)
    if found.field in _UNJUDGED:
        return True
    return found.field not in _WORDS and found.can_allow_more and not _opens_no_more(found, before, language)


def _holds_all(wide: object, narrow: object) -> bool:
    assert isinstance(wide, Sequence) and isinstance(narrow, Sequence)
    return set(narrow) <= set(wide)


def _opens_no_more(found: Difference, before: PolicyDocument, language: Expressions) -> bool:
    """Whether another condition is shown to restrict wherever the old one did, or to open nothing more."""
    if found.field not in ("when", "conditions"):
        return False
    old, new = _condition(found.before), _condition(found.after)
    clause = sections(before)[found.section][found.clause]
    if isinstance(clause, Exemption) or (isinstance(clause, Scope) and clause.mode == "enforce"):
        return implies(language, new, old)
    return isinstance(clause, RESTRICTING) and implies(language, old, new)


def _condition(value: object) -> str:
    assert isinstance(value, str | tuple)
    return value if isinstance(value, str) else " && ".join(f"({one})" for one in value)


def _beneath(found: Difference, before: PolicyDocument, marks: Sequence[str]) -> str | None:
    """The mark of a row or a raise that stands on this tier, or on one below it."""
    tier = [*type(before.tiers).model_fields].index(found.clause)
    rows = ((f"matrix.{row.id}", row.tier) for row in before.matrix)
    raises = ((f"rules.{rule.id}", rule.to) for rule in before.rules if isinstance(rule, Raise))
    standing = (covering(marks, place) for place, lowest in (*rows, *raises) if lowest <= tier)
    return next(filter(None, standing), None)


def _read(found: Difference, before: PolicyDocument, after: PolicyDocument, marks: Sequence[str]) -> str | None:
    """The mark of a row or a rule whose condition reads what this clause gives (rule 6)."""
    if found.section == "authorised_activity" and found.before is None:
        return None
    given = [*_GIVEN.get(found.section, ()), *_given_by_calendar(found, before, after)]
    conditions = [(f"matrix.{row.id}", row.when) for row in before.matrix]
    conditions += [(f"rules.{rule.id}", rule.when) for rule in before.rules if isinstance(rule, RESTRICTING)]
    reading = (covering(marks, place) for place, when in conditions if any(_names(when, fact) for fact in given))
    return next(filter(None, reading), None)


def _given_by_calendar(found: Difference, before: PolicyDocument, after: PolicyDocument) -> Iterator[str]:
    if found.section == "calendars":
        yield "time.calendar"
        yield from (f"time.{one.kind}" for one in (*before.calendars, *after.calendars) if one.id == found.clause)


def _names(condition: str, fact: str) -> bool:
    """Whether a condition names a fact; a text that only looks like it counts too, which refuses rather more."""
    return re.search(r"\b" + r"\s*\.\s*".join(map(re.escape, fact.split("."))) + r"\b", condition) is not None


def _lowered(found: Difference, before: PolicyDocument, after: PolicyDocument, marks: Sequence[str]) -> str | None:
    """The mark of a row that asks, and that an exception could newly lower."""
    clause = next((rule for rule in after.rules if found.section == "rules" and rule.id == found.clause), None)
    if not isinstance(clause, Exemption):
        return None
    wide = not clause.actions
    asking = (row for row in before.matrix if row.tier >= Tier.ASK and (wide or {*clause.actions} & {*row.actions}))
    return next(filter(None, (covering(marks, f"matrix.{row.id}") for row in asking)), None)


def _change(found: Difference) -> str:
    if not found.field or found.field in ("when", "conditions"):
        return ""
    return f"{spelled(found.before)} -> {spelled(found.after)}"

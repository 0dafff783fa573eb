"""A policy held against its cases: what comes out otherwise than expected, and which clauses no case tests.

A clause is tested where a case expects it by name and it speaks: a row that settles the tier, a rule or scope that has
its say, a budget that is charged.
"""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, replace

from pydantic import BaseModel

from engine.decide import BudgetRow, budget_for, decide
from engine.documents import Position
from engine.errors import InvalidInput
from engine.expressions import Wants
from engine.gates import read_claim
from engine.model.action import ActionSpec
from engine.model.base import Json
from engine.model.budget import Budget
from engine.model.decision import Decision, Effect
from engine.model.policy import Exemption, Forbid, Observe, PolicyDocument, Raise, Row, Scope
from engine.model.scoped import Exclude, Protect
from engine.policy_cases import Case, CaseFile, Expected, ExpectedCharge, ExpectedTerms, facts_of, spec_of
from engine.policy_file import Chapter, Clause, Policy
from engine.ports import Specs


@dataclass(frozen=True)
class Failure:
    """A case that came out otherwise; `clauses` are those it is about."""

    case: str
    clauses: tuple[str, ...]
    problems: tuple[str, ...]
    at: InvalidInput

    def __str__(self) -> str:
        return str(self.at)


@dataclass(frozen=True)
class Trial:
    """What came of all cases. `clauses` has every clause by its kind, `tested` those that a case expects to speak."""

    cases: int
    failures: tuple[Failure, ...]
    clauses: Mapping[str, tuple[str, ...]]
    tested: frozenset[tuple[str, str]]

    @property
    def untested(self) -> tuple[tuple[str, str], ...]:
        """The clauses that no case tests, as (kind, id)."""
        return tuple((kind, name) for kind, name in self._all() if (kind, name) not in self.tested)

    @property
    def passed(self) -> bool:
        """Everything came out as expected and nothing is untested."""
        return not self.failures and not self.untested

    def coverage(self) -> Mapping[str, tuple[int, int]]:
        """How many clauses of each kind are tested, of how many."""
        return {
            kind: (sum((kind, name) in self.tested for name in names), len(names))
            for kind, names in self.clauses.items()
        }

    def _all(self) -> Iterator[tuple[str, str]]:
        return ((kind, name) for kind, names in self.clauses.items() for name in names)


def try_policy(policy: Policy, cases: CaseFile, specs: Specs, without: Set[str] = frozenset()) -> Trial:
    """Decide every case but those `without`, compare, and count what was tested."""
    failures: list[Failure] = []
    tested: set[tuple[str, str]] = set()
    chosen = [(index, case) for index, case in enumerate(cases.content.cases) if case.id not in without]
    for index, case in chosen:
        spec = spec_of(case, specs)
        seen = _look(_enabling(policy, case), facts_of(cases.content, case, spec), spec)
        problems = tuple(_problems(case.expect, seen))
        if problems:
            at = cases.document.at(("cases", index))
            about = _about(case, seen)
            told = at.error(f"case `{case.id}` ({', '.join(about)}): {'; '.join(problems)}")
            failures.append(Failure(case.id, about, problems, told))
        tested |= seen.tested(case.expect)
    return Trial(len(chosen), tuple(failures), _every_clause(policy.document), frozenset(tested))


def _about(case: Case, seen: "_Seen") -> tuple[str, ...]:
    """Every clause that the case expects, and every one that had its say."""
    charged = () if case.expect.budget is None else (case.expect.budget.id, seen.charge.key)
    spoke = sorted(clause.id for clause in seen.holding if clause.id in seen.spoke)
    return tuple(dict.fromkeys((*case.expect.rules, *charged, *case.expect.silent, *spoke))) or (case.action,)


_KINDS: Mapping[type[BaseModel], str] = {
    Row: "row",
    Forbid: "rule",
    Raise: "rule",
    Observe: "rule",
    Exemption: "exception",
    Scope: "scope",
    Budget: "budget",
    Exclude: "exclusion",
    Protect: "protection",
}


def _every_clause(document: PolicyDocument) -> Mapping[str, tuple[str, ...]]:
    """The policy's clauses by kind, each kind there is."""
    scopes, budgets = document.enforcement.scopes, document.budgets.rows
    scoped = (*document.exclusions, *document.protected)
    found: dict[str, tuple[str, ...]] = {}
    for clause in (*document.matrix, *document.rules, *scopes, *budgets, *scoped):
        kind = _KINDS[type(clause)]
        found[kind] = (*found.get(kind, ()), clause.id)
    return found


@dataclass(frozen=True)
class _Seen:
    """What the policy said to one case."""

    decision: Decision
    charge: BudgetRow
    holding: tuple[Clause, ...]

    @property
    def spoke(self) -> frozenset[str]:
        """Whatever had its say; an enforcing scope gives no reason, and says it where the effect is not to observe."""
        enforcing = (clause.id for clause in self.holding if isinstance(clause, Scope) and clause.mode == "enforce")
        return frozenset((*self.decision.rules, *(() if self.decision.effect is Effect.OBSERVE else enforcing)))

    def tested(self, expected: Expected) -> set[tuple[str, str]]:
        """The clauses that the case expects and that spoke."""
        spoke = {(_KINDS[type(clause)], clause.id) for clause in self.holding if clause.id in self.spoke}
        named = {(kind, name) for kind, name in spoke if name in expected.rules}
        charged = expected.budget is not None and expected.budget.id == self.charge.key
        return named | ({("budget", self.charge.key)} if charged else set())


def _look(policy: Policy, facts: Json, spec: ActionSpec) -> _Seen:
    claim = read_claim(policy.document.confidence, facts)
    prepared = policy.language.prepare({**facts, "finding.confidence": claim.confidence})
    return _Seen(
        decision=decide(policy, facts, spec),
        charge=budget_for(policy, facts),
        holding=policy.chapter(spec.id).ask(prepared).holding,
    )


def _enabling(policy: Policy, case: Case) -> Policy:
    """The policy with the exceptions enabled that the case says."""
    off = [rule for rule in policy.document.rules if isinstance(rule, Exemption) and not rule.enabled]
    wanted = [rule for rule in off if rule.id in case.enabled and case.action in (rule.actions or (case.action,))]
    if not wanted:
        return policy
    clauses = [*(clause for clause, _ in policy.chapter(case.action).clauses), *wanted]
    counted = tuple((clause, len(_conditions(clause))) for clause in clauses)
    at = Position(policy.name, 1, 1)
    sources = (source for clause in clauses for source in _conditions(clause))
    compiled = [policy.language.compile(source, Wants.BOOL, at) for source in sources]
    return replace(policy, chapters={case.action: Chapter(counted, policy.language.together(compiled))})


def _conditions(clause: Clause) -> tuple[str, ...]:
    return clause.conditions if isinstance(clause, Exemption) else (clause.when,)


def _problems(expected: Expected, seen: _Seen) -> Iterator[str]:
    decision = seen.decision
    if decision.tier is not expected.tier:
        yield f"tier {decision.tier}, expected {expected.tier}"
    if decision.effect is not expected.effect:
        yield f"effect {decision.effect}, expected {expected.effect}"
    yield from (f"`{name}` did not speak" for name in expected.rules if name not in seen.spoke)
    yield from (f"`{name}` spoke" for name in expected.silent if name in seen.spoke)
    told = "\n".join(f"{reason.rule}: {reason.text}" for reason in decision.reasons)
    yield from (f"no reason says `{text}`" for text in expected.reasons if text not in told)
    yield from _terms(expected.terms, decision)
    if expected.budget is not None:
        yield from _charge(expected.budget, seen.charge)


def _terms(expected: ExpectedTerms, decision: Decision) -> Iterator[str]:
    for name in sorted(expected.model_fields_set):
        wanted = getattr(expected, name)
        found = getattr(decision.obligations, name)
        if name == "interim":
            found = tuple(interim.action for interim in found)
        if found != wanted:
            yield f"{name} {_text(found)}, expected {_text(wanted)}"


def _charge(expected: ExpectedCharge, charge: BudgetRow) -> Iterator[str]:
    limits = charge.limits
    found = {
        "id": charge.key,
        "hour": limits.hour,
        "day": limits.day,
        "in_force": limits.in_force,
        "weight": limits.weight,
        "points": limits.points,
        "site": limits.site_points,
        "automatic": limits.automatic_points,
    }
    for name in sorted(expected.model_fields_set):
        wanted = getattr(expected, name)
        if found[name] != wanted:
            yield f"budget {name} {_text(found[name])}, expected {_text(wanted)}"


def _text(value: object) -> str:
    return ", ".join(map(str, value)) or "none" if isinstance(value, tuple) else str(value)

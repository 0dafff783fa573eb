"""Policy files: read, checked as a whole, and compiled once; `engine.decide` asks them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

from engine.authoring import Call, Reviewer, Value
from engine.calendars.compiled import Calendars, compile_calendars
from engine.digest import sha256
from engine.documents import Document, Step, parse
from engine.expressions import Conditions, Expression, Expressions, Prepared, Refusal
from engine.fact_table import FACTS
from engine.model.action import Reversal
from engine.model.base import Json
from engine.model.budget import Budget
from engine.model.harm import HarmProbe, ProbeTerms
from engine.model.lease_terms import LeaseTerms
from engine.model.policy import Exemption, Forbid, Observe, PolicyDocument, Raise, Row, Rule, Scope
from engine.model.scoped import Exclude, Protect
from engine.model.trip import TRIPPED
from engine.policy_layers import read_layers, stack
from engine.policy_merge import said
from engine.ports import Specs
from engine.scopes import review_scoped

Clause = Row | Forbid | Raise | Observe | Exemption | Scope | Budget | Exclude | Protect | ProbeTerms
C = TypeVar("C", Row, Forbid, Raise, Observe, Exemption, Scope, Budget, Exclude, Protect)


@dataclass(frozen=True)
class Answers:
    """Which clauses hold, and which gave no answer and why."""

    holding: tuple[Clause, ...]
    broken: tuple[tuple[Clause, str], ...]

    def of(self, kind: type[C]) -> tuple[C, ...]:
        """The holding clauses of one kind."""
        return tuple([clause for clause in self.holding if type(clause) is kind])


@dataclass(frozen=True)
class Chapter:
    """What a policy says of one action: clauses, and all their conditions as one question."""

    clauses: tuple[tuple[Clause, int], ...]
    """Each clause with the number of its conditions, in the order of `conditions`."""
    conditions: Conditions

    def of(self, kind: type[C]) -> tuple[C, ...]:
        """The clauses of one kind, whether they hold or not."""
        return tuple([clause for clause, _ in self.clauses if type(clause) is kind])

    def ask(self, facts: Prepared) -> Answers:
        """Which clauses hold: those whose every condition does. An error among them leaves a clause unanswered."""
        answers = self.conditions.evaluate(facts)
        if len(answers) > len(self.clauses):
            answers = self._summed(answers)
        judged = [(clause, answer) for (clause, _), answer in zip(self.clauses, answers, strict=True) if answer]
        return Answers(
            holding=tuple(clause for clause, answer in judged if answer is True),
            broken=tuple((clause, answer.reason) for clause, answer in judged if isinstance(answer, Refusal)),
        )

    def _summed(self, answers: Sequence[bool | Refusal]) -> Sequence[bool | Refusal]:
        """One answer for each clause, of which some have several conditions."""
        remaining = iter(answers)
        return [_all(list(islice(remaining, count))) for _, count in self.clauses]


@dataclass(frozen=True)
class Terms:
    """What of a matrix row has to be resolved by facts: its approver groups and its interim actions."""

    groups: tuple[Value, ...]
    interim: tuple[Call, ...]


@dataclass(frozen=True, repr=False)
class Policy:
    """A policy ready to be asked. `digest` is over what it says: layers, layout and order do not change it."""

    document: PolicyDocument
    digest: str
    language: Expressions
    terms: Mapping[str, Terms]
    chapters: Mapping[str, Chapter]
    budgets: Mapping[str, Chapter]
    harm: Mapping[str, Chapter]
    elsewhere: Chapter
    """What it says of an action it never names."""
    calendars: Calendars

    def __repr__(self) -> str:
        return f"Policy({self.name}, {self.digest[:8]})"

    @property
    def name(self) -> str:
        """The policy's own name."""
        return self.document.policy

    def chapter(self, action: str) -> Chapter:
        """What it says of this action."""
        return self.chapters.get(action, self.elsewhere)

    def budget(self, action: str) -> Chapter:
        """Its budgets for this action."""
        return self.budgets.get(action, Chapter((), self.language.together(())))

    def probes(self, action: str, facts: Json) -> tuple[HarmProbe, ...]:
        """What has to go on working while it is in force; a condition that gives no answer counts as holding."""
        chapter = self.harm.get(action)
        if chapter is None or not chapter.clauses:
            return ()
        answers = chapter.ask(self.language.prepare(facts))
        wanted = [*answers.holding, *(clause for clause, _ in answers.broken)]
        return tuple(probe for probe in self.document.harm.probes if probe in wanted)


def load_policy(path: Path, specs: Specs, shipped: Path | None = None) -> Policy:
    """The policy in the file at `path` and in those it stands on, which may be among the `shipped` ones.

    Raise `InvalidFile` with everything that is wrong in it.
    """
    return compile_layers(read_layers(path, shipped), specs)


def parse_policy(text: str, name: str, specs: Specs) -> Policy:
    """The policy that `text` is, called `name` in errors."""
    return compile_policy(parse(text, name), specs)


def compile_policy(document: Document, specs: Specs) -> Policy:
    """The document as a policy; raise `InvalidFile` with everything that is wrong in it."""
    return compile_layers([document], specs)


def compile_layers(documents: Iterable[Document], specs: Specs) -> Policy:
    """Layers, in any order, as one policy; raise `InvalidFile` with everything that is wrong in them."""
    document = stack(documents)[-1].merged
    content = document.validate(PolicyDocument)
    language = Expressions({name: kind for name, (kind, _) in FACTS.items()})
    reviewer = Reviewer(document, language, specs, content.foreseen)
    _names(content, reviewer)
    terms = {row.id: _terms(row, reviewer, "matrix", index) for index, row in enumerate(content.matrix)}
    clauses, budgets = _clauses(content, reviewer), _budgets(content, reviewer)
    probes = _probes(content, reviewer, specs)
    calendars = compile_calendars(content, reviewer, language)
    reviewer.finish()
    names = sorted({*(spec.id for spec in specs.all()), *content.foreseen})
    return Policy(
        document=content,
        digest=sha256(said(content)),
        language=language,
        terms=terms,
        chapters={name: _chapter(name, clauses, language) for name in names},
        budgets={name: _chapter(name, budgets, language) for name in names},
        harm={name: _chapter(name, probes, language) for name in names},
        elsewhere=_chapter("", clauses, language),
        calendars=calendars,
    )


_Compiled = tuple[Clause, tuple[Expression, ...]]


def _chapter(action: str, clauses: Iterable[_Compiled], language: Expressions) -> Chapter:
    chosen = [(clause, conditions) for clause, conditions in clauses if _concerns(clause, action)]
    return Chapter(
        clauses=tuple((clause, len(conditions)) for clause, conditions in chosen),
        conditions=language.together([condition for _, conditions in chosen for condition in conditions]),
    )


def _concerns(clause: Clause, action: str) -> bool:
    match clause:
        case Scope() | Protect():
            return True
        case Row() | Budget():
            return action in clause.actions
        case Exemption():
            return clause.enabled and action in (clause.actions or (action,))
    return action in (clause.actions or (action,))


def _names(content: PolicyDocument, reviewer: Reviewer) -> None:
    reviewer.unique([row.id for row in content.matrix], "matrix")
    reviewer.unique([rule.id for rule in content.rules], "rules")
    reviewer.unique([scope.id for scope in content.enforcement.scopes], "enforcement", "scopes")
    reviewer.unique([budget.id for budget in content.budgets.rows], "budgets", "rows")
    reviewer.unique([grant.id for grant in content.grants], "grants")
    reviewer.unique([probe.id for probe in content.harm.probes], "harm", "probes")
    reviewer.unique([row.id for row in content.leases.drift], "leases", "drift")
    _drift(content.leases, reviewer)
    review_scoped(content, reviewer)
    _reserved(content, reviewer)
    rows = {row.id for row in content.matrix}
    for index, rule in enumerate(content.rules):
        if rule.id in rows:
            reviewer.refuse(f"`{rule.id}` is a row of the matrix already", "rules", index, "id")


def _reserved(content: PolicyDocument, reviewer: Reviewer) -> None:
    """What a decision says of a tripped budget is told by its name, which nothing else may have."""
    scopes = content.enforcement.scopes
    scoped = {name: getattr(content, name) for name in ("exclusions", "protected", "authorised_activity")}
    named = {("matrix",): content.matrix, ("rules",): content.rules, ("enforcement", "scopes"): scopes}
    for path, clauses in (*named.items(), *(((name,), entries) for name, entries in scoped.items())):
        for index, clause in enumerate(clauses):
            if clause.id == TRIPPED:
                reviewer.refuse(f"`{TRIPPED}` is what the engine says of a tripped budget", *path, index, "id")


def _drift(terms: LeaseTerms, reviewer: Reviewer) -> None:
    for index, row in enumerate(terms.drift):
        reviewer.actions(row.actions, "leases", "drift", index, "actions")
        for place, action in enumerate(row.actions):
            if terms.drift_of(action) is not row:
                reviewer.refuse(f"another row speaks of `{action}`", "leases", "drift", index, "actions", place)


def _clauses(content: PolicyDocument, reviewer: Reviewer) -> list[_Compiled]:
    compiled: list[_Compiled] = []
    for index, row in enumerate(content.matrix):
        compiled.append(_one(row, row.actions, row.when, reviewer, "matrix", index))
    for index, rule in enumerate(content.rules):
        compiled.append(_rule(rule, reviewer, "rules", index))
    for index, scope in enumerate(content.enforcement.scopes):
        compiled.append(_one(scope, (), scope.when, reviewer, "enforcement", "scopes", index))
    for index, exclusion in enumerate(content.exclusions):
        compiled.append(_one(exclusion, exclusion.actions, exclusion.when, reviewer, "exclusions", index))
    for index, protect in enumerate(content.protected):
        compiled.append(_one(protect, (), protect.when, reviewer, "protected", index))
    return compiled


def _budgets(content: PolicyDocument, reviewer: Reviewer) -> list[_Compiled]:
    rows = enumerate(content.budgets.rows)
    return [_one(row, row.actions, row.when, reviewer, "budgets", "rows", index) for index, row in rows]


def _probes(content: PolicyDocument, reviewer: Reviewer, specs: Specs) -> list[_Compiled]:
    probes = [*enumerate(content.harm.probes)]
    for index, probe in probes:
        for number, spec in enumerate(map(specs.get, probe.actions)):
            if spec is not None and not spec.lasting:
                reviewer.refuse(
                    f"`{spec.id}` leaves nothing in force to look after", "harm", "probes", index, "actions", number
                )
    return [_one(probe, probe.actions, probe.when, reviewer, "harm", "probes", index) for index, probe in probes]


def _one(clause: Clause, actions: Sequence[str], when: str, reviewer: Reviewer, *path: Step) -> _Compiled:
    reviewer.actions(actions, *path, "actions")
    return clause, (reviewer.condition(when, *path, "when"),)


def _rule(rule: Rule, reviewer: Reviewer, *path: Step) -> _Compiled:
    if not isinstance(rule, Exemption):
        return _one(rule, rule.actions, rule.when, reviewer, *path)
    reviewer.actions(rule.actions, *path, "actions")
    conditions = enumerate(rule.conditions)
    return rule, tuple(reviewer.condition(source, *path, "conditions", index) for index, source in conditions)


def _terms(row: Row, reviewer: Reviewer, *path: Step) -> Terms:
    calls = []
    for index, interim in enumerate(row.interim):
        call = reviewer.call(interim.action, interim.target, interim.params, *path, "interim", index)
        if call is not None and call.spec.reversal is Reversal.IRREVERSIBLE:
            reviewer.refuse("an interim must be reversible", *path, "interim", index, "action")
        calls.append(call)
    groups = enumerate(row.groups)
    return Terms(
        groups=tuple(reviewer.value(group, *path, "groups", index) for index, group in groups),
        interim=tuple(call for call in calls if call is not None),
    )


def _all(answers: Sequence[bool | Refusal]) -> bool | Refusal:
    """False if any is false, whatever else fails; else the first failure; else true."""
    if False in answers:
        return False
    return next((answer for answer in answers if isinstance(answer, Refusal)), True)

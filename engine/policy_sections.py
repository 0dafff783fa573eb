"""A policy as clauses by section and id: what is compared, marked final and examined clause by clause."""

from collections.abc import Mapping
from datetime import timedelta

from pydantic import BaseModel

from engine.model.decision import Tier
from engine.model.lease_terms import OnDrift
from engine.model.policy import PolicyDocument

Clauses = Mapping[str, BaseModel]
"""The clauses of one section."""


def sections(policy: PolicyDocument) -> Mapping[str, Clauses]:
    """The policy's clauses by section and id; a section of single values is one clause without a name."""
    tiers, budgets = policy.tiers, policy.budgets
    return {
        "": {"": Head.model_validate(policy, from_attributes=True)},
        "governance": {"": policy.governance},
        "break_glass": {"": policy.break_glass},
        "leases": {"": LeaseValues.model_validate(policy.leases, from_attributes=True)},
        "leases.drift": {row.id: row for row in policy.leases.drift},
        "look_back": {"": policy.look_back},
        "harm": {"": HarmValues.model_validate(policy.harm, from_attributes=True)},
        "harm.probes": {probe.id: probe for probe in policy.harm.probes},
        "enforcement": {"": Default.model_validate(policy.enforcement, from_attributes=True)},
        "enforcement.scopes": {scope.id: scope for scope in policy.enforcement.scopes},
        "tiers": {name: getattr(tiers, name) for name in type(tiers).model_fields},
        "confidence": {"": policy.confidence},
        "matrix": {row.id: row for row in policy.matrix},
        "rules": {rule.id: rule for rule in policy.rules},
        "budgets.site": {"": budgets.site},
        "budgets.segment": {"": budgets.segment},
        "budgets.points": {"": budgets.points},
        "budgets.rows": {row.id: row for row in budgets.rows},
        "autonomy": {"": policy.autonomy},
        "autonomy.demotion": {"": policy.autonomy.demotion},
        "learning": {"": policy.learning},
        "calendars": {one.id: one for one in policy.calendars},
        "exclusions": {one.id: one for one in policy.exclusions},
        "protected": {one.id: one for one in policy.protected},
        "authorised_activity": {one.id: one for one in policy.authorised_activity},
        "grants": {grant.id: grant for grant in policy.grants},
        "history": {f"{number}": count for number, count in enumerate(policy.history)},
    }


class Head(BaseModel):
    """What stands in no section."""

    policy: str
    version: int
    description: str
    owner: str
    foreseen: tuple[str, ...]
    final: tuple[str, ...]


class LeaseValues(BaseModel):
    """The section `leases` without what it says of the drift of single actions."""

    spread: float
    decide_again: float | None
    look_every: timedelta | None
    on_drift: OnDrift


class Default(BaseModel):
    """The section `enforcement` without its scopes."""

    default: str


class HarmValues(BaseModel):
    """The section `harm` without its probes."""

    every: timedelta
    lasts: timedelta
    raise_to: Tier
    raised_for: timedelta

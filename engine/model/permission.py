"""What doors ask for, and which roles have it: the one table behind every way in.

A permission opens a door; what is behind it still has rules of its own (the requester does not vote, groups decide who
approves what). A token carries some of its owner's permissions, never more.
"""

from collections.abc import Mapping
from enum import StrEnum

from engine.model.principal import Principal, Role


class Permission(StrEnum):
    """One thing that a caller may be allowed to do."""

    READ = "read"
    READ_LEDGER = "ledger.read"
    EXPORT_LEDGER = "ledger.export"
    SUBMIT_FINDINGS = "findings.submit"
    JUDGE = "verdicts.give"
    REQUEST = "actions.request"
    BREAK_GLASS = "break-glass.use"
    VOTE = "approvals.vote"
    RELEASE = "leases.release"
    EXTEND = "leases.extend"
    FREEZE = "freeze.set"
    UNFREEZE = "freeze.lift"
    RESET_BUDGET = "budgets.reset"
    ACKNOWLEDGE = "pages.acknowledge"
    DO_TASKS = "tasks.answer"
    PROPOSE = "governance.propose"
    VOTE_POLICY = "governance.vote"
    IMPORT_CONTEXT = "context.import"
    IMPORT_INTEL = "intel.import"
    OWN_TOKENS = "tokens.own"
    OWN_ENROLMENTS = "enrolments.own"
    CONFIRM_ENROLMENTS = "enrolments.confirm"
    OWN_SESSIONS = "sessions.own"


_EVERYBODY = frozenset(Role)
_ON_SHIFT = frozenset({Role.ANALYST, Role.RESPONDER, Role.APPROVER})
_ACTING = _ON_SHIFT | {Role.POLICY_ADMIN}

ROLES: Mapping[Permission, frozenset[Role]] = {
    permission: roles | {Role.ADMIN}
    for permission, roles in {
        Permission.READ: _EVERYBODY,
        Permission.READ_LEDGER: _EVERYBODY - {Role.VIEWER},
        Permission.EXPORT_LEDGER: frozenset({Role.AUDITOR}),
        Permission.SUBMIT_FINDINGS: frozenset({Role.ANALYST, Role.RESPONDER}),
        Permission.JUDGE: frozenset({Role.ANALYST}),
        Permission.REQUEST: frozenset({Role.RESPONDER}),
        Permission.BREAK_GLASS: _ACTING,
        Permission.VOTE: _ON_SHIFT,
        Permission.RELEASE: frozenset({Role.ANALYST, Role.RESPONDER}),
        Permission.EXTEND: frozenset({Role.RESPONDER}),
        Permission.FREEZE: frozenset({Role.ANALYST, Role.RESPONDER}),
        Permission.UNFREEZE: frozenset({Role.RESPONDER}),
        Permission.RESET_BUDGET: _ACTING,
        Permission.ACKNOWLEDGE: _ON_SHIFT,
        Permission.DO_TASKS: _ACTING,
        Permission.PROPOSE: _ACTING,
        Permission.VOTE_POLICY: _ACTING,
        Permission.IMPORT_CONTEXT: _ACTING,
        Permission.IMPORT_INTEL: frozenset({Role.POLICY_ADMIN}),
        Permission.OWN_TOKENS: _EVERYBODY,
        Permission.OWN_ENROLMENTS: _ACTING,
        Permission.CONFIRM_ENROLMENTS: frozenset({Role.POLICY_ADMIN}),
        Permission.OWN_SESSIONS: _EVERYBODY,
    }.items()
}
"""Who has what; an administrator has all of it."""


def permissions(principal: Principal) -> frozenset[Permission]:
    """Everything that this principal's roles allow."""
    held = set(principal.roles)
    return frozenset(permission for permission, roles in ROLES.items() if held & roles)

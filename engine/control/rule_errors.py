"""Rules of the policy that give no answer: each is an entry, and many at once page whose policy it is (operations 7).

Rules: 1. What a rule cannot answer is asked at tier 4 (`engine.ruling`), so errors wear people out before they harm.
2. Five of one policy within ten minutes are one page, which names them and how to go back to the policy of before; it
is never gone back to by itself. 3. While that page stands errors are counted in the decisions' entries alone.
"""

from datetime import datetime, timedelta

from engine.control.desk import Desk
from engine.control.moves import note
from engine.control.paging import Cause, page
from engine.digest import short
from engine.model.base import Json
from engine.model.page import PageKind
from engine.model.request import Request
from engine.store.tx import Tx

MOST, WITHIN = 5, timedelta(minutes=10)
FAILED = "rule.failed"
BACK = "fireline policy rollback --reason"


def note_errors(tx: Tx, request: Request, broken: tuple[str, ...], policy_digest: str, now: datetime) -> None:
    """Record each rule that gave no answer about a request (rule 3)."""
    if not broken or tx.pages.current(f"{PageKind.RULE_ERRORS}/{policy_digest}") is not None:
        return
    for rule in broken:
        body: Json = {"rule": rule, "request": request.id, "policy_digest": policy_digest}
        note(tx, _subject(policy_digest), FAILED, now, body)


def watch_rules(tx: Tx, desk: Desk, now: datetime) -> None:
    """Page the policy's owner about the errors of the policy in force (rule 2)."""
    policy = desk.policy
    fifth = tx.timeline.newest(_subject(policy.digest), MOST)
    if [entry.kind for entry in fifth] != [FAILED] * MOST or fifth[-1].at < now - WITHIN:
        return
    rules, document = sorted({str(entry.body.get("rule")) for entry in fifth}), policy.document
    text = (
        f"rules of {policy.name} ({short(policy.digest)}) give no answer, {MOST} times within ten minutes: "
        f"{', '.join(rules)}; {document.owner} may go back to the policy of before: {BACK} '…'"
    )
    groups = (document.owner, *document.governance.groups)
    paged = page(tx, Cause(PageKind.RULE_ERRORS, policy.digest, "policy", text, groups=groups), now)
    # INVARIANT: what was paged is not paged again once somebody has seen it; that takes as many new ones.
    note(tx, _subject(policy.digest), "rule.paged", now, {"page": paged.id, "rules": [*rules]})


def _subject(policy_digest: str) -> str:
    return f"rules/{policy_digest}"

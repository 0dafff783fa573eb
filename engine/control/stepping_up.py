"""The second proof at tier 4: a yes there takes a one-time code of whoever gives it.

Rules: 1. A yes alone: to say no is never made hard. 2. It is looked at last, so that what is refused anyway uses none
up and tells nobody whether a code was right. 3. Where it cannot be checked, it is not taken. 4. No code and no secret
stands in any entry or message, nor what looks like a code and was typed as the reason.
"""

import re

from engine.approvals import Ballot
from engine.control.desk import Desk
from engine.errors import InvalidInput
from engine.model.approval import VoteKind
from engine.model.decision import Tier
from engine.model.principal import Principal
from engine.model.request import Request
from engine.model.step_up import StepUp
from engine.secrets import reveal
from engine.step_up import use_code
from engine.store.tx import Tx

NEEDED = "a code of your authenticator is needed for a yes at tier 4"
NO_SECRET = f"{NEEDED}, and you have none yet: have `fireline people totp` set it up"

CODE = re.compile(r"\b\d{3}[ -]?\d{3}\b")


def takes_code(desk: Desk, person: Principal, request: Request, kind: VoteKind) -> bool:
    """Whether this answer of theirs takes a code (rule 1)."""
    top = request.decision is not None and request.decision.tier is Tier.ASK_TWO
    asked = desk.step_up is StepUp.REQUIRED or (desk.step_up is StepUp.WHERE_KNOWN and bool(person.totp))
    return top and asked and kind is VoteKind.APPROVE


def without_codes(desk: Desk, request: Request, ballot: Ballot) -> str:
    """The reason of this answer as it may be kept (rule 4)."""
    taken = takes_code(desk, ballot.principal, request, ballot.kind)
    return CODE.sub("(left out)", ballot.reason) if taken else ballot.reason


def code_refusal(tx: Tx, desk: Desk, request: Request, ballot: Ballot) -> str | None:
    """Why this answer's code does not do, None where it does or takes none; a code that does is used up."""
    person = ballot.principal
    if not takes_code(desk, person, request, ballot.kind):
        return None
    if not person.totp:
        return NO_SECRET
    code = "" if ballot.code is None else ballot.code.get_secret_value().strip()
    if not code:
        return NEEDED
    try:
        known, why_not = use_code(reveal(person.totp), code, tx.codes.of(person.id), ballot.at)
    except InvalidInput as error:
        return f"your code cannot be checked: {error}"
    tx.codes.save(known)
    return why_not

"""Work that looks like an attack and was authorised, as facts that rules read; it never settles anything by itself.

Rules: 1. What counts is the finding's source, by address, host and account, and what it acted upon: outside its targets
the work is not authorised, and that is told. Where the finding does not say what was acted upon, it is within. 2. It
counts from its begin until the instant of its end; without a time it counts. 3. Whatever it says is told with its owner
among the reasons, for whoever borrows a scanner's address must not go unseen.
"""

from collections.abc import Sequence

from engine.context.places import spelling
from engine.model.base import Json
from engine.model.decision import Reason
from engine.model.finding import Endpoint, Finding
from engine.model.policy import PolicyDocument
from engine.model.scoped import AuthorisedActivity
from engine.ports import Context
from engine.scopes import counts, covers, instant, names_of, texts


def presence(context: Context, finding: Finding | None) -> Json:
    """Everything by which a finding's source, its account and what it acted upon are known."""
    source, destination = (finding.source, finding.destination) if finding else (None, None)
    source, destination = source or Endpoint(), destination or Endpoint()
    return {
        "activity.sources": [*names_of(context, source.ip, source.host)],
        "activity.account": spelling(source.user or ""),
        "activity.destinations": [*names_of(context, destination.ip, destination.host, destination.user)],
    }


def activity_facts(document: PolicyDocument, facts: Json) -> Json:
    """What the policy authorises of it, from the facts of `presence` and the time alone: so it can be told again."""
    known = [one for one in document.authorised_activity if counts(one, instant(facts)) and _is_its_source(one, facts)]
    within = [one for one in known if _is_within(one, facts)]
    return {
        "activity.authorised": bool(within),
        "activity.ids": [*sorted(one.id for one in within)],
        "activity.kinds": [*sorted({one.kind.value for one in within})],
        "activity.owners": [*sorted({one.owner for one in within})],
        "activity.exceeded": [*sorted(one.id for one in known if one not in within)],
    }


def told(document: PolicyDocument, facts: Json) -> tuple[Reason, ...]:
    """Each authorised activity that these facts name, with its owner, and what goes beyond one."""
    within, beyond = texts(facts, "activity.ids"), texts(facts, "activity.exceeded")
    known = [one for one in document.authorised_activity if one.id in (*within, *beyond)]
    return tuple(
        Reason(rule=one.id, text=_said(one, one.id in within)) for one in sorted(known, key=lambda one: one.id)
    )


def _said(activity: AuthorisedActivity, within: bool) -> str:
    until = activity.expires_at.isoformat(timespec="minutes")
    whose = f"authorised {activity.kind} of {activity.owner} until {until}: {activity.reason}"
    return f"its source is at {whose}" if within else f"it goes beyond the targets of {whose}"


def _is_its_source(activity: AuthorisedActivity, facts: Json) -> bool:
    account = str(facts.get("activity.account"))
    accounts = {spelling(name) for name in activity.accounts}
    named: Sequence[str] = texts(facts, "activity.sources")
    return (not activity.sources or covers(activity.sources, named)) and (not accounts or account in accounts)


def _is_within(activity: AuthorisedActivity, facts: Json) -> bool:
    destinations = texts(facts, "activity.destinations")
    return not destinations or covers(activity.targets, destinations)

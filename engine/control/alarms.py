"""Pages about the engine itself: quorums that the rota cannot meet, and what it needs and does not get.

Each look says all that is wrong now: what is new is paged, what is gone is resolved; what
stands is not said anew, however its words change.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from engine.answerable import Question, Staff, unanswerable
from engine.control.desk import Desk
from engine.control.paging import Cause, page, resolve
from engine.control.rule_errors import watch_rules
from engine.control.settling import key_of
from engine.model.decision import Tier
from engine.model.page import PageKind
from engine.model.policy import Row, TierTerms
from engine.model.step_up import StepUp
from engine.policy_file import Policy
from engine.store.tx import Tx

AHEAD = timedelta(days=1)
SILENT = timedelta(minutes=5)
"""How long a connector may say nothing before it counts as away."""


def questions(policy: Policy, step_up: StepUp) -> Mapping[str, Question]:
    """What is asked of people by each tier that asks, and by each row with groups of its own that need no facts.

    Whoever asks may not answer; whose account it is about is left to `policy prove`, which wakes nobody.
    """
    tiers, coded = policy.document.tiers, {Tier.ASK_TWO} if step_up is StepUp.REQUIRED else set()
    found = {f"tier {tier.value}": _question(tiers.of(tier), tier in coded) for tier in (Tier.ASK, Tier.ASK_TWO)}
    for row in policy.document.matrix:
        if row.tier >= Tier.ASK and not any(group.startswith("=") for group in row.groups):
            found[f"row {row.id}"] = _question(tiers.of(Tier(row.tier)), Tier(row.tier) in coded, row)
    return found


def _question(terms: TierTerms, coded: bool, row: Row | None = None) -> Question:
    if row is None:
        return Question(terms.quorum, terms.groups, terms.decide_in, coded, about_somebody=False)
    quorum, decide_in = max(terms.quorum, row.quorum or 0), row.decide_in or terms.decide_in
    return Question(quorum, row.groups or terms.groups, decide_in, coded, about_somebody=False)


def watch_quorums(tx: Tx, desk: Desk, staff: Staff, now: datetime) -> None:
    """Page about each quorum that cannot be met at some time of the next day, and resolve what can be met again."""
    wrong = dict[str, str]()
    for name, question in questions(desk.policy, desk.step_up).items():
        why = unanswerable(question, _of_next_day(staff, question, now))
        if why:
            wrong[name] = f"{name}: nobody can answer from {why}"
    _say(tx, PageKind.UNANSWERABLE_QUORUM, "quorum", wrong, {}, now)


def watch_health(tx: Tx, desk: Desk, needed: Mapping[str, str], now: datetime) -> None:
    """Page about connectors and rules that fail, and about whatever else the engine needs and says is wrong."""
    wrong, where = dict(needed), dict[str, str]()
    for health in tx.connectors.all():
        if health.instance not in desk.executors:
            continue
        where[health.instance] = health.instance
        if not health.healthy:
            wrong[health.instance] = f"connector {health.instance} fails: {health.error}"
        elif now - health.seen_at > max(SILENT, 5 * desk.drift_every):
            wrong[health.instance] = f"connector {health.instance} says nothing since {health.seen_at.isoformat()}"
    _say(tx, PageKind.SICK_ENGINE, "engine", wrong, where, now)
    watch_rules(tx, desk, now)


def _of_next_day(staff: Staff, question: Question, now: datetime) -> Staff:
    """The duties that a request of the next day may fall into, until its deadline."""
    until = now + AHEAD + (question.decide_in or timedelta(0))
    return Staff(staff.people, tuple(duty for duty in staff.duties if duty.since <= until), staff.owners)


def _say(
    tx: Tx, kind: PageKind, subject: str, wrong: Mapping[str, str], where: Mapping[str, str], now: datetime
) -> None:
    standing = {key_of(one): one for one in tx.pages.standing() if one.kind is kind}
    for key, text in wrong.items():
        if key not in standing:
            page(tx, Cause(kind, key, subject, text, where.get(key, "")), now)
    for key, one in standing.items():
        if key not in wrong:
            resolve(tx, one, "well again", now)

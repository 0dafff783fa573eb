"""Whether what is asked can be answered: by those on duty, separation of duties kept, at any time the rota knows.

Rules, as votes are counted (`engine.approvals`): 1. approvers, or members of a named group, and never a bot; one of
them of a named group where there is one. 2. Never who requested it or fed the finding in, and never whose account is
acted on or the incident is about: each person is taken to be either. 3. On duty is whoever has a shift within the time
to decide, whatever the group, and is not away; where there are no shifts, everybody else always.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.approvals import may_vote
from engine.model.principal import Principal

KEPT_OUT = 2
"""Whoever asked may not vote, nor whose account it is about."""


@dataclass(frozen=True)
class Duty:
    """Who is on duty from this instant until that of the next."""

    since: datetime
    people: frozenset[str]


@dataclass(frozen=True)
class Staff:
    """Everybody, the duties in their order, and every owner that a target may have; the empty one is nobody."""

    people: tuple[Principal, ...]
    duties: tuple[Duty, ...]
    owners: tuple[str, ...] = ("",)


@dataclass(frozen=True)
class Question:
    """What a request asks of people; `coded`: only those who have a secret for one-time codes can say yes.

    `about_somebody`: it may be about an account of one of them, who then is kept out besides whoever asked.
    """

    quorum: int
    groups: tuple[str, ...]
    decide_in: timedelta | None
    coded: bool = False
    about_somebody: bool = True


def unanswerable(question: Question, staff: Staff) -> str:
    """The first time, and the first people who may not vote, for whom the quorum cannot be met; empty if it always can.

    Who is on duty only grows from the start of a duty on, until the deadline: so the starts stand for all times.
    """
    length, last = question.decide_in or timedelta(0), staff.duties[-1].since
    known = (duty for number, duty in enumerate(staff.duties) if number == 0 or duty.since + length <= last)
    for duty in known:
        present = _on_duty(staff.duties, duty.since, length)
        able = [one for one in staff.people if one.id in present and _can_say_yes(one, question)]
        for out in _kept_out(staff.people, question.about_somebody):
            why = _missing(question, [one for one in able if one not in out])
            if why:
                return f"{duty.since.strftime('%a %H:%M %Z')}, {why}{_told(out)}"
    return ""


def _can_say_yes(person: Principal, question: Question) -> bool:
    proven = bool(person.totp) or not question.coded
    return proven and may_vote(person, question.groups) and not person.bot


def remedy(question: Question) -> str:
    """Whom it takes for a question always to be answered, by the keys of `people.yaml`."""
    groups = " or ".join(f"`{group}`" for group in question.groups)
    among = f", {1 + KEPT_OUT} of them in {groups} (`groups`)" if groups else ""
    people = f"list {question.quorum + KEPT_OUT} people with the role `approver` (`people`)"
    return f"{people}{among}, on duty together (`rota`)"


def _on_duty(duties: Sequence[Duty], start: datetime, length: timedelta) -> frozenset[str]:
    within = (duty.people for duty in duties if start <= duty.since <= start + length)
    return frozenset().union(*within)


def _kept_out(people: Sequence[Principal], about_somebody: bool) -> Iterator[tuple[Principal, ...]]:
    """Who may not vote: nobody; whoever requested it; the owner of an account that it is about; or both."""
    persons = [one for one in people if not one.bot]
    owners = [one for one in persons if one.accounts] if about_somebody else []
    yield ()
    yield from ((one,) for one in persons)
    yield from ((one, owner) for owner in owners for one in persons if one is not owner)


def _missing(question: Question, able: Sequence[Principal]) -> str:
    if len(able) < question.quorum:
        return f"{question.quorum} are needed of {_names(able)}"
    groups = " or ".join(f"`{group}`" for group in question.groups)
    in_group = any({*question.groups} & {*one.groups} for one in able)
    return "" if in_group or not question.groups or not question.quorum else f"nobody of {groups} is there"


def _names(people: Sequence[Principal]) -> str:
    return ", ".join(one.id for one in people) or "nobody"


def _told(out: Sequence[Principal]) -> str:
    return f", where {' and '.join(one.id for one in out)} may not vote" if out else ""

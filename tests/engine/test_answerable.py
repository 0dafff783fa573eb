"""Who can answer what is asked: on duty in time, in the right group, and party to nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from engine.answerable import Duty, Question, Staff, remedy, unanswerable
from engine.model.principal import Principal, Role

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
EVERYBODY = frozenset({"anna", "tom", "lena", "kai"})


def person(name: str, *groups: str, approves: bool = True, bot: bool = False) -> Principal:
    roles = (Role.ANALYST, Role.APPROVER) if approves else (Role.ANALYST,)
    return Principal(id=name, name=name, roles=roles, groups=groups, accounts=(name,), bot=bot)


PEOPLE = (person("anna", "responders"), person("tom", "responders"), person("lena", "owners"), person("kai"))
NONE = tuple(one.model_copy(update={"accounts": ()}) for one in PEOPLE)
"""The same, of whom no account is known."""


def staff(*duties: frozenset[str], hours: float = 8, people: tuple[Principal, ...] = PEOPLE) -> Staff:
    shift = timedelta(hours=hours)
    return Staff(people, tuple(Duty(MONDAY + number * shift, names) for number, names in enumerate(duties)))


def question(quorum: int = 2, *groups: str) -> Question:
    return Question(quorum, groups, QUARTER)


def test_enough_people_in_the_right_group_can_answer_whoever_of_them_asks() -> None:
    assert unanswerable(question(2, "responders"), staff(EVERYBODY, people=NONE)) == ""


def test_too_few_are_named_with_the_time() -> None:
    assert unanswerable(question(), staff(EVERYBODY, frozenset({"anna"}), EVERYBODY)) == (
        "Mon 08:00 UTC, 2 are needed of anna"
    )


def test_whoever_requests_it_cannot_be_the_only_one_of_the_group() -> None:
    told = "Mon 00:00 UTC, nobody of `owners` is there, where lena may not vote"
    assert unanswerable(question(2, "owners"), staff(EVERYBODY)) == told


def test_whose_account_the_incident_is_about_may_not_answer_either_whatever_is_done() -> None:
    asked = question(1, "responders")
    assert unanswerable(asked, staff(EVERYBODY, people=NONE)) == ""
    assert unanswerable(asked, staff(EVERYBODY)).endswith("where tom and anna may not vote")
    assert unanswerable(replace(asked, about_somebody=False), staff(EVERYBODY)) == ""


def test_the_remedy_leaves_enough_when_both_are_kept_out() -> None:
    asked = question(2, "responders")
    assert remedy(asked).startswith("list 4 people with the role `approver` (`people`), 3 of them in `responders`")
    enough = (*PEOPLE, person("mia", "responders"), person("ben"))
    assert unanswerable(asked, staff(EVERYBODY | {"mia", "ben"}, people=enough)) == ""


@pytest.mark.parametrize("other", [person("kai", bot=True), person("kai", approves=False)])
def test_bots_and_those_who_may_not_approve_do_not_count(other: Principal) -> None:
    people = (PEOPLE[0], PEOPLE[1], other)
    assert unanswerable(question(2), staff(EVERYBODY, people=people)).startswith("Mon 00:00 UTC, 2 are needed of")


def test_whoever_comes_on_duty_before_the_deadline_can_answer() -> None:
    assert unanswerable(question(1), staff(frozenset(), EVERYBODY, EVERYBODY, hours=0.2)) == ""
    assert unanswerable(question(1), staff(frozenset(), EVERYBODY, EVERYBODY, hours=0.3)) != ""


def test_where_a_code_is_needed_only_those_who_have_one_count() -> None:
    coded = replace(question(2), coded=True)
    with_codes = tuple(one.model_copy(update={"totp": "env:CODES"}) for one in PEOPLE)
    assert unanswerable(coded, staff(EVERYBODY)) == "Mon 00:00 UTC, 2 are needed of nobody"
    assert unanswerable(coded, staff(EVERYBODY, people=(*with_codes[:2], *PEOPLE[2:]))) != ""
    assert unanswerable(coded, staff(EVERYBODY, people=with_codes)) == ""


def test_nobody_is_asked_where_no_quorum_is() -> None:
    assert unanswerable(question(0, "nobody"), staff(frozenset())) == ""

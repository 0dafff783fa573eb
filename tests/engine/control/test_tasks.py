"""The doors of tasks: who may answer, with what, and until when."""

from datetime import timedelta

import pytest
from pydantic import JsonValue

from engine.control.tasks import answer_task, decline_task, find_task, parse_answers
from engine.errors import Denied, InvalidInput, NotFound
from engine.model.base import Json
from engine.model.finding import Finding
from engine.model.steps import AnswerType, TypedQuestion
from engine.model.task import Task
from tests.bench import Bench
from tests.engine.control.playing import play, steps

QUESTIONS = (
    TypedQuestion(id="gone", text="is it gone", type=AnswerType.YES_NO),
    TypedQuestion(id="hosts", text="how many", type=AnswerType.NUMBER, required=False),
    TypedQuestion(id="how", text="how", type=AnswerType.CHOICE, choices=("by mail", "by web"), required=False),
    TypedQuestion(id="what", text="what", type=AnswerType.TEXT, required=False),
)


async def asked(bench: Bench, finding: Finding, more: str = "groups: [responders], ") -> Task:
    play(bench, steps(f"{{name: ask, task: look, {more}because: b}}"))
    incident = await bench.feed(finding)
    [task] = bench.read(lambda tx: tx.tasks.of(incident))
    return task


async def answer(bench: Bench, task: Task, by: str, **answers: JsonValue) -> Task:
    return await bench.write(lambda tx: answer_task(tx, bench.desk, bench.person(by), task.id, answers, bench.now))


async def test_a_member_answers_and_the_ledger_says_who(bench: Bench, alert: Finding) -> None:
    task = await answer(bench, await asked(bench, alert), "jonas")
    assert (task.state, task.answered_by) == ("answered", "jonas")
    [entry] = bench.entries("task.answered")
    assert (entry.actor, entry.subject) == ("jonas", f"task/{task.id}")
    assert bench.read(lambda tx: tx.outbox.pending(10))[-1].subject == task.incident_id


@pytest.mark.parametrize(
    ("by", "more", "refusal"),
    [
        ("siem-bot", "groups: [responders], ", "is a bot, and a task is for a person"),
        ("lena", "groups: [responders], ", "is for `responders`, and `lena` is not"),
        ("jonas", "", "is for whoever is on call, and `jonas` is not"),
    ],
)
async def test_others_may_not_answer(bench: Bench, alert: Finding, by: str, more: str, refusal: str) -> None:
    task = await asked(bench, alert, more)
    with pytest.raises(Denied, match=refusal):
        await answer(bench, task, by)


async def test_who_is_on_call_answers_where_nobody_is_named(bench: Bench, alert: Finding) -> None:
    assert (await answer(bench, await asked(bench, alert, ""), "samir")).state == "answered"


async def test_the_account_acted_on_may_not_answer(bench: Bench, alert: Finding) -> None:
    assert alert.source is not None
    about = alert.model_copy(update={"source": alert.source.model_copy(update={"user": "TBerger"})})
    task = await asked(bench, about)
    with pytest.raises(Denied, match="`tom` is the account acted on"):
        await answer(bench, task, "tom")


async def test_a_task_is_answered_once_and_in_time(bench: Bench, alert: Finding) -> None:
    task = await asked(bench, alert)
    await answer(bench, task, "tom")
    with pytest.raises(Denied, match="is answered by `tom`"):
        await answer(bench, task, "anna")


async def test_an_answer_after_the_deadline_is_refused_even_before_the_engine_has_noticed(
    bench: Bench, alert: Finding
) -> None:
    task = await asked(bench, alert)
    await bench.later(timedelta(hours=4))
    with pytest.raises(Denied, match="the deadline of TK-0001 has passed"):
        await answer(bench, task, "tom")


async def test_who_declines_says_why(bench: Bench, alert: Finding) -> None:
    task = await asked(bench, alert)
    with pytest.raises(InvalidInput, match="a reason is needed"):
        await bench.write(lambda tx: decline_task(tx, bench.desk, bench.person("tom"), task.id, " ", bench.now))
    done = await bench.write(lambda tx: decline_task(tx, bench.desk, bench.person("tom"), task.id, "busy", bench.now))
    assert (done.state, done.reason) == ("declined", "busy")


def test_there_is_no_task_that_nobody_opened(bench: Bench) -> None:
    with pytest.raises(NotFound, match="there is no task `TK-9`"):
        bench.read(lambda tx: find_task(tx, "TK-9"))


@pytest.mark.parametrize(
    ("given", "parsed"),
    [
        ({"gone": True}, {"gone": True}),
        ({"gone": "no", "hosts": "3"}, {"gone": False, "hosts": 3.0}),
        ({"gone": "Yes", "how": "by web", "what": "a macro"}, {"gone": True, "how": "by web", "what": "a macro"}),
    ],
)
def test_answers_are_typed(given: Json, parsed: Json) -> None:
    assert parse_answers(QUESTIONS, given) == parsed


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({}, "`gone` is not answered: is it gone"),
        ({"gone": True, "other": "x"}, "there is no question `other`"),
        ({"gone": "perhaps"}, "`gone` is answered by yes or no"),
        ({"gone": 1}, "`gone` is answered by yes or no"),
        ({"gone": True, "hosts": "many"}, "`hosts` is answered by a number"),
        ({"gone": True, "hosts": "nan"}, "`hosts` is answered by a number"),
        ({"gone": True, "hosts": True}, "`hosts` is answered by a number"),
        ({"gone": True, "how": "by post"}, "`how` is answered by one of: by mail, by web"),
        ({"gone": True, "what": ""}, "`what` is answered by a text"),
    ],
)
def test_an_answer_of_another_type_is_refused(given: Json, refusal: str) -> None:
    with pytest.raises(InvalidInput, match=refusal):
        parse_answers(QUESTIONS, given)

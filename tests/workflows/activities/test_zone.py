"""What a zone worker answers, whatever its hands meet."""

import asyncio
from datetime import timedelta
from unittest.mock import AsyncMock

import pytest
from temporalio.testing import ActivityEnvironment

from console.clock import now
from engine.errors import GuardrailBreach
from engine.hands import Hands
from engine.model.execution import Outcome, Result, Work
from engine.model.orders import ReleasedMany, ReleaseMany, WorkInput
from tests.workflows.made_up import WORK
from workflows.activities.zone import ZoneActivities


async def test_of_many_releases_one_that_fails_unexpectedly_loses_no_other_s_word() -> None:
    hands = AsyncMock(spec=Hands)
    gone = Outcome(result=Result.RELEASED, at=now())
    hands.release.side_effect = [gone, KeyError("status"), GuardrailBreach("not ours"), gone]
    works = tuple(WORK.model_copy(update={"owner": f"fl-{number}"}) for number in range(4))
    zone = ZoneActivities(hands, now)
    answer = await ActivityEnvironment().run(zone.release_many, ReleaseMany(works=works))
    assert isinstance(answer, ReleasedMany)
    assert [(each.owner, each.outcome.result, each.outcome.message) for each in answer.released] == [
        ("fl-0", Result.RELEASED, ""),
        ("fl-1", Result.RELEASE_FAILED, "KeyError: 'status'"),
        ("fl-2", Result.RELEASE_FAILED, "not ours"),
        ("fl-3", Result.RELEASED, ""),
    ]


async def test_what_is_quick_costs_the_server_no_word_that_it_lives() -> None:
    async def quick(_: Work) -> Outcome:
        await asyncio.sleep(0)
        return Outcome(result=Result.VERIFIED, at=now())

    beats, environment = list[object](), ActivityEnvironment()
    environment.on_heartbeat = lambda *said: beats.append(said)
    hands = AsyncMock(spec=Hands, apply=quick)
    await environment.run(ZoneActivities(hands, now).apply, WorkInput(work=WORK))
    assert beats == []


async def test_what_takes_longer_tells_that_it_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflows.activities.zone.HEARTBEAT_EVERY", timedelta(0))
    heard, environment = asyncio.Event(), ActivityEnvironment()
    environment.on_heartbeat = lambda *_: heard.set()

    async def slow(_: Work) -> Outcome:
        await heard.wait()
        return Outcome(result=Result.VERIFIED, at=now())

    hands = AsyncMock(spec=Hands, apply=slow)
    outcome = await environment.run(ZoneActivities(hands, now).apply, WorkInput(work=WORK))
    assert outcome.result is Result.VERIFIED

"""What a zone worker answers, whatever its hands meet."""

from unittest.mock import AsyncMock

from temporalio.testing import ActivityEnvironment

from console.clock import now
from engine.errors import GuardrailBreach
from engine.hands import Hands
from engine.model.execution import Outcome, Result
from engine.model.orders import ReleasedMany, ReleaseMany
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

"""A change freeze on the bench: it holds back what has not begun, never a release, and can be told again."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from actions.registry import ActionSpecs
from engine.model.decision import Effect
from engine.model.finding import Finding
from engine.model.request import RequestState
from engine.policy_file import Policy, parse_policy
from engine.policy_what_if import redecide
from engine.store.recorded import recorded
from tests.bench import Bench

SPECS = ActionSpecs()
DEMO = (Path(__file__).parents[3] / "policies" / "demo.yaml").read_text()
RULE = "rules:\n  - {id: frozen, kind: forbid, when: time.change_freeze && action.impact > 0, because: changes rest}\n"


def frozen(bench: Bench, after: timedelta = timedelta(0)) -> Policy:
    """The demo's policy with a freeze of two days, and a rule that forbids what it covers."""
    starts = (bench.now + after).strftime("%Y-%m-%dT%H:%M")
    events = f"kind: change_freeze\n    events: [{{starts: {starts}, lasts: 2d}}]\n"
    text = DEMO.replace("rules:\n", RULE, 1).replace("kind: change_freeze\n", events, 1)
    return parse_policy(text, "demo.yaml", SPECS)


def under(bench: Bench, policy: Policy) -> None:
    bench.parts = replace(bench.parts, desk=replace(bench.desk, policy=policy))


async def test_a_freeze_holds_back_what_has_not_begun_and_a_release_goes_on(bench: Bench, beacon: Finding) -> None:
    under(bench, frozen(bench, after=timedelta(minutes=10)))
    incident = await bench.feed(beacon)
    [held] = bench.requests(incident, "network.block_ip")
    standing = await bench.standing()
    await bench.later(timedelta(minutes=11))
    late = await bench.ask()
    await bench.later(timedelta(days=1, minutes=1))
    for lease in bench.read(lambda tx: tx.leases.live()):
        await bench.carry(lease.key)
    assert (held.state, "network.block_ip" in standing) == (RequestState.HELD, True)
    assert late.decision is not None
    assert (late.decision.effect, late.decision.facts["time.change_freeze"]) == (Effect.DENY, True)
    assert "network.block_ip" not in await bench.standing()


async def test_whoever_is_asked_is_told_of_the_freeze(bench: Bench) -> None:
    under(bench, parse_policy(DEMO.replace("kind: change_freeze\n", _now(bench), 1), "demo.yaml", SPECS))
    request = await bench.ask(action="host.isolate", target="files-02")
    warned = [check for check in request.checks if check.check == "change-window"]
    assert [check.outcome for check in warned] == ["warn"]
    assert "change freeze `change-freeze` of change-management until" in warned[0].summary


def _now(bench: Bench) -> str:
    return f"kind: change_freeze\n    events: [{{starts: {bench.now:%Y-%m-%dT%H:%M}, lasts: 2d}}]\n"


async def test_what_if_goes_by_the_other_policys_calendars_at_the_time(bench: Bench, beacon: Finding) -> None:
    await bench.feed(beacon)
    made = recorded(bench.settings.database_url)
    freeze = frozen(bench)
    later = frozen(bench, after=timedelta(days=1))
    assert {flip.after.effect for flip in redecide(made, freeze, SPECS, None, bench.now).flips} == {Effect.DENY}
    assert redecide(made, later, SPECS, None, bench.now).flips == ()


async def test_under_a_freeze_the_same_policy_decides_the_same_again(bench: Bench, beacon: Finding) -> None:
    policy = frozen(bench)
    under(bench, policy)
    await bench.feed(beacon)
    again = redecide(recorded(bench.settings.database_url), policy, SPECS, None, bench.now)
    assert (again.flips, again.decisions > 0) == ((), True)

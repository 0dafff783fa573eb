"""What break-glass never opens, whatever the policy says; and what it opens only where the policy lists it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from actions.registry import ActionSpecs
from engine.break_glass import NEVER, obstacles
from engine.control.commit import APPROVED_FOR
from engine.control.freezing import freeze
from engine.control.request_path import new_request
from engine.errors import Denied, InvalidInput
from engine.model.action import Reversal
from engine.model.check import CheckOutcome
from engine.model.request import RequestState
from engine.policy_file import parse_policy
from tests.bench import Bench
from tests.engine.control.glass import DEMO, OVERRIDES, broken, under, with_check


@pytest.mark.parametrize(
    ("action", "target", "said"),
    [
        ("host.isolate", "gw-01", "untouchable"),
        ("network.block_ip", "10.20.1.53", "untouchable"),
        ("network.block_segment", "10.20.1.0/24", "untouchable"),
        ("host.isolate", "dc-01", "`never-protected` forbids it"),
    ],
)
async def test_ourselves_and_what_is_forbidden_are_never_reached(
    bench: Bench, action: str, target: str, said: str
) -> None:
    under(bench, OVERRIDES, "overrides: [ask, ask_two, observed, exclusion, protected, legitimate-flows]")
    with pytest.raises(Denied, match=said):
        await broken(bench, action=action, target=target)
    assert bench.read(lambda tx: tx.break_glass.of("tom")) == []


@pytest.mark.parametrize("check", [*NEVER, "budget", "rollback-ready", "target-exists", "of-a-plug-in"])
@pytest.mark.parametrize("outcome", [CheckOutcome.BLOCK, CheckOutcome.ERROR])
async def test_a_check_that_is_not_among_those_the_policy_may_list_always_stops_it(
    bench: Bench, check: str, outcome: CheckOutcome
) -> None:
    under(bench, OVERRIDES, "overrides: [ask, ask_two, observed, exclusion, protected, legitimate-flows]")
    with_check(bench, check, outcome)
    with pytest.raises(Denied, match=f"{check}: as told"):
        await broken(bench)


@pytest.mark.parametrize("check", NEVER)
async def test_nothing_is_done_where_a_check_that_nothing_overrides_was_left_out(bench: Bench, check: str) -> None:
    bench.without_check(check)
    with pytest.raises(Denied, match=f"{check}: nobody asked it"):
        await broken(bench)


@pytest.mark.parametrize("check", NEVER)
async def test_what_begins_to_stop_it_after_the_door_blocks_it_at_the_commit_point(bench: Bench, check: str) -> None:
    stops = with_check(bench, check, CheckOutcome.PASS)
    request = await broken(bench)
    stops.outcome = CheckOutcome.BLOCK
    await bench.respond(request.incident_id)
    assert bench.request(request.id).state is RequestState.BLOCKED
    assert f"{check}: as told" in bench.request(request.id).outcome
    assert await bench.standing() == []


@pytest.mark.parametrize("name", [*NEVER, "forbid", "budget", "irreversible"])
def test_no_policy_can_list_what_is_never_overridden(bench: Bench, name: str) -> None:
    with pytest.raises(InvalidInput, match="break_glass.overrides"):
        under(bench, OVERRIDES, f"overrides: [ask, {name}]")


async def test_the_last_administrators_stay(bench: Bench) -> None:
    under(bench, OVERRIDES, "overrides: [ask, ask_two, protected]")
    first = await broken(bench, action="identity.disable_account", target="dir-a.nowak")
    await bench.respond(first.incident_id)
    with pytest.raises(Denied, match="last-administrator: would leave 1 working administrators"):
        await broken(bench, action="identity.disable_account", target="dir-r.sato")


async def test_the_other_half_of_a_redundant_pair_stays(bench: Bench) -> None:
    bench.without_check("legitimate-flows")
    first = await broken(bench, action="host.isolate", target="files-02")
    await bench.respond(first.incident_id)
    with pytest.raises(Denied, match="redundancy-group: would hit several of orders-db"):
        await broken(bench, action="host.isolate", target="files-03")


async def test_a_freeze_stops_it_before_and_after_the_door(bench: Bench) -> None:
    request = await broken(bench)
    await bench.write(lambda tx: freeze(tx, bench.desk, bench.person("anna"), "global", "", None, bench.now))
    await bench.respond(request.incident_id)
    assert bench.request(request.id).state is RequestState.BLOCKED
    with pytest.raises(Denied, match="freeze: frozen: global"):
        await broken(bench, target="10.20.16.115")


async def test_one_that_could_not_be_carried_out_soon_is_not_carried_out_later(bench: Bench) -> None:
    request = await broken(bench)
    await bench.later(APPROVED_FOR + timedelta(seconds=1))
    await bench.respond(request.incident_id)
    assert bench.request(request.id).state is RequestState.BLOCKED
    assert bench.requests(request.incident_id, "network.block_ip")[1:] == []


LISTED = "overrides: [ask, {}]"


@pytest.mark.parametrize(
    ("word", "old", "new"),
    [
        ("observed", "mode: enforce", "mode: observe"),
        ("exclusion", "\nrules:\n", '\nexclusions:\n  - {id: mine, targets: [10.20.16.114], owner: it, reason: moves,'
         ' expires_at: 2099-01-01T00:00:00Z}\nrules:\n'),
    ],
)  # fmt: skip
async def test_another_result_of_policy_is_overridden_only_where_it_is_listed(
    bench: Bench, word: str, old: str, new: str
) -> None:
    under(bench, old, new)
    with pytest.raises(Denied, match=f"does not let break-glass override `{word}`"):
        await broken(bench)
    listed = DEMO.replace(OVERRIDES, LISTED.format(word), 1).replace(old, new, 1)
    policy = parse_policy(listed, "edited.yaml", ActionSpecs())
    bench.parts = replace(bench.parts, desk=replace(bench.desk, policy=policy))
    request = await broken(bench)
    await bench.respond(request.incident_id)
    assert bench.request(request.id).state is RequestState.HELD
    assert word in bench.read(lambda tx: tx.break_glass.of("tom"))[0].overrode


@pytest.mark.parametrize("word", ["protected", "exclusion", "legitimate-flows"])
async def test_a_check_that_the_policy_may_list_stops_it_unless_it_is(bench: Bench, word: str) -> None:
    with_check(bench, word, CheckOutcome.BLOCK)
    with pytest.raises(Denied, match=f"override `{word}`: as told"):
        await broken(bench)
    under(bench, OVERRIDES, LISTED.format(word))
    with_check(bench, word, CheckOutcome.BLOCK)
    request = await broken(bench)
    await bench.respond(request.incident_id)
    assert bench.request(request.id).state is RequestState.HELD


async def test_where_only_one_approver_may_be_skipped_two_are_not(bench: Bench) -> None:
    under(bench, OVERRIDES, "overrides: [ask]")
    with pytest.raises(Denied, match="does not let break-glass override `ask_two`"):
        await broken(bench, action="host.isolate", target="files-02")


async def test_what_was_narrowed_after_a_block_is_asked_of_people(bench: Bench) -> None:
    request = await broken(bench)
    again = request.model_copy(update={"break_glass": True})
    assert new_request(again, "AR-9", bench.now).break_glass is False


async def test_what_cannot_be_undone_is_never_done(bench: Bench) -> None:
    request = await broken(bench)
    spec = bench.desk.specs.get(request.action)
    assert spec is not None and request.decision is not None
    for_good = spec.model_copy(update={"reversal": Reversal.IRREVERSIBLE})
    document = bench.desk.policy.document
    assert obstacles(document, request.decision, request.checks, spec) == ()
    assert obstacles(document, request.decision, request.checks, for_good) == ("it cannot be undone",)

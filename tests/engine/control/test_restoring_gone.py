"""A release of what no action can take back any more: done once, and people are offered nothing that cannot be done."""

from dataclasses import replace

import pytest

from console.cli.simulation import SITE
from console.rounds import one_round
from engine.control.doors import release_lease
from engine.control.lease import LeasePath
from engine.control.moves import key_of
from engine.errors import InvalidInput
from engine.hands import Hands
from engine.model.execution import Release
from engine.token import TokenVerifier
from tests.bench import Bench
from tests.engine.control.test_again import NoActions
from tests.engine.control.test_restoring import (
    BEFORE,
    DOMAIN,
    MEANWHILE,
    SETTING,
    answer,
    in_force,
    lease,
    left_changed,
    pages,
    released,
    tasks,
)

WHY = "it cannot be given back: connector `sim` has no action `dns.sinkhole`"


def without_actions(bench: Bench) -> None:
    """The plug-in that brought them is not loaded any more."""
    verifier = TokenVerifier(bench.desk.signer.public_key)
    hands = Hands({}, {SITE: bench.site}, verifier, lambda: bench.now)
    desk = replace(bench.desk, specs=NoActions())
    bench.parts = replace(bench.parts, desk=desk, hands={SITE: hands})


async def test_what_it_displaced_is_told_with_what_it_was_and_can_only_be_left(bench: Bench) -> None:
    request = await in_force(bench)
    without_actions(bench)
    over = await released(bench, request)
    assert (over.state, await bench.standing()) == ("released", [])
    [task] = tasks(bench)
    [question] = task.questions
    assert task.because == "nothing here can give it back any more"
    assert question.text == f"{SETTING}: was `{BEFORE}`, what it is now nobody knows; {WHY}"
    assert question.choices == ("leave",)
    with pytest.raises(InvalidInput):
        await answer(bench, "restore")
    await answer(bench, "leave")
    await one_round(bench.store, bench.desks, bench.now)
    assert (pages(bench), lease(bench, request).agreed) == (["resolved"], ())


async def test_what_people_agreed_to_before_is_not_tried_for_ever_but_told(bench: Bench) -> None:
    request = await left_changed(bench)
    await answer(bench, "restore")
    without_actions(bench)
    await bench.carry(key_of(request))
    assert (lease(bench, request).agreed, lease(bench, request).attempts) == ((), 0)
    [again] = tasks(bench)[-1].questions
    assert again.text == f"{SETTING}: was `{BEFORE}`, left as `no answer`, is now `{MEANWHILE}`; {WHY}"
    assert (len(tasks(bench)), again.choices) == (2, ("leave",))
    assert await bench.site.resolver.answer(DOMAIN) == MEANWHILE


async def test_a_release_whose_answer_was_lost_is_over_with_the_next_try_and_told_once(bench: Bench) -> None:
    request = await in_force(bench)
    without_actions(bench)
    anna, held = bench.person("anna"), lease(bench, request)
    await bench.write(lambda tx: release_lease(tx, anna, held.id, "looked at", bench.now))
    order = await bench.write(lambda tx: LeasePath(tx, bench.desk, key_of(request), bench.now).advance(None))
    assert isinstance(order.command, Release)
    await bench.parts.hands[SITE].release(order.command.work)
    assert await bench.standing() == []
    await bench.carry(key_of(request))
    assert (lease(bench, request).state, len(tasks(bench))) == ("released", 1)
    assert bench.entries("lease.stuck") == []

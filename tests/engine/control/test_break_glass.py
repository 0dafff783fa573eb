"""One person acts without approvals: who may, how often, for how long, and who looks at it."""

import asyncio
from datetime import timedelta

import pytest

from engine.control.break_glass import unreviewed
from engine.control.doors import extend_lease
from engine.control.review import take
from engine.control.review_queue import flag_overdue
from engine.errors import Denied, FirelineError, InvalidInput
from engine.model.finding import VerdictKind
from engine.model.request import RequestState
from engine.model.review import ReviewKind, ReviewState
from tests.bench import Bench
from tests.engine.control.glass import DAY, DESK, MINUTE, NEEDLESS, broken, reviewed, under


async def test_one_person_acts_at_once_for_a_short_while_and_it_ends_by_itself(bench: Bench) -> None:
    request = await broken(bench)
    await bench.respond(request.incident_id)
    [lease] = bench.read(lambda tx: tx.leases.live())
    assert (bench.request(request.id).state, await bench.standing()) == (RequestState.HELD, ["network.block_ip"])
    assert lease.expires_at is not None
    assert lease.expires_at - bench.now == 5 * MINUTE
    await bench.later(5 * MINUTE)
    await bench.settle(request.incident_id)
    assert (bench.request(request.id).state, await bench.standing()) == (RequestState.ENDED, [])


async def test_everything_about_it_stands_in_the_ledger(bench: Bench) -> None:
    request = await broken(bench)
    await bench.respond(request.incident_id)
    [authorised], [used] = bench.entries("request.authorised"), bench.entries("break_glass.used")
    [cleared], [paged] = bench.entries("request.cleared"), bench.entries("page")
    assert authorised.body["break_glass"] == "tom"
    assert authorised.body["overrode"] == ["ask"]
    assert authorised.body["tier"] == 3
    assert (used.actor, used.body["reason"], used.body["review"]) == ("tom", "nobody answers", "RV-0001")
    assert cleared.body["break_glass"] is True
    assert "break-glass by tom: network.block_ip on 10.20.16.114" in str(paged.body["text"])


async def test_it_skips_the_two_approvers_of_tier_4(bench: Bench) -> None:
    bench.without_check("legitimate-flows")
    request = await broken(bench, action="host.isolate", target="files-02")
    await bench.respond(request.incident_id)
    assert bench.entries("request.authorised")[0].body["overrode"] == ["ask_two"]
    assert await bench.standing() == ["host.isolate"]


@pytest.mark.parametrize(
    ("by", "action", "target", "reason", "error", "said"),
    [
        (
            "anna",
            "network.block_ip",
            DESK,
            "why",
            Denied,
            "`anna` has no permission to break the glass: it takes group",
        ),
        ("admin", "network.block_ip", DESK, "why", Denied, "`admin` has no permission"),
        ("siem-bot", "network.block_ip", DESK, "why", Denied, "is a bot, and break-glass takes a person"),
        ("tom", "network.block_ip", DESK, " ", InvalidInput, "a reason is needed"),
        ("tom", "network.blok_ip", DESK, "why", InvalidInput, "no action `network.blok_ip`"),
        ("tom", "network.block_ip", "203.0.113.7", "why", Denied, "nobody has to approve this"),
        ("tom", "notify", "anybody", "why", Denied, "nobody has to approve this"),
    ],
)
async def test_what_is_refused_leaves_nothing_behind_and_counts_for_nothing(
    bench: Bench, by: str, action: str, target: str, reason: str, error: type[FirelineError], said: str
) -> None:
    with pytest.raises(error, match=said):
        await broken(bench, by, action, target, reason)
    left = bench.read(lambda tx: [*tx.incidents.all(), *tx.requests.all(), *tx.reviews.all(), *tx.break_glass.of(by)])
    assert left == []


async def test_where_the_policy_names_no_group_nobody_may(bench: Bench) -> None:
    under(bench, "  groups: [break-glass]\n", "")
    with pytest.raises(Denied, match="the policy names none"):
        await broken(bench)


async def test_twice_in_thirty_days_and_not_a_second_earlier(bench: Bench) -> None:
    first = bench.now
    await broken(bench)
    await reviewed(bench)
    await bench.later(DAY)
    await broken(bench, target="10.20.16.115")
    await reviewed(bench, "RV-0002")
    await bench.later(29 * DAY - timedelta(seconds=1))
    again = (first + 30 * DAY).isoformat(timespec="seconds")
    with pytest.raises(Denied, match=f"2 of 2 times in 30d, again from {again}".replace("+", r"\+")):
        await broken(bench, target="10.20.16.116")
    await bench.later(timedelta(seconds=1))
    assert (await broken(bench, target="10.20.16.116")).state is RequestState.AUTHORISED
    with pytest.raises(Denied, match="2 of 2 times"):
        await broken(bench, target="10.20.16.117")


async def test_the_turn_of_a_calendar_month_gives_nobody_more(bench: Bench) -> None:
    for number in range(2):
        await broken(bench, target=f"10.20.16.{115 + number}")
        await reviewed(bench, f"RV-000{number + 1}")
    for _ in range(3):
        await bench.later(9 * DAY)
        with pytest.raises(Denied, match="2 of 2 times"):
            await broken(bench)


async def test_each_person_is_counted_by_themselves(bench: Bench) -> None:
    await broken(bench)
    await broken(bench, target="10.20.16.115")
    people = bench.settings.home / "people.yaml"
    text = people.read_text()
    people.write_text(
        text.replace("[responders]\n    accounts: [akeller]", "[responders, break-glass]\n    accounts: [akeller]")
    )
    assert (await broken(bench, "anna", target="10.20.16.116")).requester == "anna"


async def test_of_many_at_the_last_use_exactly_one_gets_it(bench: Bench) -> None:
    await broken(bench)
    tries = [broken(bench, target=f"10.20.16.{number}") for number in range(120, 130)]
    came = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(type(one).__name__ for one in came) == ["Denied"] * 9 + ["Request"]
    assert len(bench.read(lambda tx: tx.break_glass.of("tom"))) == 2


@pytest.mark.parametrize(("asked", "lasts"), [(None, 5), (2, 2), (600, 5)])
async def test_it_lasts_as_long_as_asked_and_never_longer_than_the_policy_says(
    bench: Bench, asked: int | None, lasts: int
) -> None:
    request = await broken(bench, lease=None if asked is None else asked * MINUTE)
    await bench.respond(request.incident_id)
    [lease] = bench.read(lambda tx: tx.leases.live())
    assert lease.expires_at is not None
    assert lease.expires_at - bench.now == lasts * MINUTE


async def test_no_extension_reaches_beyond_what_break_glass_may_last(bench: Bench) -> None:
    under(bench, "lasts: 5m", "lasts: 1m")
    request = await broken(bench)
    await bench.respond(request.incident_id)
    [lease] = bench.read(lambda tx: tx.leases.live())
    with pytest.raises(Denied, match="at the longest"):
        await bench.write(
            lambda tx: extend_lease(tx, bench.person("tom"), lease.id, timedelta(seconds=1), "more", bench.now)
        )


@pytest.mark.parametrize(
    "terms", ["lasts: 61m", "lasts: 0s", "lasts: 5m\n  a_month: 3", "lasts: 5m\n  review_within: 25h"]
)
def test_no_policy_allows_more_than_the_bounds(bench: Bench, terms: str) -> None:
    with pytest.raises(InvalidInput, match="break_glass"):
        under(bench, "lasts: 5m", terms)


async def test_somebody_else_has_a_day_to_review_it(bench: Bench) -> None:
    request = await broken(bench)
    [review] = bench.read(lambda tx: tx.reviews.waiting())
    assert (review.kind, review.request_ids, review.state) == (ReviewKind.BREAK_GLASS, (request.id,), ReviewState.OPEN)
    assert review.deadline == bench.now + DAY
    assert [one.review.id for one in bench.read(unreviewed)] == ["RV-0001"]


async def test_whoever_broke_the_glass_does_not_review_it(bench: Bench) -> None:
    await broken(bench)
    with pytest.raises(Denied, match="`tom` broke the glass, so may not review it"):
        await reviewed(bench, by="tom")
    with pytest.raises(Denied, match="`tom` broke the glass"):
        await bench.write(lambda tx: take(tx, bench.person("tom"), "RV-0001", bench.now))


@pytest.mark.parametrize(("by", "said"), [("lena", "takes analyst"), ("siem-bot", "is a bot")])
async def test_only_analysts_review_it(bench: Bench, by: str, said: str) -> None:
    await broken(bench)
    with pytest.raises(Denied, match=said):
        await reviewed(bench, by=by)


async def test_a_review_is_a_verdict_and_a_false_positive_takes_the_effect_back(bench: Bench) -> None:
    request = await broken(bench)
    await bench.respond(request.incident_id)
    await reviewed(bench, verdict=VerdictKind.FALSE_POSITIVE)
    await bench.settle(request.incident_id)
    assert (bench.request(request.id).state, await bench.standing()) == (RequestState.WITHDRAWN, [])


async def test_the_permission_sleeps_from_the_deadline_until_somebody_else_has_answered(bench: Bench) -> None:
    await broken(bench)
    await bench.later(DAY - timedelta(seconds=1))
    assert (await broken(bench, target="10.20.16.115")).state is RequestState.AUTHORISED
    await reviewed(bench, "RV-0002")
    await bench.later(timedelta(seconds=1))
    with pytest.raises(
        Denied, match="the permission of `tom` sleeps until somebody else has reviewed its last use: RV-0001"
    ):
        await broken(bench, target="10.20.16.116")
    assert [review.id for review in await bench.write(lambda tx: flag_overdue(tx, bench.now))] == ["RV-0001"]
    await bench.later(30 * DAY)
    with pytest.raises(Denied, match="sleeps until somebody else has reviewed"):
        await broken(bench, target="10.20.16.116")
    await reviewed(bench, "RV-0001")
    assert (await broken(bench, target="10.20.16.116")).state is RequestState.AUTHORISED


async def test_one_use_that_could_have_waited_counts_for_all_of_them(bench: Bench) -> None:
    await broken(bench)
    await reviewed(bench, answers=NEEDLESS)
    await bench.later(30 * DAY - timedelta(seconds=1))
    with pytest.raises(Denied, match="AR-0001 could have waited"):
        await broken(bench, target="10.20.16.115")
    await bench.later(timedelta(seconds=1))
    assert (await broken(bench, target="10.20.16.115")).state is RequestState.AUTHORISED

"""The engine says itself when it is not well, and when nobody could answer it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from console.outgoing.alarms import Alarms
from console.outgoing.channels import Channel
from engine.errors import StoreUnavailable
from engine.model.page import Page
from engine.model.step_up import StepUp
from tests.bench import Bench
from tests.console.outgoing.receiver import receiving
from tests.console.outgoing.test_delivery import pager
from tests.console.outgoing.test_lines import Broken

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


class Temporal:
    """Answers, or does not."""

    def __init__(self) -> None:
        self.well = True

    async def __call__(self) -> bool:
        return self.well


@pytest.fixture
def temporal() -> Temporal:
    return Temporal()


def alarms(bench: Bench, temporal: Temporal, *channels: Channel) -> Alarms:
    settings = bench.settings.model_copy(update={"page_simulated": True})
    return Alarms(bench.store, bench.desks, channels, settings, temporal, site="here")


def texts(bench: Bench, kind: str = "sick-engine") -> list[str]:
    return [one.text for one in standing(bench) if one.kind == kind]


def standing(bench: Bench) -> list[Page]:
    return [*bench.read(lambda tx: tx.pages.standing())]


async def test_temporal_away_for_two_looks_pages_once_and_is_over_when_it_is_back(
    bench: Bench, temporal: Temporal
) -> None:
    watch, seen = alarms(bench, temporal), []
    for temporal.well in (True, False, False, False, True):
        await watch.look(bench.now)
        seen.append(texts(bench))
    away = ["Temporal does not answer"]
    assert seen == [[], [], away, away, []]
    assert [entry.body["text"] for entry in bench.entries("page") if entry.subject == "engine"] == away


async def test_a_connector_that_fails_or_falls_silent_pages_until_it_is_well(bench: Bench, temporal: Temporal) -> None:
    watch = alarms(bench, temporal)
    [health] = bench.read(lambda tx: tx.connectors.all())
    sick = health.model_copy(update={"healthy": False, "error": "no route"})
    await bench.write(lambda tx: tx.connectors.put(sick))
    await watch.look(bench.now)
    assert texts(bench) == [f"connector {health.instance} fails: no route"]
    await bench.later(MINUTE)
    await watch.look(bench.now)
    assert texts(bench) == []
    bench.now += 6 * MINUTE
    await watch.look(bench.now)
    assert [text.partition(" since")[0] for text in texts(bench)] == [f"connector {health.instance} says nothing"]


async def test_a_rota_that_nobody_is_on_pages_within_the_hour_until_somebody_is(
    bench: Bench, temporal: Temporal
) -> None:
    watch, file = alarms(bench, temporal), bench.settings.people_file
    whole = file.read_text()
    await watch.look(bench.now)
    before = texts(bench, "unanswerable-quorum")
    head, _, _ = whole.partition("\nrota:")
    file.write_text(f"{head}\nrota:\n  - {{principal: tom, group: responders}}\n")
    await watch.look(bench.now + HOUR)
    alone = texts(bench, "unanswerable-quorum")
    file.write_text(whole)
    await watch.look(bench.now + HOUR + MINUTE)
    still = texts(bench, "unanswerable-quorum")
    await watch.look(bench.now + 2 * HOUR)
    assert still == alone
    assert {*before} < {*alone}
    assert texts(bench, "unanswerable-quorum") == before
    assert all("nobody can answer from" in text for text in alone)


async def test_where_no_page_can_be_written_the_channels_are_asked_at_once(
    bench: Bench, temporal: Temporal, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(work: object) -> None:
        raise StoreUnavailable("cannot write the database: disk full")

    monkeypatch.setattr(bench.store, "write", full)
    with receiving() as receiver:
        watch = alarms(bench, temporal, Broken("broken", OverflowError("a mistake of ours")), pager(receiver))
        for _ in range(3):
            await watch.look(bench.now)
    [told] = receiver.told
    assert "the database is away" in str(told["payload"])


async def test_tier_4_without_anybody_who_has_codes_pages_where_everybody_needs_them(
    bench: Bench, temporal: Temporal
) -> None:
    await alarms(bench, temporal).look(bench.now)
    before = texts(bench, "unanswerable-quorum")
    bench.parts = replace(bench.parts, desk=replace(bench.desk, step_up=StepUp.REQUIRED))
    await alarms(bench, temporal).look(bench.now)
    more = {*texts(bench, "unanswerable-quorum")} - {*before}
    assert any(text.startswith("tier 4: nobody can answer from") for text in more)
    assert not any(text.startswith("tier 3") for text in more)

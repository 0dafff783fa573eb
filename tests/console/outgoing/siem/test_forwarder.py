"""Every finding and every remediation reaches each receiver at least once, in order, whatever it answers."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from console.outgoing.siem.collector import Collector
from console.outgoing.siem.company import receiver as made_of
from console.outgoing.siem.file import EventFile
from console.outgoing.siem.forwarder import Forwarder
from console.outgoing.siem.port import Receiver
from detectors.generators import alerts
from engine.control.doors import extend_lease
from engine.control.forwarding import behind
from engine.control.freezing import freeze
from engine.control.moves import note
from engine.control.verdicts import release_by_hand
from engine.model.base import Json
from engine.model.siem import CollectorSettings, EventFileSettings
from tests.bench import Bench, findings
from tests.console.outgoing.receiver import Answer, receiving
from tests.console.outgoing.receiver import Receiver as Http
from tests.engine.store.samples import finding
from tests.ocsf_schema import problems
from tests.ports import free_port

TOKEN = "collector-token-value"
SECOND = timedelta(seconds=1)
Made = Callable[..., Forwarder]


@pytest.fixture
async def begun(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Made]:
    """Forwarders to these receivers, which get what happens from now on."""
    monkeypatch.setenv("HEC_TOKEN", TOKEN)
    newest = bench.read(lambda tx: tx.read_until.newest())
    for name in ("soc", "book"):
        await bench.write(lambda tx, name=name: tx.read_until.put(f"siem/{name}", newest))  # type: ignore[misc]

    def make(receiver: Receiver, simulated: bool = True) -> Forwarder:
        return Forwarder(bench.store, bench.desks, receiver, lambda: bench.now, site="ab12", simulated=simulated)

    yield make


def collector(http: Http, at_once: int = 100, within_s: float = 5) -> Collector:
    url = http.url.partition("/in/")[0]
    made = Collector(CollectorSettings(kind="hec", name="soc", url=url, token="env:HEC_TOKEN", index="sec"), within_s)
    made.at_once = at_once
    return made


def told(http: Http) -> list[Json]:
    return [json.loads(line)["event"] for body in http.bodies for line in body.splitlines()]


def ids(events: Sequence[Json]) -> list[int]:
    return [int(str(one["metadata"]["uid"]).removeprefix("ab12-")) for one in events]  # type: ignore[index, call-overload]


def codes(events: Sequence[Json]) -> list[str]:
    return [str(one["metadata"]["event_code"]) for one in events]  # type: ignore[index, call-overload]


def left(bench: Bench) -> int | None:
    return bench.read(lambda tx: behind(tx.read_until, "soc"))


async def happened(bench: Bench) -> None:
    """A person asks, it is done, prolonged and released; and a freeze."""
    request = await bench.ask()
    await bench.respond(request.incident_id)
    [lease] = bench.read(lambda tx: tx.leases.live())
    await bench.write(lambda tx: extend_lease(tx, bench.person("tom"), lease.id, SECOND, "more", bench.now))
    await bench.write(lambda tx: release_by_hand(tx, bench.desk, bench.person("tom"), lease.id, "over", bench.now))
    await bench.carry(lease.key)
    await bench.write(lambda tx: freeze(tx, bench.desk, bench.person("tom"), "global", "look", None, bench.now))


async def many(bench: Bench, count: int) -> None:
    """So many entries that leave."""

    def write(tx: object) -> None:
        for number in range(count):
            note(tx, "freeze", "freeze.ended", bench.now, {"scope": f"target:{number}"})  # type: ignore[arg-type]

    await bench.write(write)


async def test_an_effect_s_whole_way_leaves_by_the_schema_and_in_order(bench: Bench, begun: Made) -> None:
    await happened(bench)
    with receiving(Answer(200)) as http:
        await begun(collector(http)).forward()
    events = told(http)
    assert [found for one in events for found in problems(one)] == []
    assert codes(events) == [
        "request.requested", "request.authorised", "lease.applying", "lease.active", "lease.extended",
        "lease.releasing", "lease.released", "request.vetoed", "freeze.set",
    ]  # fmt: skip
    assert ids(events) == sorted(ids(events))
    effect = next(one for one in events if one["status_code"] == "lease.active")
    assert (effect["unmapped"]["target"], effect["status"]) == ("203.0.113.7", "Success")  # type: ignore[index, call-overload]
    assert effect["unmapped"]["requests"] == ["AR-0001"]  # type: ignore[index, call-overload]
    assert left(bench) == 0


async def test_a_finding_leaves_without_what_the_ledger_does_not_say(bench: Bench, begun: Made) -> None:
    await bench.feed(finding("F-1", time=bench.now, title="tunnel by mallory"))
    with receiving(Answer(200)) as http:
        await begun(collector(http)).forward()
    [found] = [one for one in told(http) if one["class_uid"] == 2004]
    assert problems(found) == []
    assert "observables" not in found and "evidences" not in found


async def test_people_who_are_asked_and_approve_are_told(bench: Bench, begun: Made, tmp_path: Path) -> None:
    incident = await bench.feed(*findings(alerts.exfiltration(bench.now), tmp_path))
    isolation = bench.requests(incident, "host.isolate")[-1]
    for name in ("anna", "samir"):
        await bench.vote(isolation.id, name)
    await bench.respond(incident)
    with receiving(Answer(200)) as http:
        await begun(collector(http)).forward()
    stages = [one["unmapped"]["stage"] for one in told(http) if one.get("command_uid") == isolation.id]  # type: ignore[index, call-overload]
    assert stages == ["requested", "asked", "approved"]


async def test_the_token_the_index_and_the_time_are_as_the_collector_wants_them(bench: Bench, begun: Made) -> None:
    await many(bench, 1)
    with receiving(Answer(200)) as http:
        await begun(collector(http)).forward()
    [body], [headers] = http.bodies, http.headers
    framed = json.loads(body)
    assert headers["Authorization"] == f"Splunk {TOKEN}"
    assert (framed["index"], framed["sourcetype"], framed["source"]) == ("sec", "fireline:ocsf", "fireline")
    assert framed["time"] == framed["event"]["time"] / 1000


async def test_one_that_is_away_gets_everything_in_order_once_it_is_back(bench: Bench, begun: Made) -> None:
    port = free_port()
    with receiving(port=port) as http:
        forwarder = begun(collector(http))
    await many(bench, 3)
    await forwarder.forward()
    await many(bench, 2)
    assert left(bench) == 5
    with receiving(Answer(200), port=port) as back:
        await forwarder.forward()
        assert back.bodies == []
        bench.now += SECOND
        await forwarder.forward()
    assert (len(told(back)), left(bench)) == (5, 0)
    assert ids(told(back)) == sorted(ids(told(back)))


async def test_who_asks_for_time_is_not_asked_before(bench: Bench, begun: Made) -> None:
    await many(bench, 1)
    with receiving(Answer(429, {"Retry-After": "90"}), Answer(200)) as http:
        forwarder, tries = begun(collector(http)), []
        for after in (0, 89, 1):
            bench.now += after * SECOND
            await forwarder.forward()
            tries.append(len(http.bodies))
    assert (tries, left(bench)) == ([1, 1, 2], 0)


async def test_a_slow_one_is_given_up_in_time_and_asked_again(bench: Bench, begun: Made) -> None:
    await many(bench, 1)
    with receiving(Answer(200, slow=True), Answer(200)) as http:
        forwarder = begun(collector(http, within_s=0.2))
        await forwarder.forward()
        assert left(bench) == 1
        bench.now += SECOND
        await forwarder.forward()
        assert (len(http.bodies), left(bench)) == (2, 0)


async def test_what_is_refused_is_set_aside_by_its_id_and_keeps_nothing_back(bench: Bench, begun: Made) -> None:
    await many(bench, 4)
    no, yes = Answer(400), Answer(200)
    # All four, the first two, the first, the second, the last two.
    with receiving(no, no, yes, no, yes) as http:
        await begun(collector(http)).forward()
    sent = ids(told(http))
    [refused] = bench.entries("siem.refused")
    assert refused.body["events"] == [f"ab12-{sent[1]}"]
    assert (refused.body["receiver"], refused.body["because"]) == ("soc", "127.0.0.1 answered 400")
    assert left(bench) == 1  # the entry that says so, which itself leaves for nowhere


@pytest.mark.parametrize("status", [302, 401, 403, 404, 500, 503])
async def test_a_way_there_that_is_wrong_loses_nothing(bench: Bench, begun: Made, status: int) -> None:
    await many(bench, 2)
    with receiving(Answer(status), Answer(200)) as http:
        forwarder = begun(collector(http))
        await forwarder.forward()
        bench.now += SECOND
        await forwarder.forward()
    first, second = http.bodies
    assert (first, bench.entries("siem.refused"), left(bench)) == (second, [], 0)


async def test_killed_between_sending_and_marking_it_goes_out_again_under_the_same_ids(
    bench: Bench, begun: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    await many(bench, 2)
    with receiving(Answer(200), Answer(200)) as http:
        with monkeypatch.context() as killed:

            async def dies(*_: object) -> None:
                raise SystemExit

            killed.setattr(bench.store, "write", dies)
            with pytest.raises(SystemExit):
                await begun(collector(http)).forward()
        await begun(collector(http)).forward()
    first, second = http.bodies
    assert (first, left(bench)) == (second, 0)


async def test_batches_that_were_taken_are_not_sent_again(bench: Bench, begun: Made) -> None:
    await many(bench, 5)
    with receiving(Answer(200), Answer(503), Answer(200), Answer(200)) as http:
        forwarder = begun(collector(http, at_once=2))
        await forwarder.forward()
        bench.now += SECOND
        await forwarder.forward()
    sizes = [len(body.splitlines()) for body in http.bodies]
    assert (sizes, len(set(ids(told(http)))), left(bench)) == ([2, 2, 2, 1], 5, 0)


async def test_what_is_simulated_stays_here_unless_the_site_wants_it(bench: Bench, begun: Made) -> None:
    await happened(bench)
    with receiving() as http:
        await begun(collector(http), simulated=False).forward()
    assert (http.bodies, left(bench)) == ([], 0)


async def test_a_receiver_that_is_new_gets_nothing_of_the_past(bench: Bench, begun: Made, tmp_path: Path) -> None:
    await many(bench, 3)
    file = tmp_path / "late.jsonl"
    forwarder = begun(EventFile(EventFileSettings(kind="file", name="late", path=str(file))))
    await forwarder.forward()
    await many(bench, 1)
    await forwarder.forward()
    assert len(file.read_text().splitlines()) == 1


async def test_a_receiver_that_is_down_keeps_no_other_waiting(bench: Bench, begun: Made, tmp_path: Path) -> None:
    with receiving() as http:
        down = collector(http)
    await many(bench, 2)
    book = made_of(EventFileSettings(kind="file", name="book", path=str(tmp_path / "events.jsonl")))
    for one in (down, book):
        await begun(one).forward()
    assert (len((tmp_path / "events.jsonl").read_text().splitlines()), left(bench)) == (2, 2)


async def test_the_token_is_in_no_entry_and_no_log(bench: Bench, begun: Made, caplog: pytest.LogCaptureFixture) -> None:
    await many(bench, 1)
    with receiving(Answer(500), Answer(400)) as http:
        forwarder = begun(collector(http))
        await forwarder.forward()
        bench.now += SECOND
        await forwarder.forward()
    written = [entry.model_dump_json() for entry in bench.entries("siem.refused")]
    assert len(written) == 1
    assert [text for text in (*written, caplog.text) if TOKEN in text] == []

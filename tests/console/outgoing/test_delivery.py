"""Messages reach their channels at least once, whatever those answer and whenever the engine dies."""

import hashlib
import hmac
import json
import logging
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from console.outgoing.channels import Channel
from console.outgoing.delivery import Postman
from console.outgoing.lines import File, syslog_line
from console.outgoing.pagerduty import PagerDuty
from console.outgoing.web import post
from console.outgoing.webhook import Webhook
from engine.control.acknowledging import acknowledge
from engine.control.paging import Cause, page, repeat
from engine.errors import TargetUnavailable
from engine.model.channel import FileSettings, PagerDutySettings, WebhookSettings
from engine.model.page import Message, Page, PageKind
from engine.outgoing import Notice
from tests.bench import Bench
from tests.console.outgoing.conftest import KEY, SECRET
from tests.console.outgoing.receiver import Answer, Receiver, receiving
from tests.ports import free_port

SECOND = timedelta(seconds=1)
TEXT = "release of network.block_ip on 203.0.113.7 is stuck: no route"
STUCK = Cause(PageKind.STUCK_RELEASE, "L-0001", "lease/L-0001", TEXT)
LATE = Cause(PageKind.EXPIRED, "AR-0001", "request/AR-0001", "AR-0001 expired unanswered")
Made = Callable[..., Postman]


async def paged(bench: Bench, cause: Cause = STUCK) -> Page:
    return await bench.write(lambda tx: page(tx, cause, bench.now))


def pager(receiver: Receiver, name: str = "duty", from_round: int = 0) -> PagerDuty:
    return PagerDuty(
        PagerDutySettings(
            kind="pagerduty", name=name, routing_key="env:PAGER_KEY", url=receiver.url, from_round=from_round
        )
    )


def hook(receiver: Receiver) -> Webhook:
    return Webhook(WebhookSettings(kind="webhook", name="hook", url=receiver.url, secret="env:HOOK_SECRET"))


def waiting(bench: Bench) -> list[Message]:
    return [*bench.read(lambda tx: tx.messages.waiting(100))]


def because(bench: Bench, kind: str) -> list[object]:
    return [entry.body["because"] for entry in bench.entries(kind)]


async def test_a_secret_that_is_away_holds_a_message_up_and_loses_none(
    bench: Bench, postman: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAULT_ADDR", "http://127.0.0.1:1")
    monkeypatch.setenv("VAULT_TOKEN", "t")
    away = PagerDutySettings(
        kind="pagerduty", name="duty", routing_key="vault:secret/pager#key", url="http://127.0.0.1:1"
    )
    await paged(bench)
    await postman(PagerDuty(away)).deliver(PagerDuty(away))
    [held] = waiting(bench)
    said = "the vault does not answer for `vault:secret/pager#key`: ConnectionRefusedError"
    assert (held.sent, held.tried["duty"].because) == ((), said)


async def test_a_pager_is_triggered_acknowledged_and_resolved_under_one_key(bench: Bench, postman: Made) -> None:
    with receiving() as receiver:
        out = pager(receiver)
        first = await paged(bench)
        await bench.write(lambda tx: acknowledge(tx, bench.person("anna"), first.id, bench.now))
        await paged(bench, LATE)
        await postman(out).deliver(out)
    told = receiver.told
    assert [one["event_action"] for one in told] == ["trigger", "acknowledge", "trigger"]
    assert {one["routing_key"] for one in told} == {KEY}
    assert (told[0]["dedup_key"] == told[1]["dedup_key"], told[0]["dedup_key"] == told[2]["dedup_key"]) == (True, False)
    payload = told[0]["payload"]
    assert isinstance(payload, dict)
    assert (payload["summary"], payload["severity"]) == (f"SIMULATED SITE · {TEXT}", "critical")
    assert [*told[1]] == ["dedup_key", "event_action", "routing_key"]
    assert (waiting(bench), len(bench.entries("message.sent"))) == ([], 3)


async def test_a_hook_can_check_who_sent_it_when_and_every_byte(bench: Bench, postman: Made) -> None:
    with receiving() as receiver:
        out = hook(receiver)
        await paged(bench)
        await postman(out).deliver(out)
    [body], [headers] = receiver.bodies, receiver.headers
    stamp = headers["Fireline-Timestamp"]
    expected = hmac.new(SECRET.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    assert headers["Fireline-Signature"] == f"v1={expected}"
    assert (int(stamp), headers["Idempotency-Key"]) == (int(bench.now.timestamp()), "MS-0001")


async def test_who_asks_for_time_is_not_asked_before(bench: Bench, postman: Made) -> None:
    with receiving(Answer(429, {"Retry-After": "90"})) as receiver:
        out = pager(receiver)
        carrier = postman(out)
        await paged(bench)
        for after in (0, 89, 1):
            bench.now += after * SECOND
            await carrier.deliver(out)
    assert (len(receiver.bodies), waiting(bench)) == (2, [])


async def test_a_receiver_in_trouble_is_tried_again_after_growing_pauses(bench: Bench, postman: Made) -> None:
    tries = []
    with receiving(Answer(500), Answer(503), Answer(502)) as receiver:
        out = pager(receiver)
        carrier = postman(out)
        await paged(bench)
        for _ in range(8):
            await carrier.deliver(out)
            tries.append(len(receiver.bodies))
            bench.now += SECOND
    assert (tries, waiting(bench)) == ([1, 2, 2, 3, 3, 3, 3, 4], [])
    assert because(bench, "message.delayed") == ["127.0.0.1 answered 500"]


async def test_one_that_was_down_gets_everything_in_order_once_it_is_up(bench: Bench, postman: Made) -> None:
    port = free_port()
    with receiving(port=port) as receiver:
        out = pager(receiver)
    carrier = postman(out)
    first = await paged(bench)
    await carrier.deliver(out)
    await bench.write(lambda tx: acknowledge(tx, bench.person("anna"), first.id, bench.now))
    await carrier.deliver(out)
    with receiving(port=port) as back:
        bench.now += SECOND
        await carrier.deliver(out)
    assert [one["event_action"] for one in back.told] == ["trigger", "acknowledge"]
    assert because(bench, "message.delayed") == ["127.0.0.1 does not answer: ConnectError"]


async def test_a_slow_receiver_is_given_up_in_time() -> None:
    gives_up = pytest.raises(TargetUnavailable, match="127.0.0.1 does not answer")
    with receiving(Answer(slow=True)) as receiver, gives_up:
        await post(receiver.url, b"{}", {}, within_s=0.2)


@pytest.mark.parametrize("status", [302, 400, 401, 404, 413])
async def test_what_is_refused_for_good_is_recorded_and_keeps_nothing_back(
    bench: Bench, postman: Made, status: int
) -> None:
    with receiving(Answer(status, {"Location": "http://127.0.0.1:9/"})) as receiver:
        out = pager(receiver)
        await paged(bench)
        await paged(bench, LATE)
        await postman(out).deliver(out)
    assert because(bench, "message.refused") == [f"127.0.0.1 answered {status}"]
    assert (len(receiver.bodies), waiting(bench)) == (2, [])


class Dies:
    """Takes the message, and then the engine is gone before it can say so."""

    def __init__(self, within: Channel) -> None:
        self.settings, self._within = within.settings, within

    async def send(self, notice: Notice, now: object) -> None:
        await self._within.send(notice, notice.made_at)
        raise SystemExit


async def test_killed_between_sending_and_recording_it_goes_out_again_under_the_same_key(
    bench: Bench, postman: Made
) -> None:
    with receiving() as receiver:
        out = pager(receiver)
        await paged(bench)
        dying = Dies(out)
        with pytest.raises(SystemExit):
            await postman(dying).deliver(dying)
        await postman(out).deliver(out)
    first, second = receiver.told
    assert (first, waiting(bench)) == (second, [])


async def test_killed_between_the_page_and_its_delivery_nothing_is_lost(bench: Bench, postman: Made) -> None:
    await paged(bench)
    with receiving() as receiver:
        out = pager(receiver)
        await postman(out).deliver(out)
    assert len(receiver.bodies) == 1


async def test_a_channel_that_is_down_keeps_no_other_waiting(bench: Bench, postman: Made, tmp_path: Path) -> None:
    with receiving() as receiver:
        down = pager(receiver)
    file = File(FileSettings(kind="file", name="file", path=str(tmp_path / "pages.jsonl")))
    carrier = postman(down, file)
    await paged(bench)
    await carrier.deliver(down)
    await carrier.deliver(file)
    [line] = (tmp_path / "pages.jsonl").read_text().splitlines()
    assert (json.loads(line)["event"], [one.sent for one in waiting(bench)]) == ("trigger", [("file",)])
    assert stat.S_IMODE((tmp_path / "pages.jsonl").stat().st_mode) == 0o600


async def test_a_later_channel_joins_in_when_nobody_answers_but_at_once_where_a_release_is_stuck(
    bench: Bench, postman: Made
) -> None:
    with receiving() as receiver:
        boss = pager(receiver, "boss", from_round=1)
        carrier = postman(boss)
        await paged(bench, LATE)
        await paged(bench, STUCK)
        await carrier.deliver(boss)
        bench.now += timedelta(minutes=5)
        await bench.write(lambda tx: repeat(tx, bench.now))
        await carrier.deliver(boss)
    texts = [str(one["payload"]["summary"]).partition(" · ")[2] for one in receiver.told]  # type: ignore[index, call-overload]
    assert texts == [TEXT, LATE.text, TEXT]


async def test_what_is_simulated_stays_here_unless_the_site_wants_it(bench: Bench, postman: Made) -> None:
    with receiving() as receiver:
        out = pager(receiver)
        await paged(bench)
        await postman(out, simulated=False).deliver(out)
    assert (receiver.bodies, waiting(bench), because(bench, "message.kept_quiet")) == ([], [], ["simulated"])
    assert len(bench.read(lambda tx: tx.pages.standing())) == 1


async def test_what_nobody_hears_is_not_kept_for_ever(bench: Bench, postman: Made) -> None:
    await paged(bench)
    await postman().forget_unheard()
    assert waiting(bench) == []


async def test_no_secret_reaches_the_ledger_the_messages_or_the_log(
    bench: Bench, postman: Made, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    with receiving(Answer(500), Answer(401)) as receiver:
        out = hook(receiver)
        carrier = postman(out)
        await paged(bench)
        await carrier.deliver(out)
        written = [one.model_dump_json() for one in waiting(bench)]
        bench.now += SECOND
        await carrier.deliver(out)
    written += [
        entry.model_dump_json() for entry in bench.entries("message.delayed") + bench.entries("message.refused")
    ]
    written.append(caplog.text)
    assert [word for word in (SECRET, "secret-path") for text in written if word in text] == []
    assert "127.0.0.1 answered 401" in caplog.text


def test_a_line_of_syslog_says_how_urgent_it_is_and_is_one_line(bench: Bench) -> None:
    notice = Notice(
        id="MS-1", event="trigger", key="k", audience="pager", people=(), subject="s", title="stuck", lines=("a", "b"),
        round=0, simulated=False, made_at=bench.now,
    )  # fmt: skip
    assert syslog_line(notice, bench.now).startswith(f"<106>1 {bench.now.isoformat()} - fireline - MS-1 - trigger: ")
    assert syslog_line(notice, bench.now).endswith("stuck | a | b")

"""From a request to its release through a running engine and its real doors, which is killed in between."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from console.clock import now
from engine.control.enrolment import PROVING, note_enrolments
from engine.model.base import Json
from tests.bench import on_bench
from tests.console.chat.conftest import SECRET, USERS, approval, enrol, settings, signed
from tests.console.chat.slack.emulator import TOKEN, Workspace, buttons
from tests.patience import PATIENCE_S
from tests.processes import Up, fireline, until

UP = ("up", "--policy", "demo", "--site", "demo")


def known_for_a_day(home: Path) -> None:
    """A home whose people were written into the room a day ago."""
    with on_bench(home, now()) as bench:
        enrol(home, USERS)
        asyncio.run(bench.write(lambda tx: note_enrolments(tx, bench.desk.people, bench.now - PROVING)))


def started(home: Path, slack: Workspace) -> Up:
    rooms = json.dumps([settings(slack).model_dump(mode="json")])
    return Up(home, *UP, FIRELINE_ROOMS=rooms, FIRELINE_PAGE_SIMULATED="true", SLACK_SECRET=SECRET, SLACK_TOKEN=TOKEN)


def press(engine: Up, card: Json) -> bool | None:
    """Approve, until the card has stood still for a second; whether it counted."""
    body = approval(USERS["anna"], card)
    answer = httpx.post(
        f"{engine.first_line}/chat/slack/interactions",
        content=body,
        headers=signed(body, now()),
        trust_env=False,
        timeout=PATIENCE_S,
    )
    assert answer.status_code in (200, 401)
    return bool(engine.ask("approvals", "list", "--all")["approvals"][0]["votes"]) or None  # type: ignore[index, call-overload]


def test_a_touch_in_slack_has_it_done_whatever_was_killed_before(tmp_path: Path, slack: Workspace) -> None:
    home = tmp_path / "home"
    known_for_a_day(home)
    engine = started(home, slack)
    engine.ask("actions", "request", "network.block_ip", "--target", "10.20.16.114", "--reason", "scans")
    card = until(lambda: next(iter(slack.cards), None), "the card is there")
    engine.kill()
    engine = started(home, slack)
    until(lambda: press(engine, card), "the approval counts")
    until(lambda: "EXECUTED AND VERIFIED: L-0001 is in force" in slack.thread(card["ts"]) or None, "it is done")
    until(lambda: buttons(card) == {} or None, "the card is locked")
    assert len(slack.cards) == 1
    assert len({*slack.thread(card["ts"])}) == len(slack.thread(card["ts"]))
    assert engine.interrupt() == 0


def test_the_doctor_tries_the_room_there_and_back(tmp_path: Path, slack: Workspace) -> None:
    home = tmp_path / "home"
    known_for_a_day(home)
    engine = started(home, slack)
    rooms = json.dumps([settings(slack).model_dump(mode="json")])

    def answer() -> None:
        card = until(lambda: next(iter(slack.cards), None), "the test card is there")
        body = approval(USERS["anna"], card)
        url = f"{engine.first_line}/chat/slack/interactions"
        # Until the engine knows that the card stands there, it is not heard.
        until(
            lambda: (
                httpx.post(url, content=body, headers=signed(body, now()), trust_env=False, timeout=PATIENCE_S)
                and not buttons(card)
            ),
            "the card is over",
        )

    with ThreadPoolExecutor(1) as beside:
        answered = beside.submit(answer)
        done = fireline(home, "doctor", "chat", "--wait", "60", FIRELINE_ROOMS=rooms)
        answered.result()
    assert (done.returncode, done.stdout.startswith("pass  chat: soc: anna answered")) == (0, True), done
    again = fireline(home, "doctor", "chat", "--wait", "0", FIRELINE_ROOMS=rooms)
    assert (again.returncode, again.stdout[:4]) == (3, "away"), "a room is tried once in ten seconds"
    assert fireline(home, "doctor", "chat", "--room", "ops", FIRELINE_ROOMS=rooms).returncode == 2
    assert engine.interrupt() == 0

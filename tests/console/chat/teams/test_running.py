"""From a request to its effect through a running engine with a channel of Teams, which is killed in between."""

import asyncio
import json
from pathlib import Path

import httpx

from console.clock import now
from engine.control.enrolment import PROVING, note_enrolments
from engine.model.base import Json
from tests.bench import on_bench
from tests.console.chat.conftest import USERS, enrol
from tests.console.chat.teams.conftest import PEOPLE, enrol_here, settings, tapped, token
from tests.console.chat.teams.emulator import SECRET, Teams, buttons
from tests.console.chat.test_running import UP
from tests.patience import PATIENCE_S
from tests.processes import Up, until


def known_for_a_day(home: Path) -> None:
    """A home whose people were written into the channel a day ago."""
    with on_bench(home, now()) as bench:
        enrol(home, USERS)
        enrol_here(home, PEOPLE)
        asyncio.run(bench.write(lambda tx: note_enrolments(tx, bench.desk.people, bench.now - PROVING)))


def started(home: Path, teams: Teams) -> Up:
    rooms = json.dumps([settings(teams).model_dump(mode="json")])
    return Up(home, *UP, FIRELINE_ROOMS=rooms, FIRELINE_PAGE_SIMULATED="true", TEAMS_SECRET=SECRET)


def press(engine: Up, card: Json, event: str) -> bool | None:
    """Approve, until the card has stood still for a second; whether it counted."""
    bearer = {"Authorization": f"Bearer {token(now())}"}
    sent = tapped(PEOPLE["anna"], card, event)
    answer = httpx.post(
        f"{engine.first_line}/chat/teams/messages", json=sent, headers=bearer, trust_env=False, timeout=PATIENCE_S
    )
    assert answer.status_code == 200
    return answer.json()["value"].startswith("counted") or None


def test_a_touch_in_teams_has_it_done_whatever_was_killed_before(tmp_path: Path, teams: Teams) -> None:
    home = tmp_path / "home"
    known_for_a_day(home)
    engine = started(home, teams)
    engine.ask("actions", "request", "network.block_ip", "--target", "10.20.16.114", "--reason", "scans")
    until(lambda: teams.cards or None, "the card is there")
    engine.kill()
    engine = started(home, teams)
    events = iter(range(1000))
    until(lambda: press(engine, teams.cards[-1], f"f:{next(events)}"), "the approval counts")
    ref = teams.cards[-1]["id"]
    until(lambda: "EXECUTED AND VERIFIED: L-0001 is in force" in teams.thread(ref) or None, "it is done")
    until(lambda: buttons(teams.cards[-1]) == {} or None, "the card is locked")
    # What was being said when it was killed may stand there twice: Teams cannot be asked whether it arrived.
    since = [line for line in teams.thread(ref) if not line.startswith("asked")]
    assert len({*since}) == len(since)
    assert engine.interrupt() == 0

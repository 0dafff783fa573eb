"""`fireline demo`: a story in under a minute on the simulated site, every claim checked there."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.cli.leaving import Exit
from console.cli.options import Json
from console.cli.output import Output, note
from engine.digest import short
from engine.model.base import Json as JsonObject

if TYPE_CHECKING:
    from console.cli.demo.scenes import Scenes
    from console.cli.demo.stage import Stage
    from engine.ledger.report import Report
    from engine.settings import Settings


class Scenario(StrEnum):
    """Which story."""

    INCIDENTS = "incidents"
    BACKUP = "backup"
    STORM = "storm"


Which = Annotated[
    Scenario, typer.Option("--scenario", help="Four incidents and a crash, a host with the backup, or a storm.")
]
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def demo(scenario: Which = Scenario.INCIDENTS, json: Json = False) -> None:
    """Play four incidents on a simulated site, with a crash in the middle; or another scenario.

    `backup`: data leaves from a host that also sends the nightly backup, which goes on all the while.
    `storm`: a mistrained model reports thousands of hosts, and touches no more than its budget.

    Needs no root and asks nothing. Plays under FIRELINE_HOME where that is set, and leaves it for you to look at; the
    next demo clears it, and no demo touches a home that it did not make. Else in a folder that is gone afterwards.
    Exit code 0 only if everything it claims was checked at the site.
    """
    from console.cli.demo.home import own_home

    given = os.environ.get("FIRELINE_HOME")
    with _interruptible(), own_home(given) as home:
        story, answer = _told(home, json, scenario)
        Output(json).show(answer, _summary(story, answer))
        if given:
            note(f"the demo's home stays: {home}")
    if not all(story.claims.values()):
        raise typer.Exit(Exit.REFUSED)


def _told(home: Path, json: bool, scenario: Scenario) -> "tuple[Scenes, JsonObject]":
    from console import first_run
    from engine.settings import load

    began = time.monotonic()
    settings = load({"home": home, "policy": "demo", "site": "demo"})
    settings.make_directories()
    if scenario is Scenario.STORM:
        settings = load({"home": home, "policy": str(_storm_policy(settings)), "site": "demo"})
    first_run.init(settings.home, "demo")
    story, answer = _play(settings, json, scenario)
    report = _verified(settings)
    story.claim("the ledger verifies offline", report.verified)
    ledger: JsonObject = {"entries": report.entries, "verified": report.verified}
    elapsed = round(time.monotonic() - began, 1)
    return story, answer | {"ledger": ledger, "elapsed_s": elapsed, "claims": {**story.claims}}


def _storm_policy(settings: "Settings") -> Path:
    from console.cli.demo.storm import write_policy
    from engine.settings import make_private

    return write_policy(make_private(settings.home / "alerts"))


def _play(settings: "Settings", json: bool, scenario: Scenario) -> "tuple[Scenes, JsonObject]":
    from console.cli.demo.backup import BackupStory
    from console.cli.demo.scenes import Scenes
    from console.cli.demo.screen import screen
    from console.cli.demo.stage import Stage
    from console.cli.demo.storm import StormStory
    from console.cli.demo.story import Story

    stories: dict[Scenario, Callable[[Stage], Scenes]] = {
        Scenario.INCIDENTS: Story,
        Scenario.BACKUP: BackupStory,
        Scenario.STORM: StormStory,
    }
    with screen(json or not sys.stdout.isatty(), silent=json) as tell:
        stage = Stage(settings, tell)
        try:
            stage.start()
            story = stories[scenario](stage)
            story.play()
            return story, _collected(stage)
        finally:
            _uninterrupted()
            stage.stop()


def _collected(stage: "Stage") -> JsonObject:
    actions = stage.listed("actions")
    return {
        "incidents": [*stage.listed("incidents")],
        "decisions": [stage.client().get(f"/actions/{action['id']}") for action in actions],
        "actions": [*actions],
        "approvals": [*stage.listed("approvals", all=True)],
        "leases": [*stage.listed("leases")],
    }


def _verified(settings: "Settings") -> "Report":
    from engine.ledger.keys import keyring
    from engine.ledger.verify import Row, verify_rows
    from engine.store.reader import open_reader

    with open_reader(settings.database_url) as rows:
        return verify_rows((Row(*row) for row in rows.entries()), rows.checkpoints(), keyring(settings.home / "keys"))


def _summary(story: "Scenes", answer: JsonObject) -> Iterator[str]:
    yield ""
    for what, holds in story.claims.items():
        yield f"{'checked' if holds else 'FAILED '}  {what}"
    ledger = answer["ledger"]
    assert isinstance(ledger, dict)
    verified = "verified offline" if ledger["verified"] else "NOT VERIFIED"
    yield f"ledger   {ledger['entries']} entries {verified}; {_compared(story.approved, story.executed)}"
    yield f"elapsed  {answer['elapsed_s']} s; every effect: SIMULATED SITE"


def _compared(approved: str, executed: str) -> str:
    sign = "=" if approved == executed else "IS NOT"
    return f"approved {short(approved)} {sign} executed {short(executed)}"


@contextmanager
def _interruptible() -> Iterator[None]:
    """Whoever ends this process by a signal, its engine is stopped first."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _uninterrupted() -> None:
    """From here on nothing keeps us from stopping what we started; that ends soon."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)

"""`fireline demo`: four incidents and a crash in under a minute, every claim checked at the simulated site."""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from console.cli.leaving import Exit
from console.cli.options import Json
from console.cli.output import Output, note
from engine.errors import InvalidInput
from engine.model.base import Json as JsonObject

if TYPE_CHECKING:
    from console.cli.demo.stage import Stage
    from console.cli.demo.story import Story
    from engine.ledger.report import Report
    from engine.settings import Settings

MARK = "demo.home"
"""The file that tells a home the demo made from one that somebody works in."""


def demo(json: Json = False) -> None:
    """Play four incidents on a simulated site, with a crash in the middle.

    Needs no root and asks nothing. Plays under FIRELINE_HOME where that is set, and leaves it for you to look at;
    else in a folder that is gone afterwards. Exit code 0 only if everything it claims was checked at the site.
    """
    began = time.monotonic()
    with _home() as home:
        from console import first_run
        from engine.settings import load

        settings = load({"home": home, "policy": "demo", "site": "demo"})
        settings.make_directories()
        first_run.init(settings.home, "demo")
        story, answer = _play(settings, json)
        report = _verified(settings)
        answer["ledger"] = {"entries": report.entries, "verified": report.verified}
        answer["elapsed_s"] = round(time.monotonic() - began, 1)
        story.claim("the ledger verifies offline", report.verified)
    answer["claims"] = {**story.claims}
    Output(json).show(answer, _summary(story, answer))
    if not all(story.claims.values()):
        raise typer.Exit(Exit.REFUSED)


def _play(settings: "Settings", json: bool) -> "tuple[Story, JsonObject]":
    from console.cli.demo.screen import screen
    from console.cli.demo.stage import Stage
    from console.cli.demo.story import Story

    with screen(json or not sys.stdout.isatty(), silent=json) as tell:
        stage = Stage(settings, tell)
        try:
            stage.start()
            stage.skip_past()
            story = Story(stage)
            story.play()
            return story, _collected(stage)
        finally:
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


def _summary(story: "Story", answer: JsonObject) -> Iterator[str]:
    yield ""
    for what, holds in story.claims.items():
        yield f"{'checked' if holds else 'FAILED '}  {what}"
    ledger = answer["ledger"]
    assert isinstance(ledger, dict)
    yield f"ledger   {ledger['entries']} entries, {'verified offline' if ledger['verified'] else 'NOT VERIFIED'}"
    yield f"elapsed  {answer['elapsed_s']} s; every effect: SIMULATED SITE"


@contextmanager
def _home() -> Iterator[Path]:
    """FIRELINE_HOME if set (it stays), else a folder of our own (it goes)."""
    given = os.environ.get("FIRELINE_HOME")
    if given:
        home = Path(given).expanduser()
        if (home / "fireline.db").exists() and not (home / MARK).exists():
            raise InvalidInput(f"`{home}` is somebody's working home: unset FIRELINE_HOME, or name a new folder")
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        (home / MARK).touch()
        yield home
        note(f"the demo's home stays: {home}")
        return
    home = Path(tempfile.mkdtemp(prefix="fireline-demo-"))
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)

"""A running engine tells other systems of what it does, and is killed in between."""

import json
from pathlib import Path

from engine.model.base import Json
from tests.console.outgoing.tickets.emulators import PASSWORD, USER, jira, serving
from tests.ocsf_schema import problems
from tests.processes import Up, until

UP = ("up", "--policy", "demo", "--site", "demo")


def events(file: Path) -> list[Json]:
    lines = file.read_text().splitlines() if file.exists() else []
    return [json.loads(line) for line in lines]


def test_events_and_a_ticket_go_on_after_a_kill(tmp_path: Path) -> None:
    file, home = tmp_path / "events.jsonl", tmp_path / "home"
    with serving(jira) as tickets:
        given = {"kind": "jira", "name": "desk", "url": tickets.url, "user": USER, "token": "env:TICKETS_WORD"}
        house = {
            "FIRELINE_SIEM": json.dumps([{"kind": "file", "name": "book", "path": str(file)}]),
            "FIRELINE_TICKETS": json.dumps([{**given, "project": "SEC"}]),
            "FIRELINE_PAGE_SIMULATED": "true",
            "TICKETS_WORD": PASSWORD,
        }
        engine = Up(home, *UP, **house)
        engine.ask("actions", "request", "network.block_ip", "--target", "203.0.113.7", "--reason", "scans")
        until(lambda: [one for one in events(file) if one["status_code"] == "lease.active"] or None, "it is told")
        engine.kill()
        engine = Up(home, *UP, **house)
        engine.ask("leases", "release", "L-0001", "--reason", "over")
        until(lambda: [one for one in events(file) if one["status_code"] == "lease.released"] or None, "its end too")
        until(lambda: any("RELEASED" in line for line in tickets.said.get("SEC-1", [])) or None, "the ticket says so")
        shown = engine.ask("incidents", "show", "INC-0001")
        assert engine.interrupt() == 0
    assert [found for one in events(file) for found in problems(one)] == []
    assert len(tickets.held) == 1
    assert shown["tickets"] == [{"system": "desk", "ticket": "SEC-1", "closed": False}]

"""The judges together, the ledger's verification, and the timeline of what went wrong."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from engine.ledger.keys import keyring
from engine.ledger.verify import Row, verify_rows
from engine.store.database import sqlite_url
from engine.store.reader import open_reader
from tests.crash.judge_budgets import judge_budgets
from tests.crash.judge_record import RecordJudge
from tests.crash.judge_room import judge_room
from tests.crash.judge_runs import RunJudge
from tests.crash.judge_site import SiteJudge
from tests.crash.plant import Plant
from tests.crash.room import Room
from tests.crash.steps import Hit
from tests.crash.troubles import Suffered, Trouble
from tests.crash.truth import Truth
from tests.crash.verdict import Fault, Verdict
from tests.crash.view import View


def judge(plant: Plant, room: Room, view: View, truth: Truth, suffered: Sequence[Suffered]) -> Verdict:
    """Everything that is wrong now that nothing moves any more."""
    verdict = Verdict()
    RecordJudge(view, truth, verdict).judge()
    RunJudge(view, verdict).judge()
    judge_budgets(view, verdict)
    judge_room(room, view, verdict)
    away = [*plant.outages, *plant.heart.starved]
    put_back = [each.span for each in suffered if each.trouble is Trouble.CLOCK_BACK]
    SiteJudge(view, truth, verdict).judge(plant.site.history(), away, put_back)
    with open_reader(sqlite_url(plant.home / "fireline.db")) as rows:
        stored = (Row(*row) for row in rows.entries())
        report = verify_rows(stored, rows.checkpoints(), keyring(plant.home / "keys"))
    verdict.require(report.verified, "disagreement", f"the ledger does not verify: {report.problems}")
    verdict.require(report.sealed == report.entries, "disagreement", "the ledger's end is not sealed")
    return verdict


def timeline(fault: Fault, plant: Plant, view: View, hits: list[Hit], suffered: list[Suffered]) -> Iterator[str]:
    """What happened to the fault's subjects, with the site's events and the kills meanwhile."""
    moves = [(at, f"{name}: {old} -> {new}") for name in fault.subjects for old, new, at in view.moves.get(name, ())]
    if not moves:
        return
    first, last = min(moves)[0] - 1, max(moves)[0] + 10
    names = {name.partition("/")[2] for name in fault.subjects}
    owners = {lease.owner for lease in view.leases() if lease.id in names or lease.committed in names}
    site = [
        (e.at.timestamp(), f"site: {e.op} {e.action} {e.target}") for e in plant.site.history() if e.owner in owners
    ]
    kills = [(hit.at, f"kill {hit.kill}") for hit in hits] + [(span.end, "all answer") for span in plant.outages]
    troubles = [(each.span.start, each.trouble.value) for each in suffered]
    for at, text in sorted([*moves, *site, *kills, *troubles]):
        if first <= at <= last:
            yield f"    {datetime.fromtimestamp(at, UTC):%H:%M:%S.%f} {text}"

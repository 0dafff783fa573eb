"""Following what each source lives through, and saying in the ledger when its learning period ends."""

from datetime import datetime, timedelta

from engine.calendars.windows import Window
from engine.control.desk import Desk
from engine.control.moves import note
from engine.learning_coverage import Progress, progress, remember
from engine.model.base import Json
from engine.model.source import Source
from engine.source_health import HISTORY
from engine.store.sources import hour_of
from engine.store.tx import Tx


def follow_learning(tx: Tx, desk: Desk, now: datetime) -> None:
    """Remember for every source the windows in which something came, and note whether that is enough."""
    wanted = _windows(desk, now)
    came = tx.sources.hours(hour_of(now) - HISTORY) if wanted else {}
    for source in tx.sources.all():
        counts = came.get((source.product, source.detector), {})
        seen = remember(source, [hour for hour, count in counts.items() if count.findings], wanted)
        found = progress(seen, desk.policy.document.learning, desk.policy.calendars, now)
        after = _settled(seen, found, now)
        if after != source:
            tx.sources.put(after)
        if after.learned_at != source.learned_at:
            _tell(tx, desk, after, found, now)


def _windows(desk: Desk, now: datetime) -> list[tuple[str, Window]]:
    """The windows of every calendar that must be covered, as far back as hours are known."""
    names = dict.fromkeys(one.calendar for one in desk.policy.document.learning.coverage)
    since = now - timedelta(hours=HISTORY)
    return [(name, one) for name in names for one in desk.policy.calendars.windows(name).between(since, now)]


def _settled(source: Source, found: Progress, now: datetime) -> Source:
    """It has learned since now, or, under a policy that asks for more, not any longer."""
    if found.ended == (source.learned_at is not None):
        return source
    return source.model_copy(update={"learned_at": now if found.ended else None})


def _tell(tx: Tx, desk: Desk, source: Source, found: Progress, now: datetime) -> None:
    counts: dict[str, int] = {}
    for lived in source.lived:
        counts[lived.calendar] = counts.get(lived.calendar, 0) + 1
    body: Json = {
        "since": source.first_seen.isoformat(),
        "lived": {**counts},
        "missing": [one.calendar for one in found.missing],
        "policy_digest": desk.policy.digest,
    }
    kind = "source.learning" if source.learned_at is None else "source.learned"
    note(tx, f"source/{source.product}/{source.detector}", kind, now, body)

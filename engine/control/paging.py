"""The one place from which people are paged: page, ledger entry and message in one transaction.

Rules: 1. One cause has one page until that is resolved; reported again it is no second one. 2. While nobody has
acknowledged it, it goes out again and again, after pauses that grow, each time to more people. 3. What was
acknowledged and still stands hours later comes back; what is announced of it meanwhile is told. 4. Nothing here waits
for a channel: `console.outgoing` delivers afterwards.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine.control.messages import Said, send
from engine.control.moves import ENGINE, note
from engine.lifecycle import require
from engine.model.base import Json
from engine.model.entry import Draft
from engine.model.lease import Lease
from engine.model.page import Event, Message, Page, PageKind, PageState
from engine.model.request import Request
from engine.store.tx import Tx

FIRST_PAUSE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=1)
AUDIENCE = "pager"
EVERYWHERE = (PageKind.STUCK_RELEASE, PageKind.FREEZE)
"""What every channel hears at once."""


@dataclass(frozen=True)
class Cause:
    """What people are paged about: of the same `kind` and `key` there is one page at a time.

    `subject` is where the ledger speaks of it, `connector` what it lies with (none: the engine), and `groups` whose
    people on call are meant first (none: whoever is on call).
    """

    kind: PageKind
    key: str
    subject: str
    text: str
    connector: str = ""
    groups: tuple[str, ...] = field(default=())

    @property
    def about(self) -> str:
        """What makes it one and the same."""
        return f"{self.kind}/{self.key}"


def pause(times: int) -> timedelta:
    """How long a page that went out so many times waits for an answer: 5, 10, 20, 40 minutes, then an hour."""
    doubled: timedelta = FIRST_PAUSE * 2 ** min(max(0, times - 1), 8)
    return min(doubled, LONGEST_PAUSE)


def page(tx: Tx, cause: Cause, now: datetime) -> Page:
    """Have people looked for; the ledger says so even where no pager is configured."""
    standing = tx.pages.current(cause.about)
    paged = _again(tx, standing, cause, now) if standing else _first(tx, cause, now)
    note(tx, cause.subject, "page", now, {"text": cause.text, "page": paged.id, "kind": cause.kind})
    return paged


def announce(tx: Tx, cause: Cause, now: datetime) -> Page:
    """Page, and tell it besides where the page was acknowledged: who has seen one thing has not seen the next."""
    standing = tx.pages.current(cause.about)
    paged = page(tx, cause, now)
    if standing is not None and standing.state is PageState.ACKNOWLEDGED:
        told = Said(AUDIENCE, cause.subject, cause.text, (), cause.groups, cause.connector, everywhere=True)
        send(tx, told, now)
    return paged


def page_about(tx: Tx, request: Request, kind: PageKind, text: str, now: datetime) -> Page:
    """Page about a request; one page a request and kind."""
    subject = f"request/{request.id}"
    return page(tx, Cause(kind, request.id, subject, text, request.connector, _groups(request)), now)


def page_about_lease(tx: Tx, lease: Lease, kind: PageKind, text: str, now: datetime) -> Page:
    """Page about an effect; what stands without a request behind it is paged about no less."""
    request = tx.requests.get(lease.committed)
    subject = f"lease/{lease.id}" if request is None else f"request/{request.id}"
    groups = () if request is None else _groups(request)
    return page(tx, Cause(kind, lease.id, subject, text, lease.connector, groups), now)


def resolve(tx: Tx, standing: Page, because: str, now: datetime) -> Page:
    """Its cause is gone."""
    over = move_page(tx, standing, PageState.RESOLVED, now, {"because": because}, ENGINE, next_at=None)
    send_about(tx, over, Event.RESOLVE, now, because)
    return over


def repeat(tx: Tx, now: datetime) -> list[Page]:
    """Send again what nobody has acknowledged in time, and what was and stands too long since (rules 2 and 3)."""
    return [_louder(tx, due, now) for due in tx.pages.due(now)]


def _first(tx: Tx, cause: Cause, now: datetime) -> Page:
    fresh = Page(
        id=tx.counters.next("PG"),
        kind=cause.kind,
        about=cause.about,
        subject=cause.subject,
        text=cause.text,
        connector=cause.connector,
        groups=cause.groups,
        opened_at=now,
        changed_at=now,
        next_at=now + pause(1),
    )
    tx.pages.insert(fresh)
    _record(tx, fresh, "", PageState.OPEN, now, {"kind": fresh.kind, "about": fresh.about}, ENGINE)
    send_about(tx, fresh, Event.TRIGGER, now)
    return fresh


def _again(tx: Tx, standing: Page, cause: Cause, now: datetime) -> Page:
    """The same cause once more (rule 1); who has not seen it yet is told where it reads otherwise now."""
    more = standing.model_copy(update={"text": cause.text, "times": standing.times + 1})
    tx.pages.save(more, before=standing.state)
    if standing.state is PageState.OPEN and cause.text != standing.text:
        send_about(tx, more, Event.TRIGGER, now)
    return more


def _louder(tx: Tx, due: Page, now: datetime) -> Page:
    if due.state is PageState.ACKNOWLEDGED:
        body: Json = {"because": "still not over", "acknowledged_by": due.acknowledged_by}
        changes: dict[str, object] = {"acknowledged_by": "", "round": 0, "next_at": now + pause(1)}
        louder = move_page(tx, due, PageState.OPEN, now, body, ENGINE, **changes)
    else:
        number = due.round + 1
        louder = due.model_copy(update={"round": number, "next_at": now + pause(number + 1), "changed_at": now})
        tx.pages.save(louder, before=due.state)
        note(tx, f"page/{due.id}", "page.repeated", now, {"round": number})
    send_about(tx, louder, Event.TRIGGER, now)
    return louder


def move_page(tx: Tx, before: Page, to: PageState, now: datetime, body: Json, actor: str, **changes: object) -> Page:
    """Take a page one step along its table."""
    require(before.state, to)
    after = before.model_copy(update={"state": to, "changed_at": now, **changes})
    tx.pages.save(after, before=before.state)
    _record(tx, after, before.state, to, now, body, actor)
    return after


def _record(tx: Tx, page: Page, before: str, to: PageState, now: datetime, body: Json, actor: str) -> None:
    tx.move(Draft(subject=f"page/{page.id}", kind=f"page.{to}", actor=actor, at=now, body=body), before, to)


def send_about(tx: Tx, page: Page, event: Event, now: datetime, why: str = "") -> None:
    """Have every pager hear how a page stands now."""
    tx.messages.insert(
        Message(
            id=tx.counters.next("MS"),
            event=event,
            about=page.id,
            audience=AUDIENCE,
            subject=page.subject,
            title=page.text,
            lines=(why,) if why else (),
            everywhere=page.kind in EVERYWHERE or event is not Event.TRIGGER,
            connector=page.connector,
            groups=page.groups,
            round=page.round,
            made_at=now,
        )
    )


def _groups(request: Request) -> tuple[str, ...]:
    return () if request.decision is None else request.decision.obligations.groups

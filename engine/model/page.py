"""A page: something that people must see now, until one of them says so; and what goes out about it."""

from enum import StrEnum

from engine.model.base import AwareDatetime, Model


class PageKind(StrEnum):
    """What happened; of `LASTING` ones the cause goes on until something ends it."""

    STUCK_RELEASE = "stuck-release"
    UNANSWERABLE_QUORUM = "unanswerable-quorum"
    BUDGET_TRIPPED = "budget-tripped"
    SICK_ENGINE = "sick-engine"
    FREEZE = "freeze"
    REVIEW_OVERDUE = "review-overdue"
    EXPIRED = "expired"
    CHANGED = "changed-too-often"
    NOT_BEGUN = "not-begun"
    LIFTED = "lifted"
    BREAK_GLASS = "break-glass"
    PARTIAL = "partial"
    WORLD_CHANGED = "world-changed"
    HARM = "harm"
    RULE_ERRORS = "rule-errors"


LASTING = frozenset(
    {
        PageKind.STUCK_RELEASE,
        PageKind.UNANSWERABLE_QUORUM,
        PageKind.BUDGET_TRIPPED,
        PageKind.SICK_ENGINE,
        PageKind.FREEZE,
        PageKind.REVIEW_OVERDUE,
        PageKind.WORLD_CHANGED,
    }
)
"""Acknowledged, these still stand until their cause is gone; the others are over once somebody has seen them."""


class PageState(StrEnum):
    """See `engine.lifecycle.PAGE` for the table."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Page(Model):
    """One episode of one cause (`kind` and `about`).

    `connector` is what the cause lies with, empty where that is the engine itself. While it is open it goes out again
    at `next_at`, each time (`round`, from 0) to more people; acknowledged it comes back then, should it still stand.
    """

    id: str
    kind: PageKind
    about: str
    subject: str
    text: str
    connector: str = ""
    groups: tuple[str, ...] = ()
    state: PageState = PageState.OPEN
    opened_at: AwareDatetime
    changed_at: AwareDatetime
    next_at: AwareDatetime | None
    round: int = 0
    times: int = 1
    """How often its cause was reported since it was opened."""
    acknowledged_by: str = ""


class Event(StrEnum):
    """What a message says about its page; `tell` belongs to none, and is said once."""

    TRIGGER = "trigger"
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    TELL = "tell"


class Attempt(Model):
    """What became of sending a message through one channel, which refused it or is tried again at `next_at`."""

    count: int
    next_at: AwareDatetime
    because: str


class Message(Model):
    """Something to be sent through every channel whose `hears` names the audience; it stands until all have taken it.

    `about` is one for all messages that belong together and have to arrive in their order.
    """

    id: str
    event: Event
    about: str
    audience: str
    subject: str
    title: str
    lines: tuple[str, ...] = ()
    everywhere: bool = False
    """Whether channels hear it too that join in only at a later round."""
    simulated: bool | None = None
    """None where that hangs on the page's connector."""
    connector: str = ""
    groups: tuple[str, ...] = ()
    round: int = 0
    made_at: AwareDatetime
    sent: tuple[str, ...] = ()
    tried: dict[str, Attempt] = {}

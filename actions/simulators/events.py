"""What can happen at the simulated site; one event is one line of its journal."""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from pydantic import Field, ValidationError

from actions.simulators.journal import Journal
from engine.errors import InvalidInput
from engine.model.base import AwareDatetime, Json, Model


class Op(StrEnum):
    """The kinds of events; `target` and `details` say the rest."""

    PLACED = "placed"
    """An element of ours now stands at `target`, under the key `owner`."""
    DELAYED = "delayed"
    """An element of ours is to stand at `target`, and does not yet."""
    ARRIVED = "arrived"
    """What was delayed is done, unless it was done under the key `owner` meanwhile."""
    DONE = "done"
    """Something of ours that is over at once (sessions revoked), under the key `owner`."""
    RELEASED = "released"
    """We took the element of `owner` back."""
    LIFTED = "lifted"
    """Somebody else took away the element of `owner`."""
    ALTERED = "altered"
    """Somebody else changed the element of `owner`, so that it has no effect any more."""
    FOREIGN_PLACED = "foreign_placed"
    """Somebody else placed an element of their own; `owner` is their name for it."""
    FOREIGN_LIFTED = "foreign_lifted"
    """Somebody else took their own element back."""
    SET = "set"
    """`details.setting` of `target` has the value `details.value` now."""
    ACCOUNT_ENABLED = "account_enabled"
    """An administrator enabled the account `target`, whoever had disabled it."""
    ACCOUNT_DISABLED = "account_disabled"
    """An administrator disabled the account `target`."""
    SIGNED_IN = "signed_in"
    """The account `target` has one session more."""
    JOB_MOVED = "job_moved"
    """The flows of `target` with `details.tag` now also come from the host `details.to`."""
    REIMAGED = "reimaged"
    """Behind the host name `target` is another installation now: `details.fingerprint`."""
    ADDRESS_LEASED = "address_leased"
    """The address `target` now belongs to the host `details.to`, known before or not."""
    FAULT_SET = "fault_set"
    """The fault `details.kind` is on for the action `details.action`."""
    FAULT_STRUCK = "fault_struck"
    """A fault that is limited in number has struck once."""
    FAULT_CLEARED = "fault_cleared"
    """That fault is off again."""


WORLD = frozenset({Op.JOB_MOVED, Op.REIMAGED, Op.ADDRESS_LEASED, Op.ACCOUNT_ENABLED, Op.ACCOUNT_DISABLED})
"""Events that change what context tells about the place."""


class Event(Model):
    """One thing that happened, and when by the clock of the process that wrote it."""

    at: AwareDatetime
    op: Op
    owner: str = ""
    action: str = ""
    target: str = ""
    details: Json = Field(default_factory=dict)


def event_journal(path: Path, fold: Callable[[Event], None]) -> Journal:
    """The journal at `path`, read as events; raises `InvalidInput` with its line number for a line that is none."""
    line_number = 0

    def parse(line: bytes) -> None:
        nonlocal line_number
        line_number += 1
        try:
            event = Event.model_validate_json(line)
        except ValidationError:
            raise InvalidInput("not an event of the site", file=str(path), line=line_number) from None
        fold(event)

    return Journal(path, parse)

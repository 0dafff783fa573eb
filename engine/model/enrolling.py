"""People who enrol themselves in a chat room, and what is said to single people there."""

from enum import StrEnum

from engine.model.base import AwareDatetime, Model
from engine.model.page import Attempt


class ClaimState(StrEnum):
    """Where one enrolment stands; `OFFERED` and `CLAIMED` are open, the others final."""

    OFFERED = "offered"
    CLAIMED = "claimed"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    VOID = "void"


class Claim(Model):
    """One person's wish to be known in one room.

    `code_sha256` is what is kept of the code that was given to the person; whoever types it there first is `user`.
    """

    id: str
    principal: str
    room: str
    code_sha256: str
    offered_at: AwareDatetime
    state: ClaimState = ClaimState.OFFERED
    user: str = ""
    claimed_at: AwareDatetime | None = None
    decided_at: AwareDatetime | None = None
    decided_by: str = ""

    @property
    def open(self) -> bool:
        """Whether anything can still come of it."""
        return self.state in (ClaimState.OFFERED, ClaimState.CLAIMED)


class Guesses(Model):
    """How many codes that were none a user of a room has typed since then."""

    room: str
    user: str
    wrong: int
    since: AwareDatetime


class Whisper(Model):
    """Something that one user of a room is told alone, until it `lapses_at`; the ledger speaks of it under `subject`.

    `again`: rather said twice than never, where nobody knows whether it arrived. `trying` is set while it is said.
    """

    id: str
    room: str
    user: str
    text: str
    subject: str
    again: bool
    lapses_at: AwareDatetime
    trying: bool = False
    tried: Attempt | None = None

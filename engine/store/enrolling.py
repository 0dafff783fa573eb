"""Enrolments under way, codes that were guessed, and what single people are told in rooms."""

from collections.abc import Sequence

from sqlalchemy import Column, Connection, Text, bindparam, func, tuple_
from sqlmodel import Field, SQLModel

from engine.model.enrolling import Claim, ClaimState, Guesses, Whisper
from engine.store.rows import Rows, bodies, table_of


class ClaimRow(SQLModel, table=True):
    """One enrolment; those that are over stay, so that a code is known whenever it comes again."""

    __tablename__ = "chat_claim"
    id: str = Field(primary_key=True)
    code: str = Field(index=True)
    state: str = Field(index=True)
    body: str = Field(sa_column=Column(Text, nullable=False))


class GuessesRow(SQLModel, table=True):
    """Wrong codes by user of a room."""

    __tablename__ = "chat_guesses"
    room: str = Field(primary_key=True)
    user: str = Field(primary_key=True)
    body: str = Field(sa_column=Column(Text, nullable=False))


class WhisperRow(SQLModel, table=True):
    """What has still to be said to one user; deleted once it was."""

    __tablename__ = "chat_whisper"
    id: str = Field(primary_key=True)
    room: str = Field(index=True)
    body: str = Field(sa_column=Column(Text, nullable=False))


CLAIMS = table_of(ClaimRow)
OPEN = bodies(CLAIMS).where(CLAIMS.c.state.in_([ClaimState.OFFERED, ClaimState.CLAIMED]))
WHISPERS = table_of(WhisperRow)
AFTER = tuple_(func.length(WHISPERS.c.id), WHISPERS.c.id) > tuple_(func.length(bindparam("after")), bindparam("after"))
OF_ROOM = bodies(WHISPERS).where(WHISPERS.c.room == bindparam("room"), AFTER).limit(bindparam("count"))


class Claims:
    """Enrolments by id and by code."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, ClaimRow, Claim)

    def get(self, claim_id: str) -> Claim | None:
        """The enrolment, if there is one."""
        return self._rows.one(id=claim_id)

    def with_code(self, digest: str) -> Claim | None:
        """The one whose code has this digest, over or not."""
        return self._rows.one(code=digest)

    def open(self) -> Sequence[Claim]:
        """Those that something can still come of, oldest first."""
        return self._rows.chosen(OPEN, {})

    def insert(self, claim: Claim) -> None:
        """Add one."""
        self._rows.insert(claim, id=claim.id, code=claim.code_sha256, state=claim.state)

    def save(self, claim: Claim, before: ClaimState) -> None:
        """Change one that is still in state `before`."""
        self._rows.set(claim, {"id": claim.id, "state": before}, state=claim.state)


class GuessedCodes:
    """Wrong codes by who typed them."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, GuessesRow, Guesses)

    def get(self, room: str, user: str) -> Guesses | None:
        """What a user typed lately, if anything was wrong."""
        return self._rows.one(room=room, user=user)

    def put(self, guesses: Guesses) -> None:
        """Keep, or replace, how often it was."""
        self._rows.delete(room=guesses.room, user=guesses.user)
        self._rows.insert(guesses, room=guesses.room, user=guesses.user)


class Whispers:
    """What single people have still to be told, in the order of writing."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, WhisperRow, Whisper)

    def get(self, whisper_id: str) -> Whisper | None:
        """One, while it has still to be said."""
        return self._rows.one(id=whisper_id)

    def waiting(self, room: str, count: int, after: str = "") -> Sequence[Whisper]:
        """The oldest of a room, or the next after the one with this id."""
        return self._rows.chosen(OF_ROOM, {"room": room, "count": count, "after": after})

    def insert(self, whisper: Whisper) -> None:
        """Have it said."""
        self._rows.insert(whisper, id=whisper.id, room=whisper.room)

    def save(self, whisper: Whisper) -> None:
        """Keep what became of it so far."""
        self._rows.set(whisper, {"id": whisper.id})

    def delete(self, whisper_id: str) -> None:
        """It was said, or nobody has to hear it any more."""
        self._rows.delete(id=whisper_id)

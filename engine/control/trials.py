"""Trying a chat room: a card that nothing depends on, and whoever answers it.

Rules: 1. The card says in its first and last line that it is a test; its number is no request's, so that an answer to
it is never a vote. 2. Only somebody who is known in the room is heard, on that very card, within ten minutes. 3. What
was tried, by whom, and who was heard are entries.
"""

from datetime import datetime, timedelta

from engine.approvals import names
from engine.control.moves import note
from engine.digest import short
from engine.errors import NotFound
from engine.model.base import Json
from engine.model.card import Card, CardItem, CardLine
from engine.model.principal import Principal
from engine.model.trial import ASKED, Trial
from engine.store.tx import Tx

GOOD_FOR = timedelta(minutes=10)
MARK = "TEST"


def begin(tx: Tx, room: str, digest: str, by: Principal, now: datetime) -> Trial:
    """A new trial in the place of the last; its card is still to be shown."""
    trial = Trial(room=room, digest=digest, by=by.id, begun_at=now)
    tx.trials.put(trial)
    note(tx, f"room/{room}", "room.tried", now, {"digest": digest}, by.signature)
    return trial


def place(tx: Tx, trial: Trial, ref: str) -> Trial:
    """Its card stands in the room; raise `NotFound` where another trial was begun meanwhile."""
    current = find(tx, trial.room)
    if current.digest != trial.digest:
        raise NotFound(f"another trial of room `{trial.room}` was begun meanwhile")
    placed = current.model_copy(update={"ref": ref})
    tx.trials.put(placed)
    return placed


def find(tx: Tx, room: str) -> Trial:
    """The room's last trial, or `NotFound`."""
    trial = tx.trials.get(room)
    if trial is None:
        raise NotFound(f"room `{room}` was never tried")
    return trial


def hear(tx: Tx, room: str, ref: str, digest: str, person: Principal, now: datetime) -> str | None:
    """Take an answer to the card; why it is none, or None where it was heard."""
    trial = tx.trials.get(room)
    if trial is None or not trial.ref or (trial.ref, names(digest, trial.digest)) != (ref, True):
        return "this is not the card of the last test of this room"
    if now >= trial.begun_at + GOOD_FOR:
        return "that test is over: begin another"
    if not trial.heard_from:
        tx.trials.put(trial.model_copy(update={"heard_from": person.id, "heard_at": now}))
        body: Json = {"digest": trial.digest}
        note(tx, f"room/{room}", "room.heard", now, body, person.signature)
    return None


def card_of(trial: Trial, now: datetime) -> Card:
    """The card as it is to be shown now."""
    is_open = not trial.heard_from and now < trial.begun_at + GOOD_FOR
    said = f"heard from {trial.heard_from}" if trial.heard_from else "not answered in time"
    lines = (
        CardLine(label="WHY", text=f"{trial.by} wants to know whether this room can be asked and heard"),
        CardLine(label="IF YES", text="whoever began it is told that your answer arrived; it is no vote"),
    )
    item = CardItem(
        request=ASKED,
        headline="answer this within ten minutes" if is_open else said.upper(),
        title="nothing is asked and nothing is done: this only tries the way from here to you and back",
        lines=lines if is_open else (),
        digest=trial.digest,
        shown=short(trial.digest),
        open=is_open,
        to_approve=False,
    )
    return Card(mark=MARK, about="no incident", items=(item,))

"""One line of the ledger."""

from engine.model.base import AwareDatetime, Json, Model


class Draft(Model):
    """What is to be recorded: `subject` it belongs to (`request/AR-0007`), what happened, by whom, and the details."""

    subject: str
    kind: str
    actor: str
    at: AwareDatetime
    body: Json


class Entry(Model):
    """A recorded draft: `seq` counts all entries from 0, `n` those of its subject, `prev` is that chain's last hash."""

    seq: int
    n: int
    prev: str
    subject: str
    kind: str
    actor: str
    at: AwareDatetime
    body: Json

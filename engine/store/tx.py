"""One transaction: every query object, the ledger, and what must happen after the commit."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from engine.ledger.entries import Sealed, build, parse
from engine.ledger.merkle import CompactRange
from engine.model.base import Json
from engine.model.entry import Draft
from engine.store.api_tokens import ApiTokens
from engine.store.break_glass import BreakGlass
from engine.store.cases import Findings, Incidents, Requests, Votes
from engine.store.chain import Chain
from engine.store.chat import Enrolments, Threads
from engine.store.effects import Budgets, Connectors, Freezes, Holders, Leases
from engine.store.enrolling import Claims, GuessedCodes, Whispers
from engine.store.governance import Governance
from engine.store.harm import StepDowns
from engine.store.indicators import Intelligence
from engine.store.listing import Listing
from engine.store.pages import Messages, Pages, ReadUntil
from engine.store.reader import LedgerReader
from engine.store.records import Counters, DeadLetters, Outbox, Steps, Verdicts
from engine.store.reviews import ActionVerdicts, Cases, Reviews, Trusts
from engine.store.rows import insert_into, micros, table_of
from engine.store.runs import Contents, Runs, Tasks, Visits
from engine.store.sessions import Sessions, SignInLinks
from engine.store.signed_in import SignedIns
from engine.store.sources import Sources
from engine.store.step_up import CodesSeen
from engine.store.tables import CheckpointRow, EntryRow, TransitionRow
from engine.store.timeline import Timeline
from engine.store.trials import Trials
from engine.store.trips import Trips

ENTRIES, TRANSITIONS, CHECKPOINTS = table_of(EntryRow), table_of(TransitionRow), table_of(CheckpointRow)
SEALED_SIZE = select(func.max(CHECKPOINTS.c.size))


class Tx:
    """What one piece of work may read and write; all of it is committed, or none."""

    def __init__(self, connection: Connection, chain: Chain) -> None:
        """Build on `chain`, which hears of the entries only after the work is done."""
        self._connection, self._chain = connection, chain
        self._sealed: list[Sealed] = []
        self._heads: dict[str, tuple[int, str]] = {}
        self._moves: list[dict[str, object]] = []
        self.findings, self.incidents = Findings(connection), Incidents(connection)
        self.requests, self.votes = Requests(connection), Votes(connection)
        self.leases, self.holders = Leases(connection), Holders(connection)
        self.step_downs = StepDowns(connection)
        self.budgets, self.freezes = Budgets(connection), Freezes(connection)
        self.break_glass, self.trips = BreakGlass(connection), Trips(connection)
        self.connectors, self.outbox = Connectors(connection), Outbox(connection)
        self.steps, self.counters = Steps(connection), Counters(connection)
        self.verdicts, self.dead_letters = Verdicts(connection), DeadLetters(connection)
        self.reviews, self.action_verdicts = Reviews(connection), ActionVerdicts(connection)
        self.cases, self.trusts = Cases(connection), Trusts(connection)
        self.sources, self.timeline = Sources(connection), Timeline(connection)
        self.intel, self.governance = Intelligence(connection), Governance(connection)
        self.contents, self.runs = Contents(connection), Runs(connection)
        self.visits, self.tasks = Visits(connection), Tasks(connection)
        self.pages, self.messages = Pages(connection), Messages(connection)
        self.listing = Listing(connection)
        self.read_until, self.api_tokens = ReadUntil(connection), ApiTokens(connection)
        self.signed_in, self.codes = SignedIns(connection), CodesSeen(connection)
        self.sessions, self.sign_in_links = Sessions(connection), SignInLinks(connection)
        self.threads, self.enrolments = Threads(connection), Enrolments(connection)
        self.claims, self.guessed_codes = Claims(connection), GuessedCodes(connection)
        self.whispers, self.trials = Whispers(connection), Trials(connection)

    def record(self, draft: Draft) -> int:
        """Append to the ledger; return the entry's number."""
        n, prev = self._heads.get(draft.subject) or self._chain.head(self._connection, draft.subject)
        sealed = build(draft, self._chain.size + len(self._sealed), n, prev)
        self._sealed.append(sealed)
        self._heads[draft.subject] = (n + 1, sealed.hash)
        return sealed.entry.seq

    def move(self, draft: Draft, before: str, after: str) -> None:
        """Record a state change: the ledger entry and the transition row it is unique by."""
        seq = self.record(draft)
        n = self._sealed[-1].entry.n
        row = {"seq": seq, "subject": draft.subject, "n": n, "before": before, "after": after}
        self._moves.append({**row, "at": micros(draft.at)})

    @property
    def unsealed(self) -> CompactRange | None:
        """The tree over what is committed, None where the last checkpoint covers it."""
        tree = self._chain.tree
        return tree if tree.size > (self._connection.execute(SEALED_SIZE).scalar() or 0) else None

    def checkpoint(self, size: int, note: str, frontier: str, at: datetime) -> None:
        """Keep a signed checkpoint and the tree's frontier under it."""
        row = {"size": size, "at": micros(at), "note": note, "frontier": frontier}
        self._connection.execute(insert_into(CHECKPOINTS), row)

    def bodies(self, subject: str) -> Iterator[Json]:
        """What is recorded of a subject so far, oldest first."""
        for _, data, _hash in LedgerReader(self._connection).entries(subject=subject):
            yield parse(data).body

    def flush(self) -> Sequence[Sealed]:
        """Write the entries and transitions; return the entries."""
        if self._sealed:
            self._connection.execute(insert_into(ENTRIES), [_row(sealed) for sealed in self._sealed])
        if self._moves:
            self._connection.execute(insert_into(TRANSITIONS), self._moves)
        return self._sealed


def _row(sealed: Sealed) -> dict[str, object]:
    entry = sealed.entry
    return {
        "seq": entry.seq,
        "subject": entry.subject,
        "n": entry.n,
        "hash": sealed.hash,
        "data": sealed.data.decode(),
    }


def transitions(connection: Connection, since: datetime | None = None) -> Sequence[tuple[str, str, str, int]]:
    """Every state change recorded: subject, before, after, instant in microseconds; oldest first."""
    c = TRANSITIONS.c
    query = select(c.subject, c.before, c.after, c.at).order_by(c.seq)
    rows = connection.execute(query if since is None else query.where(c.at >= micros(since)))
    return [(row.subject, row.before, row.after, row.at) for row in rows]

"""Queries over the review queue, verdicts on actions, and what verdicts say about detectors."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, case, delete, func, select

from engine.model.context import Criticality
from engine.model.feedback import ActionVerdict, Case, Trust
from engine.model.review import Review, ReviewState
from engine.model.trust import VerdictCount
from engine.store.rows import Rows, bodies, insert_into, micros, table_of
from engine.store.tables import CaseRow, ReviewRow, TrustRow, VerdictRow

CASES, REVIEWS = table_of(CaseRow), table_of(ReviewRow)
WAITING = bodies(REVIEWS).where(REVIEWS.c.state != ReviewState.ANSWERED)
WAITING_FOR = WAITING.where(REVIEWS.c.finding_id == bindparam("finding"))

OF_DETECTOR = (CASES.c.detector == bindparam("detector"), CASES.c.version == bindparam("version"))
RIGHT = func.sum(case((CASES.c.right, 1), else_=0))
COUNTS = (
    select(CASES.c.action, CASES.c.criticality, RIGHT, func.count())
    .where(*OF_DETECTOR)
    .group_by(CASES.c.action, CASES.c.criticality)
)
BIN = select(RIGHT, func.count()).where(*OF_DETECTOR, CASES.c.action == "", CASES.c.confidence >= bindparam("least"))
GRAVE = CASES.c.criticality.in_([Criticality.HIGH, Criticality.CRITICAL, Criticality.PROTECTED, Criticality.UNKNOWN])
HARM = select(func.sum(case((GRAVE, 1), else_=0)), func.count()).where(
    *OF_DETECTOR, CASES.c.harmful, CASES.c.at > bindparam("since")
)
JUDGED = (
    select(CASES.c.detector, CASES.c.version)
    .where(CASES.c.action == "")
    .distinct()
    .order_by(CASES.c.detector, CASES.c.version)
)
FORGET = delete(CASES).where(CASES.c.subject == bindparam("subject"))


class Reviews:
    """Items of the review queue."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, ReviewRow, Review)

    def get(self, review_id: str) -> Review | None:
        """The item, if there is one."""
        return self._rows.one(id=review_id)

    def waiting_for(self, finding_id: str) -> Review | None:
        """The item about a finding that nobody has answered yet."""
        return next(iter(self._rows.chosen(WAITING_FOR, {"finding": finding_id})), None)

    def waiting(self) -> Sequence[Review]:
        """Everything that nobody has answered yet, oldest first."""
        return self._rows.chosen(WAITING, {})

    def all(self) -> Sequence[Review]:
        """Every item there was, oldest first."""
        return self._rows.all()

    def insert(self, review: Review) -> None:
        """Add a new item."""
        self._rows.insert(review, id=review.id, state=review.state, finding_id=review.finding_id)

    def save(self, review: Review, before: ReviewState) -> None:
        """Change an item that is still in state `before`."""
        self._rows.set(review, {"id": review.id, "state": before}, state=review.state)


class ActionVerdicts:
    """Judgements on actions, the newest per request and person, beside those on findings and incidents."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, VerdictRow, ActionVerdict)

    def of(self, request_id: str) -> Sequence[ActionVerdict]:
        """Everybody's verdict on one action."""
        return self._rows.all(subject=f"request/{request_id}")

    def put(self, request_id: str, verdict: ActionVerdict) -> None:
        """Record a person's verdict, in place of an earlier one of theirs."""
        subject = f"request/{request_id}"
        self._rows.delete(subject=subject, principal=verdict.principal)
        self._rows.insert(verdict, subject=subject, principal=verdict.principal, kind=verdict.kind)


class Cases:
    """Judged work of detectors, counted by version."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._connection = connection

    def put(self, judged: Case) -> None:
        """Keep a case, in place of an earlier one of the same subject."""
        self.forget(judged.subject)
        row = judged.model_dump(exclude={"criticality", "at"})
        values = {**row, "criticality": judged.criticality or "", "at": micros(judged.at)}
        self._connection.execute(insert_into(CASES), values)

    def forget(self, subject: str) -> None:
        """Drop the case of a subject that is no longer judged, or not counted."""
        self._connection.execute(FORGET, {"subject": subject})

    def counts(self, detector: str, version: str) -> Sequence[VerdictCount]:
        """Counts of one detector version; those against responses stand apart, by action and class."""
        found = self._connection.execute(COUNTS, {"detector": detector, "version": version})
        # Not validated: names come from findings here, and match only themselves.
        return [
            VerdictCount.model_construct(
                detector=detector, version=version, right=right, verdicts=count,
                actions=(action,) if action else (), classes=(Criticality(criticality),) if criticality else (),
            )
            for action, criticality, right, count in found
        ]  # fmt: skip

    def bin(self, detector: str, version: str, least: float) -> VerdictCount:
        """The count of findings at or above a confidence."""
        given = {"detector": detector, "version": version, "least": least}
        right, count = self._connection.execute(BIN, given).one()
        return VerdictCount.model_construct(
            detector=detector, version=version, right=right or 0, verdicts=count, confidence_from=least
        )

    def harm(self, detector: str, version: str, since: datetime) -> tuple[int, int]:
        """How many responses did harm since then: on assets of class high or above, and anywhere."""
        given = {"detector": detector, "version": version, "since": micros(since)}
        grave, count = self._connection.execute(HARM, given).one()
        return grave or 0, count

    def detectors(self) -> Sequence[tuple[str, str]]:
        """Every detector version that somebody judged."""
        return [(detector, version) for detector, version in self._connection.execute(JUDGED)]


class Trusts:
    """How far each detector version has come."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, TrustRow, Trust)

    def get(self, detector: str, version: str) -> Trust | None:
        """Where it stands; None where it has never earned or lost anything."""
        return self._rows.one(detector=detector, version=version)

    def put(self, trust: Trust) -> None:
        """Record where it stands now."""
        self._rows.delete(detector=trust.detector, version=trust.version)
        self._rows.insert(trust, detector=trust.detector, version=trust.version)

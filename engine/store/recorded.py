"""Reading what was requested and decided from a database that nobody needs to be running; nothing in it changes."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from engine.errors import StoreUnavailable
from engine.model.finding import Finding
from engine.model.request import Request
from engine.store.cases import Findings, Requests
from engine.store.database import open_existing, said


def recorded(url: str, since: datetime | None = None) -> Sequence[tuple[Request, Finding | None]]:
    """The requests made from then on, oldest first, each with its finding; raise `StoreUnavailable` without a store."""
    engine = open_existing(url)
    try:
        with engine.connect() as connection:
            return made(Requests(connection), Findings(connection), since)
    except SQLAlchemyError as error:
        raise StoreUnavailable(f"there are no recorded decisions to read: {said(error)}") from error
    finally:
        engine.dispose()


def made(requests: Requests, findings: Findings, since: datetime | None) -> list[tuple[Request, Finding | None]]:
    """The requests made from then on, oldest first, each with its finding."""
    wanted = [one for one in requests.all() if since is None or one.requested_at >= since]
    return [(one, findings.get(one.finding_id) if one.finding_id else None) for one in wanted]

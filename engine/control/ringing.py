"""Whose phone a card rings when it comes to a room: theirs who are asked, as far as they are known there."""

from collections.abc import Iterable, Mapping

from engine.model.request import RequestState
from engine.store.tx import Tx

MOST = 20
"""Of one card; who is asked besides is reminded alone (`engine.control.reminding`)."""


def rung(tx: Tx, room: str, request_ids: Iterable[str]) -> Mapping[str, str]:
    """User of the room -> who that is: whoever is asked about any of these and has not answered it."""
    meant = {name for one in request_ids for name in _meant(tx, one)}
    known = sorted((one.user, one.principal) for one in tx.enrolments.all() if one.room == room)
    return dict([(user, name) for user, name in known if name in meant][:MOST])


def _meant(tx: Tx, request_id: str) -> set[str]:
    request = tx.requests.get(request_id)
    if request is None or request.state is not RequestState.AWAITING_APPROVAL:
        return set()
    return {*request.asked} - {vote.principal for vote in tx.votes.of(request.id) if vote.retracted_at is None}

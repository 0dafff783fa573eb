"""The judge of the chat room: what was asked stands there once, everything was said once, and nothing is left open."""

from engine.model.request import RequestState
from tests.console.chat.slack.emulator import buttons
from tests.crash.room import Room
from tests.crash.verdict import Verdict
from tests.crash.view import View


def judge_room(room: Room, view: View, verdict: Verdict) -> None:
    """Compare what people see with the requests."""
    left = view.cards_to_carry()
    verdict.require(left == 0, "lost", f"{left} cards are not as they are to be shown")
    for request in view.requests():
        count = room.cards_of(request.id)
        verdict.require(count <= 1, "doubled", f"{request.id} stands on {count} cards", f"request/{request.id}")
        # What is asked anew takes the item of what it supersedes.
        gone = not view.card_of(request.id) or request.state is RequestState.SUPERSEDED
        verdict.require(gone or count == 1, "lost", f"{request.id} stands on no card", f"request/{request.id}")
    for key in room.said_twice():
        verdict.add("doubled", f"it was said twice: {key}")
    for card in room.slack.cards:
        verdict.require(not buttons(card), "disagreement", f"the card {card['ts']} can still be answered")

"""What the doctor says of a room whose test card nobody answers, or that shows none."""

from dataclasses import dataclass

import pytest

from console.cli.doctor import trying
from engine.errors import Denied, FirelineError, InvalidInput, ServiceAway
from engine.model.base import Json


@dataclass
class Engine:
    """One that shows a card, or says why not; nobody answers."""

    trouble: FirelineError | None = None

    def post(self, path: str, body: Json) -> Json:
        if self.trouble is not None:
            raise self.trouble
        return body

    def get(self, path: str) -> Json:
        return {"heard_from": ""}


@pytest.mark.parametrize(
    ("trouble", "health", "said"),
    [
        (None, "fail", "soc: the card was shown, and no answer to it arrived in 0 s"),
        (
            ServiceAway("room `soc`: slack answered 503"),
            "away",
            "soc: no card could be shown: room `soc`: slack answer",
        ),
        (Denied("room `soc`: not_in_channel"), "fail", "soc: no card could be shown: room `soc`: not_in_channel"),
    ],
)
def test_each_way_of_not_being_heard_is_told_apart(
    monkeypatch: pytest.MonkeyPatch, trouble: FirelineError | None, health: str, said: str
) -> None:
    monkeypatch.setattr(trying, "connect", lambda home: Engine(trouble))
    monkeypatch.setattr(trying, "names_of", lambda home, only: ["soc"])
    [line] = trying.try_rooms(None, "", 0)
    assert (line.health, line.said[: len(said)]) == (health, said)


def test_without_a_room_there_is_nothing_to_try(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trying, "names_of", lambda home, only: [])
    with pytest.raises(InvalidInput, match="no room"):
        trying.try_rooms(None, "", 0)

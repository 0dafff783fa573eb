"""What the doctor says of a room whose test card nobody answers, that shows none, or that somebody else tries, too."""

from dataclasses import dataclass, field

import pytest

from console.cli.doctor import trying
from engine.errors import Denied, FirelineError, InvalidInput, NotFound, ServiceAway
from engine.model.base import Json


@dataclass
class Engine:
    """One that shows a card and says how its test stands, or why not: `troubles` by how the path ends."""

    troubles: dict[str, FirelineError] = field(default_factory=dict)
    stands: Json = field(default_factory=lambda: {"digest": "ours", "heard_from": ""})
    ended: list[str] = field(default_factory=list)

    def post(self, path: str, body: Json) -> Json:
        verb = path.rpartition("/")[2]
        if verb in self.troubles:
            raise self.troubles[verb]
        self.ended += [path] if verb == "end" else []
        return {"digest": "ours"}

    def get(self, path: str) -> Json:
        if "get" in self.troubles:
            raise self.troubles["get"]
        return self.stands


def tried(monkeypatch: pytest.MonkeyPatch, engine: Engine) -> list[tuple[str, str]]:
    """How each of two rooms is, and what is said of it."""
    monkeypatch.setattr(trying, "connect", lambda home: engine)
    monkeypatch.setattr(trying, "names_of", lambda home, only: ["soc", "ops"])
    return [(line.health, line.said) for line in trying.try_rooms(None, "", 0)]


@pytest.mark.parametrize(
    ("troubles", "health", "said"),
    [
        ({}, "fail", "the card was shown, and no answer to it arrived in 0 s"),
        ({"trial": ServiceAway("slack answered 503")}, "away", "no card could be shown: slack answered 503"),
        ({"trial": Denied("not_in_channel")}, "fail", "no card could be shown: not_in_channel"),
        ({"get": NotFound("no room")}, "fail", "a card was shown, and whether it was answered is not known: no room"),
        ({"get": ServiceAway("gone")}, "away", "a card was shown, and whether it was answered is not known: gone"),
    ],
)
def test_each_way_of_not_being_heard_is_told_apart_and_keeps_no_other_room_from_being_tried(
    monkeypatch: pytest.MonkeyPatch, troubles: dict[str, FirelineError], health: str, said: str
) -> None:
    assert tried(monkeypatch, Engine(troubles)) == [(health, f"{name}: {said}") for name in ("soc", "ops")]


def test_a_test_that_gave_way_to_another_says_so_and_leaves_that_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(stands={"digest": "theirs", "heard_from": "anna"})
    assert tried(monkeypatch, engine)[0] == ("fail", "soc: somebody began another test meanwhile")
    assert engine.ended == []


@pytest.mark.parametrize("error", [Denied("was tried just now"), NotFound("no room"), ServiceAway("gone")])
def test_what_was_heard_is_told_though_the_card_cannot_be_ended(
    monkeypatch: pytest.MonkeyPatch, error: FirelineError
) -> None:
    engine = Engine({"end": error}, {"digest": "ours", "heard_from": "anna"})
    assert [(health, said[:18]) for health, said in tried(monkeypatch, engine)] == [
        ("pass", "soc: anna answered"),
        ("pass", "ops: anna answered"),
    ]


def test_without_a_room_there_is_nothing_to_try(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trying, "names_of", lambda home, only: [])
    with pytest.raises(InvalidInput, match="no room"):
        trying.try_rooms(None, "", 0)

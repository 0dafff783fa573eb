"""The scenario of the storm: a mistrained model reports thousands of hosts, and what it may touch is a budget."""

import json
import time
from pathlib import Path

from actions.simulators.events import Op
from console.cli.demo.scenes import Scenes
from detectors.generators import alerts
from engine.model.base import Json

DETECTOR, VERSION = "beacon.model", "7"
SCOPE = f"detector:{DETECTOR}@{VERSION}"
FINDINGS, BATCH, ANSWERED = 5000, 500, 30
FIRST = 10
"""How many come before the storm breaks; they are answered while there is room."""
BLOCK = "network.block_ip"
TOUCHED = 5
"""Blocks that the model's share of the site's points pays for."""
PEOPLE = ("anna", "samir")
CAST = alerts.CAST
POLICY = f"""\
layer: environment
on: demo
policy: storm
version: 1
description: The demo's policy with the budgets of a small site, and trust in a model that does not deserve it.
owner: governance
budgets:
  site:
    points_hour: 80
    kept_for_people: 0.5
    detector_share: 0.0625
    detector_findings_hour: {ANSWERED}
grants:
  - id: beacon-model
    detector: {DETECTOR}
    version: any
    tier: 2
    trusts_score: true
    owner: governance
    reason: it did well on last month's traffic
    expires_at: 2046-01-01T00:00:00Z
"""


def write_policy(folder: Path) -> Path:
    """The policy this scenario is played under, as a layer on the demo's."""
    path = folder / "storm.yaml"
    path.write_text(POLICY)
    return path


class StormStory(Scenes):
    """Its budget trips, the rest waits as one item, others go on; what people approve is done, and two reset it."""

    def play(self) -> None:
        """All scenes."""
        self._storm()
        self._tripped()
        self._others_go_on()
        self._people_go_on()
        self._reset()
        self.let_go()

    def _storm(self) -> None:
        """A model that was trained on the wrong week sees command and control everywhere."""
        lines = [*alerts.findings(FINDINGS, self.started, hosts=FINDINGS)]
        told = [json.dumps({**json.loads(line), "detector": DETECTOR, "detector_version": VERSION}) for line in lines]
        self.feed("storm", told[:FIRST])
        spent = self.stage.until(lambda: self._trip() if self._touched() == TOUCHED else None, 20)
        self.claim("its share spent, the model's budget tripped", spent is not None)
        began = time.monotonic()
        for first in range(FIRST, FINDINGS, BATCH):
            self.feed(f"storm-{first}", told[first : first + BATCH])
        rate = (FINDINGS - FIRST) / (time.monotonic() - began)
        self.stage.say("storm", f"{DETECTOR} {VERSION} reports {FINDINGS} hosts; taken in at {rate:.0f} a second")

    def _tripped(self) -> None:
        """As much as its share allows is done, and the rest is one thing to look at."""
        settled = self.stage.until(lambda: self._trip() if self._settled() else None, 40)
        trip = settled or {"review": "", "gathered": 0}
        self.claim(f"of {FINDINGS} hosts it touched the {TOUCHED} it may", self._touched() == TOUCHED)
        self.claim(f"it opened {ANSWERED} incidents, the rest is one", self._opened() <= ANSWERED + 3)
        self.claim("nothing that was reported is lost", trip["gathered"] == FINDINGS - ANSWERED)
        item = next((one for one in self.stage.listed("reviews") if one["id"] == trip["review"]), None)
        self.claim("the queue has one item for it, which says why", item is not None and SCOPE in str(item["because"]))
        if item is not None:
            for line in self._because(item):
                self.stage.say("queue", f"{item['id']}: {line}", str(item["incident"]))

    def _others_go_on(self) -> None:
        """Another detector is none the worse for it."""
        self.feed("beaconing", alerts.beaconing(self.started, beats=1))
        held = self.stage.until(lambda: self.action(BLOCK, CAST.beacon, "held"), 10)
        self.claim("meanwhile another detector's finding is answered by itself", held is not None)

    def _people_go_on(self) -> None:
        """What the model was right about is done when a person says so."""
        asked = next((one for one in self.stage.listed("approvals") if one["action"] == BLOCK), None)
        wanted: Json = asked or {"id": "", "digest": None, "params": {}}
        if asked is not None:
            self.vote(PEOPLE[0], wanted)
        held = self.stage.until(lambda: self.state(wanted, "held"), 10)
        self.claim("what a person approves is still done", held is not None)
        self.approved, self.executed = str(wanted["digest"]), self.executed_for(wanted)

    def _reset(self) -> None:
        """One person is not enough."""
        body: Json = {"scope": SCOPE, "reason": "version 7 is rolled back"}
        first = self.stage.client(PEOPLE[0]).post("/budgets/reset", body)
        again = self.stage.client(PEOPLE[0]).post("/budgets/reset", body)
        self.stage.say("reset", f"{PEOPLE[0]} wants {SCOPE} reset: {first['missing']} more to go")
        alone = first["missing"] == 1 and again["accepted"] is False and self._trip() is not None
        self.claim("one person alone does not reset it", alone)
        second = self.stage.client(PEOPLE[1]).post("/budgets/reset", body)
        self.stage.say("reset", f"{PEOPLE[1]} too: it is reset")
        self.claim("two people do", second["missing"] == 0 and self._trip() is None)
        self.claim("and nothing that waited is done by it", self._touched() <= TOUCHED)

    def _trip(self) -> Json | None:
        return next((trip for trip in self.stage.listed("budgets", "trips") if trip["scope"] == SCOPE), None)

    def _settled(self) -> bool:
        """Whether every finding that is answered has come to something, as far as it does without people."""
        states = [action["state"] for action in self.stage.listed("actions") if action["action"] == BLOCK]
        return len(states) >= ANSWERED and not {"requested", "authorised"} & {*states}

    def _opened(self) -> int:
        return len(self.stage.listed("incidents"))

    def _touched(self) -> int:
        """How much the model had done at the site without anybody's approval."""
        placed = {event.target for event in self.stage.site.history() if event.op is Op.PLACED}
        approved = {a["target"] for a in self.stage.listed("actions") if a["digest"] is not None and a["lease"]}
        return len(placed - approved - {CAST.beacon})

    def _because(self, item: Json) -> list[str]:
        lines = item["because"]
        return [str(line) for line in lines] if isinstance(lines, list) else []

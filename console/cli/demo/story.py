"""The four incidents, in the order they are told; every claim is checked before it counts."""

from datetime import datetime, timedelta

from actions.simulators.events import Op
from console.cli.demo.scenes import Scenes
from detectors.generators import alerts
from engine.model.base import Json

CAST = alerts.CAST
ISOLATE = "host.isolate"
BACKUP = "nightly-backup"
APPROVERS = ("anna", "samir")
SUBMITTER = "jonas"


class Story(Scenes):
    """The four incidents."""

    def play(self) -> None:
        """All scenes; the unanswered account waits while the others are told."""
        self._known_bad()
        self._unanswered()
        self._forbidden()
        self._exfiltration()
        self.let_go()

    def _known_bad(self) -> None:
        """A listed address is blocked by itself."""
        self.feed("beaconing", alerts.beaconing(self.started, beats=2))
        block = self.stage.until(lambda: self.action("network.block_ip", CAST.beacon, "held"), 10)
        self.claim("the listed address was blocked by itself, at tier 1", block is not None and block["tier"] == 1)
        self.claim("the site refuses traffic to it", not self.reaches(CAST.workstation.name, CAST.beacon))

    def _unanswered(self) -> None:
        """A privileged account: people are asked, and nobody answers."""
        self.feed("account", alerts.account_compromise(self.started))
        asked = self.stage.until(lambda: self.action("identity.disable_account", CAST.account, "awaiting_approval"), 10)
        self.claim("a privileged account is not disabled without people", asked is not None)
        held = self.stage.until(lambda: self.action("network.block_ip", CAST.intruder, "held"), 10)
        self.claim("meanwhile the intruder's address is blocked", held is not None)

    def _forbidden(self) -> None:
        """A false alarm about a domain controller: policy forbids to act."""
        self.feed("directory", alerts.false_replication(self.started))
        denied = self.stage.until(lambda: self.action(ISOLATE, CAST.controller.name, "denied"), 10)
        self.claim("the domain controller was not touched", denied is not None and self._untouched())

    def _exfiltration(self) -> None:
        """Two people say yes, the world has moved, and it is not done; then narrower, through a crash, and let go."""
        self.feed("exfiltration", alerts.exfiltration(self.started))
        asked = self._asked()
        interim = self.stage.until(lambda: self.action("network.block_ip", CAST.drop, "held"), 10)
        self.claim("the exfiltration was cut at once by a small block", interim is not None)
        self._submit_by_hand()
        answer = self.vote(SUBMITTER, asked)
        self.claim("who submitted a finding cannot approve its action", answer["accepted"] is False)
        self.vote(APPROVERS[0], asked)
        self.stage.site.others.move_job(BACKUP, CAST.server.name)
        self.stage.say("moved", f"{BACKUP} now runs from {CAST.server.name}: the world has changed since we asked")
        self.vote(APPROVERS[1], asked)
        blocked = self.stage.until(lambda: self.state(asked, "blocked"), 10)
        self.claim("approved by two people, and not done, because it would cut the backup", blocked is not None)
        free = self.reaches(CAST.server.name, "bkp-02")
        self.claim("the server is not isolated", free)
        if blocked and free:
            self.stage.say("BLOCKED", f"TWO PEOPLE SAID YES AND IT WAS NOT DONE. {CAST.server.name} was not isolated.")
        self._narrower(asked)

    def _narrower(self, before: Json) -> None:
        asked = self._asked(besides=before)
        spared = "bkp-02" in str(asked["params"])
        self.claim("asked again, sparing the backup", spared and asked["digest"] != before["digest"])
        self._nobody_answers()
        for person in APPROVERS:
            self.vote(person, asked)
        held = self.stage.until(lambda: self.state(asked, "held"), 10)
        self.claim("isolated, but for the backup", held is not None and self._isolated())
        self._crash(asked)

    def _crash(self, asked: Json) -> None:
        self.stage.say("------", "the engine, its workers and Temporal are killed")
        self.stage.kill()
        self.stage.start()
        self.stage.say("------", "both are back")
        self._once()
        released = self.stage.until(lambda: self.state(asked, "ended"), 40)
        self.claim("the isolation survived the crash and was released", released is not None)
        self.claim("it was applied exactly once", self._done_once())
        self.approved, self.executed = str(asked["digest"]), self.executed_for(asked)
        self.claim("what was executed is what was approved, by digest", self.executed == self.approved)
        self.claim("it was released within 5 s of its time, or of the engine's return", self._in_time(asked))
        self.claim("the server is reachable again, and the backup never stopped", self._restored())

    def _once(self) -> None:
        once = self._done_once()
        self.claim("after the crash nothing stands twice", once)
        if once:
            self.stage.say("------", "1 isolation at the site, 1 lease for it, nothing done twice")

    def _nobody_answers(self) -> None:
        """Meanwhile the time for the account has run out."""
        expired = self.stage.until(lambda: self.action("identity.disable_account", CAST.account, "expired"), 30)
        self.claim("unanswered means not done", expired is not None)
        self.claim("its interim is held on meanwhile", self.stage.until(self._held_on, 15) is not None)

    def _submit_by_hand(self) -> None:
        """Somebody adds a finding of their own to the incident."""
        later = alerts.exfiltration(self.started + timedelta(seconds=1), seed=2)
        self.feed("by-hand", later, SUBMITTER)
        self.stage.say("submitted", f"{SUBMITTER} adds a finding by hand to the same incident")

    def _asked(self, besides: Json | None = None) -> Json:
        return self.asked(ISOLATE, CAST.server.name, besides)

    def _isolated(self) -> bool:
        probe = self.stage.site.probe
        return probe.reachable(CAST.server.name, "bkp-02", 8400) and not probe.reachable("orders-api", CAST.server.name)

    def _restored(self) -> bool:
        return self.reaches("orders-api", CAST.server.name) and self.never_cut(BACKUP)

    def _untouched(self) -> bool:
        return not any(event.target == CAST.controller.name for event in self.stage.site.history())

    def _done_once(self) -> bool:
        """One isolation in the site's journal, one lease for it, and no effect of ours that began twice."""
        begun = [event for event in self.stage.site.history() if event.op in (Op.PLACED, Op.DONE)]
        isolations = [event for event in begun if event.action == ISOLATE]
        leases = [lease for lease in self.stage.listed("leases") if lease["action"] == ISOLATE]
        return len(isolations) == len(leases) == 1 and len({event.owner for event in begun}) == len(begun)

    def _held_on(self) -> Json | None:
        return next((entry for entry in self.stage.entries if entry["kind"] == "lease.held_on"), None)

    def _in_time(self, asked: Json) -> bool:
        lease = next((item for item in self.stage.listed("leases") if item["id"] == self._lease_of(asked)), None)
        if lease is None or lease["released_at"] is None:
            return False
        due = max(datetime.fromisoformat(str(lease["expires_at"])), self.stage.back_at)
        return datetime.fromisoformat(str(lease["released_at"])) <= due + timedelta(seconds=5)

    def _lease_of(self, asked: Json) -> object:
        action = self.state(asked, "ended")
        return None if action is None else action["lease"]

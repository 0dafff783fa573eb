"""What every story of the demo has: a stage, claims that are checked before they count, looks at engine and site."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from console.cli.demo.stage import Stage, read_alerts
from console.clock import now
from engine.model.base import Json


@dataclass
class Scenes(ABC):
    """What is played, and what was claimed of it."""

    stage: Stage
    started: datetime = field(default_factory=now)
    claims: dict[str, bool] = field(default_factory=dict)
    approved: str = ""
    executed: str = ""

    @abstractmethod
    def play(self) -> None:
        """All scenes, in their order."""

    def claim(self, what: str, holds: bool) -> None:
        """Note whether something said is so."""
        self.claims[what] = holds
        if not holds:
            self.stage.say("FAILED", what)

    def let_go(self) -> None:
        """Whatever is still in force ends by itself."""
        over = self.stage.until(lambda: not self._in_force() or None, 60)
        self.claim("every effect was released by itself", over is not None)
        self.claim("nothing of ours is left at the site", not self.stage.standing())

    def feed(self, name: str, lines: list[str], person: str | None = None) -> None:
        """Hand alerts to the engine, as a sensor would or a person does."""
        findings = read_alerts(lines, self.stage.alerts, f"{name}.jsonl")
        self.stage.client(person).post("/findings", {"findings": [*findings], "hand_fed": person is not None})

    def asked(self, action: str, target: str, besides: Json | None = None) -> Json:
        """What people are asked about a target; an empty request where nobody is."""

        def look() -> Json | None:
            found = [a for a in self.stage.listed("approvals") if (a["action"], a["target"]) == (action, target)]
            return next((a for a in found if besides is None or a["id"] != besides["id"]), None)

        return self.stage.until(look, 15) or {"id": "", "digest": None, "params": {}}

    def vote(self, person: str, asked: Json) -> Json:
        """Say yes to exactly what is asked."""
        body: Json = {"kind": "approve", "reason": "the evidence is clear", "digest": asked["digest"]}
        answer = self.stage.client(person).post(f"/approvals/{asked['id']}/votes", body)
        self.stage.tell_news()
        return answer

    def action(self, action: str, target: str, state: str) -> Json | None:
        """A request that stands there now."""
        return self._one(lambda a: (a["action"], a["target"], a["state"]) == (action, target, state))

    def state(self, asked: Json, state: str) -> Json | None:
        """What was asked, if it has come to this."""
        return self._one(lambda a: (a["id"], a["state"]) == (asked["id"], state))

    def reaches(self, source: str, destination: str, port: int | None = None) -> bool:
        """Whether the site lets it through."""
        return self.stage.site.probe.reachable(source, destination, port)

    def never_cut(self, job: str) -> bool:
        """Whether a job of the site gets through now."""
        return not any(cut.name == job for cut in self.stage.site.probe.cut_jobs())

    def executed_for(self, asked: Json) -> str:
        """The digest under which it was executed; all of them, should they differ."""
        bodies = [entry["body"] for entry in self.stage.entries if entry["kind"] == "lease.committed"]
        committed = [body for body in bodies if isinstance(body, dict) and body["request"] == asked["id"]]
        return ", ".join(sorted({str(body["approved"]) for body in committed}))

    def _in_force(self) -> list[Json]:
        return [lease for lease in self.stage.listed("leases") if lease["state"] not in ("released", "failed")]

    def _one(self, wanted: Callable[[Json], bool]) -> Json | None:
        return next((action for action in self.stage.listed("actions") if wanted(action)), None)

"""The scenario of the backup: data leaves from a host that also sends the nightly backup, as recorded flows tell."""

from datetime import timedelta

from console.cli.demo.scenes import Scenes
from detectors.generators import alerts, conn
from engine.flows.store import FlowStore
from engine.model.base import Json

HOST = alerts.Host(name="files-01", ip="10.20.4.16")
VAULT = alerts.Host(name="bkp-02", ip="10.20.4.60")
CAST = alerts.CAST.model_copy(update={"server": HOST})
ISOLATE, CLOSE = "host.isolate", "host.contain_ports"
BACKUP = "nightly-backup"
NIGHTS = 14
BACKUPS = NIGHTS + 1
"""One was begun twice: what was seen is told, and not what was planned."""
APPROVER, ASKER = "anna", "tom"


class BackupStory(Scenes):
    """Asked narrower from the start, so that the backup goes on; and what cannot spare it is not done."""

    def play(self) -> None:
        """All scenes."""
        self._recorded()
        self._narrowed()
        self._refused()
        self.let_go()
        self.claim("the backup was never cut", self._backup_runs())

    def _recorded(self) -> None:
        """A sensor's log of two weeks is taken in while the engine runs."""
        log = self.stage.alerts / "conn.log"
        log.write_text("\n".join(conn.nightly(self.started, NIGHTS, HOST.ip, VAULT.ip)) + "\n")
        taken = FlowStore(self.stage.flows_dir, timedelta(days=35)).take_in(log, self.started)
        self.claim("two weeks of recorded flows were taken in", taken.kept == NIGHTS * 3 + BACKUPS)
        self.stage.say("imported", f"{taken.kept} flows of {NIGHTS} nights, from a sensor's conn.log")

    def _narrowed(self) -> None:
        """The isolation that the playbook asks for would cut the backup: people are asked about one that spares it."""
        self.feed("exfiltration", alerts.exfiltration(self.started, cast=CAST))
        asked = self.asked(ISOLATE, HOST.name)
        wide = self.action(ISOLATE, HOST.name, "denied")
        self.claim("an isolation that cuts the backup is asked of nobody", wide is not None)
        self.claim("the flows that it would cut are named", self._named(wide))
        self.claim("what is asked instead spares the backup", VAULT.name in str(asked["params"]))
        self.vote(APPROVER, asked)
        held = self.stage.until(lambda: self.state(asked, "held"), 10)
        self.claim("isolated, but for the backup", held is not None and self._isolated())
        self.approved, self.executed = str(asked["digest"]), self.executed_for(asked)
        self.claim("what was executed is what was approved, by digest", self.executed == self.approved)
        self.claim("the backup gets through all the while", self._backup_runs())

    def _refused(self) -> None:
        """Closing the backup's port cannot spare the backup: a person's word does not do it either."""
        body: Json = {"action": CLOSE, "target": HOST.name, "reason": "close what it sends by", "lease_s": None}
        answer = self.stage.client(ASKER).post("/actions", body | {"params": {"ports": [conn.BACKUP_PORT]}})
        self.stage.tell_news()
        self.claim("what cannot spare the backup is refused", answer["state"] == "denied")
        self.claim("and the refusal names the flows", self._named(answer))

    def _named(self, answer: Json | None) -> bool:
        """Whether it says which flows, how many, and whom to ask."""
        said = "" if answer is None else str(answer["outcome"])
        return (
            f"backup {HOST.name} to {VAULT.name} tcp/{conn.BACKUP_PORT} ({BACKUPS} flows, " in said and "ask " in said
        )

    def _isolated(self) -> bool:
        return self._backup_runs() and not self.reaches("ws-114", HOST.name)

    def _backup_runs(self) -> bool:
        return self.never_cut(BACKUP) and self.reaches(HOST.name, VAULT.name, conn.BACKUP_PORT)

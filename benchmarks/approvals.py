"""From a vote in a chat room to the decision that people see, and to the moment the effect stands.

    python benchmarks/approvals.py [--json] [--asked 20]

A whole engine (`fireline up`, simulated site) beside a real Synapse, both on loopback. For each request somebody types
`approve <digest>` in the room once the card stands there. Counted from then on: until another user's client has the
line that names the vote, until it has the card without anything to answer, and until the site has the effect. The chat
server's own time is measured in the same run: from one user's message to another user's client. Needs `make servers`.
"""

import argparse
import asyncio
import json
import math
import queue
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parent.parent))

from console import first_run
from console.clock import now
from console.people import FilePeople
from engine.approvals import SHOWN
from engine.control.enrolment import PROVING, note_enrolments
from engine.model.base import Json
from engine.settings import Settings
from engine.store.store import Store
from tests.console.chat.matrix.homeserver import Homeserver, Place, homeserver, meeting
from tests.processes import Up

ROOM, ASKS, VOTES, LISTENS = "ops", "tom", "anna", "jonas"
WITHIN_S = 30.0
POLL_MS = 10_000
ECHOES = 20
MEANING = {
    "chat_server": "the chat server alone, message to reader",
    "effect": "the effect stands at the site",
    "locked": "the card is seen without buttons",
    "named": "the thread is seen to name who decided",
}


@dataclass(frozen=True)
class Heard:
    """A message as a client got it; `edits` is the event whose text it replaces."""

    at: float
    body: str
    edits: str


class Ear(threading.Thread):
    """A user's client: it long-polls the homeserver and keeps what is said in the room, with the time it came."""

    def __init__(self, server: Homeserver, room: str) -> None:
        """Begin with what is said from now on."""
        super().__init__(daemon=True)
        self._room, self._heard = room, queue.SimpleQueue[Heard]()
        self._http = httpx.Client(
            base_url=f"{server.url}/_matrix/client/v3",
            headers={"Authorization": f"Bearer {server.users[LISTENS]}"},
            timeout=WITHIN_S,
            trust_env=False,
        )
        self._since = self._sync(0)["next_batch"]
        self.start()

    def run(self) -> None:
        """Listen until the process ends."""
        while True:
            try:
                answer = self._sync(POLL_MS)
            except httpx.TransportError:
                return  # the homeserver is stopped
            at, self._since = time.time(), answer["next_batch"]
            for event in _messages(answer, self._room):
                self._heard.put(_heard(at, event))

    def until(self, *wanted: Callable[[Heard], bool]) -> list[float]:
        """When each of these was first heard, in whatever order they come; what else is said is forgotten."""
        deadline, times = time.monotonic() + WITHIN_S, [0.0] * len(wanted)
        while not all(times):
            heard = self._heard.get(timeout=max(0.0, deadline - time.monotonic()))
            times = [at or (heard.at if wants(heard) else 0.0) for at, wants in zip(times, wanted, strict=True)]
        return times

    def _sync(self, wait_ms: int) -> dict[str, Json]:
        asked = {"timeout": wait_ms} | ({"since": str(self._since)} if hasattr(self, "_since") else {})
        found: dict[str, Json] = self._http.get("/sync", params=asked).raise_for_status().json()
        return found


def _messages(answer: dict[str, Json], room: str) -> Iterator[Json]:
    joined = answer.get("rooms", {}).get("join", {})
    here = joined.get(room, {}) if isinstance(joined, dict) else {}
    timeline = here.get("timeline", {}) if isinstance(here, dict) else {}
    events = timeline.get("events", []) if isinstance(timeline, dict) else []
    for event in events if isinstance(events, list) else []:
        if isinstance(event, dict) and event["type"] == "m.room.message":
            yield event


def _heard(at: float, event: Json) -> Heard:
    content = event["content"]
    assert isinstance(content, dict)
    related, fresh = content.get("m.relates_to"), content.get("m.new_content", content)
    assert isinstance(fresh, dict)
    edits = str(related["event_id"]) if isinstance(related, dict) and related["rel_type"] == "m.replace" else ""
    return Heard(at, str(fresh["body"]), edits)


@dataclass
class Found:
    """Seconds from the moment the vote was typed; of the chat server, from one message to its reader."""

    chat_server: list[float] = field(default_factory=list)
    effect: list[float] = field(default_factory=list)
    locked: list[float] = field(default_factory=list)
    named: list[float] = field(default_factory=list)


def percentile_ms(values: Sequence[float], share: float) -> float:
    """The smallest of them, in milliseconds, that `share` of all do not exceed."""
    return sorted(values)[math.ceil(share * len(values)) - 1] * 1000


@contextmanager
def engine(home: Path, place: Place) -> Iterator[Up]:
    """An engine with this room, whose people have been known in it for a day."""
    home.mkdir(mode=0o700)
    room = {"kind": "matrix", "name": ROOM, "room": place.id, "url": place.server.url, "access_token": "env:TOKEN"}
    settings = Settings(home=home, policy="demo", site="demo")
    settings.make_directories()
    first_run.init(home, "demo")
    people = home / "people.yaml"
    for name in (VOTES, LISTENS):
        entry = f'  {name}:\n    chat: {{{ROOM}: "@{name}:localhost"}}\n'
        people.write_text(people.read_text().replace(f"  {name}:\n", entry, 1))
    with closing(Store(settings.database_url)) as store:
        asyncio.run(store.write(lambda tx: note_enrolments(tx, FilePeople(people), now() - PROVING)))
    more = {"FIRELINE_ROOMS": json.dumps([room]), "FIRELINE_PAGE_SIMULATED": "true"}
    up = Up(home, "up", "--policy", "demo", "--site", "demo", TOKEN=place.server.users["fireline"], **more)
    try:
        yield up
    finally:
        up.interrupt()


def measure(asked: int, folder: Path) -> Found:
    """Ask, approve and wait, one request after the other."""
    (folder / "synapse").mkdir()
    with homeserver(folder / "synapse") as server:
        for name in ("fireline", ASKS, VOTES, LISTENS):
            server.register(name)
        place, found = meeting(server, ASKS, VOTES, LISTENS), Found()
        ear = Ear(server, place.id)
        for number in range(ECHOES):
            began = time.time()
            place.say(VOTES, f"hello {number}")
            [heard_at] = ear.until(lambda heard: heard.body.startswith("hello"))
            found.chat_server.append(heard_at - began)
        with engine(folder / "home", place) as up:
            for number in range(asked):
                _approve(up, place, ear, f"10.20.16.{100 + number}", found)
    return found


def _approve(up: Up, place: Place, ear: Ear, target: str, found: Found) -> None:
    request = _ask(up, target)
    digest = str(request["digest"])[:SHOWN]
    ear.until(lambda heard: f"approve {digest[:4]}-{digest[4:]}" in heard.body)
    began = time.time()
    place.say(VOTES, f"approve {digest}")
    named, locked = ear.until(
        lambda heard: f"{VOTES} approves" in heard.body,
        lambda heard: bool(heard.edits) and request["id"] in heard.body and "ANSWER" not in heard.body,
    )
    found.named.append(named - began)
    found.locked.append(locked - began)
    placed = next(event for event in up.site.history() if event.target == target)
    found.effect.append(placed.at.timestamp() - began)


def _ask(up: Up, target: str) -> dict[str, str]:
    token = (up.home / "token").read_text().strip()
    headers = {"Authorization": f"Bearer {token}", "X-Fireline-As": ASKS}
    body = {"action": "network.block_ip", "target": target, "reason": "measured"}
    url = f"{up.first_line}/api/v1/actions"
    answer = httpx.post(url, json=body, headers=headers, trust_env=False, timeout=WITHIN_S).raise_for_status()
    request: dict[str, str] = answer.json()
    return request


def _row(values: Sequence[float]) -> dict[str, int]:
    return {"p50_ms": round(percentile_ms(values, 0.5)), "p95_ms": round(percentile_ms(values, 0.95))}


def _lines(told: Mapping[str, dict[str, int]]) -> Iterator[str]:
    yield f"{'from a vote typed in the room':46}{'p50 ms':>8}{'p95 ms':>8}"
    for name, row in told.items():
        yield f"{MEANING[name]:46}{row['p50_ms']:8}{row['p95_ms']:8}"


def main() -> int:
    """Measure and print; there is no bar, for the chat server's time is not ours."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--asked", type=int, default=20)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(given.asked, Path(folder))
    told = {name: _row(values) for name, values in vars(found).items()}
    print(json.dumps(told) if given.json else "\n".join(_lines(told)))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The load: incidents all the time, each taking one way through the tables, and people who answer, undo and meddle."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random

from actions.simulators.faults import FaultKind
from actions.simulators.site import Site
from console.chat.slack.blocks import Asking
from engine.errors import FirelineError
from engine.lifecycle import is_final
from engine.model.approval import VoteKind
from engine.model.base import Json
from engine.model.finding import Endpoint, Finding, Observable, ObservableType, Origin, Severity
from engine.model.lease import LeaseState
from engine.model.request import RequestState
from engine.model.run import RunState
from tests.crash.doors import Doors
from tests.crash.ground import account, beyond, host, inside, message, outside
from tests.crash.room import Room
from tests.crash.steps import Table
from tests.crash.truth import RECIPES, STANDING, WALKED, Case, Truth
from tests.crash.view import View

PATIENCE_S = 20.0
"""How long a script waits for what it wants to act on; an engine that is killed all the time is late now and then."""
OVER_WITHIN_S = 90.0
"""How long the next case waits for this one: what the engine cannot do yet must not pile up."""
WALKING = 2
"""Cases of the playbook with branches, items and rounds that are going all the time, so that many a kill meets them."""
STANDERS = 24
"""Cases that are in flight for long, so that at no instant there are few."""
IN_CHAT = 0.5
"""The share of answers that people give in the chat room."""


class Load:
    """Keeps so many cases going at once, those first that lead to steps not yet hit."""

    def __init__(self, doors: Doors, room: Room, view: View, site: Site, table: Table, random: Random) -> None:
        """Nothing is sent yet."""
        self._doors, self._room, self._view = doors, room, view
        self._site, self._table, self._random = site, table, random
        self.truth = Truth()
        self._count = 0
        self._closing = False
        self._scripts: dict[str, Callable[[Case], Awaitable[None]]] = {
            "approved": lambda case: self._vote(case, "anna", "tom"),
            "denied": self._deny,
            "voided": self._void,
            "taken-back": self._take_back,
            "frozen": self._freeze,
            "hasty": self._judge,
            "vetoed": self._release,
            "mistaken": self._mistaken,
            "drifting": lambda case: self._lift(case, 1),
            "surrendered": lambda case: self._lift(case, 2),
            "shared": self._share,
            "stuck": self._jam,
            "regretted": self._regret,
        }

    def misbehave(self) -> None:
        """Have the site refuse, lie and fall silent, each for one action."""
        faults = self._site.faults
        faults.switch_on(FaultKind.REFUSE, "host.isolate")
        faults.switch_on(FaultKind.LIE, "identity.disable_account")
        faults.switch_on(FaultKind.APPLY_BUT_TIME_OUT, "mail.quarantine")
        faults.switch_on(FaultKind.SLOW, "mail.quarantine", delay=timedelta(milliseconds=300))

    async def run(self, at_once: int) -> None:
        """Play until closed; returns when the last case has nothing more to do."""
        try:
            always = [WALKED] * WALKING + [STANDING] * STANDERS
            await asyncio.gather(*(self._play() for _ in range(at_once)), *map(self._play, always))
        finally:
            await self._doors.close()

    def close(self) -> None:
        """Begin nothing new."""
        self._closing = True

    async def _play(self, always: str = "") -> None:
        while not self._closing:
            name = always or self._choose()
            case = self._begin(name)
            await self._send(case)
            if name in self._scripts:
                await self._scripts[name](case)
            await self._view.until(lambda case=case: self._over(case), OVER_WITHIN_S)  # type: ignore[misc]

    def _choose(self) -> str:
        weights = [1 + 25 * max(map(self._table.lacking, recipe.leads_to)) for recipe in RECIPES.values()]
        return self._random.choices([*RECIPES], weights)[0]

    def _begin(self, name: str) -> Case:
        kind = RECIPES[name].category.partition(".")[0]
        things = {
            "block": outside,
            "walk": outside,
            "host": host,
            "roll": host,
            "account": account,
            "message": message,
        }[kind]
        # What is in use is not asked for again: the engine would rightly see nothing new in it.
        busy = {case.target for case in self.truth.cases if not self._over(case)}
        self._count = next(number for number in count(self._count + 1) if things(number) not in busy)
        target = things(self._count)
        case = Case(RECIPES[name], f"{name}-{self._count}", target, self._count)
        self.truth.cases.append(case)
        return case

    async def _send(self, case: Case, suffix: str = "", category: str = "", elsewhere: bool = False) -> None:
        finding = _finding(case, f"{case.name}{suffix}", category or case.recipe.category, elsewhere)
        body: Json = {"findings": [finding.model_dump(mode="json")]}
        answer = await self._doors.post("/findings", body, "siem-bot")
        answer.raise_for_status()
        accepted = answer.json()["findings"][0]
        case.findings[finding.id] = accepted["incident_id"]

    def _requests(self, case: Case) -> list[str]:
        return [name for incident in {*case.findings.values()} for name in self._view.requests_of.get(incident, ())]

    def _over(self, case: Case) -> bool:
        states = [self._view.state(name) for name in self._requests(case)]
        return bool(states) and all(state is not None and is_final(state) for state in states)

    async def _first(self, case: Case, state: RequestState) -> str | None:
        """The case's request in this state, waited for; None where it did not come to that."""

        def those() -> list[str]:
            return [name for name in self._requests(case) if self._view.state(name) is state]

        await self._view.until(lambda: bool(those()) or self._over(case), PATIENCE_S)
        return next(iter(those()), None)

    async def _vote(self, case: Case, *people: str) -> None:
        request = await self._first(case, RequestState.AWAITING_APPROVAL)
        for person in people if request else ():
            await self._cast(request or "", person, VoteKind.APPROVE)

    async def _cast(self, request: str, person: str, kind: VoteKind) -> None:
        """By the one door or the other."""
        if self._random.random() < IN_CHAT:
            await self._touch(request, person, kind)
        else:
            await self._post(request, person, kind)

    async def _touch(self, request: str, person: str, kind: VoteKind) -> None:
        """On the card, once it is there; whether it counted is what the database says."""

        def asked() -> bool:
            return self._view.state(request) is RequestState.AWAITING_APPROVAL

        await self._view.until(lambda: bool(self._view.card_of(request)) or not asked(), PATIENCE_S)
        card, digest = self._view.card_of(request), self._view.request(request).digest
        if not card or not digest:
            return
        asking = Asking(ref=card, request_id=request, digest=digest, kind=kind)
        await self._room.answer(
            self._doors.port, asking, person, lambda: not asked() or self._view.voted(request, person)
        )
        if self._view.voted(request, person):
            self.truth.votes[request, person] = kind
        else:
            self.truth.unsure.add((request, person))

    async def _post(self, request: str, person: str, kind: VoteKind) -> None:
        body: Json = {"kind": kind, "reason": "the load says so"}
        response, tries = await self._doors.ask(f"/approvals/{request}/votes", body, person)
        answer = response.json()
        # Asked again after a crash, the engine says that the first time counted.
        if answer["accepted"] or answer["because"] == "has voted already":
            self.truth.votes[request, person] = kind
        elif tries > 1:
            self.truth.unsure.add((request, person))

    async def _deny(self, case: Case) -> None:
        request = await self._first(case, RequestState.AWAITING_APPROVAL)
        if request:
            await self._cast(request, "anna", VoteKind.DENY)

    async def _void(self, case: Case) -> None:
        if await self._first(case, RequestState.AWAITING_APPROVAL):
            await self._send(case, "-more", category="note")
            await self._vote(case, "anna")
            await self._vote(case, "anna", "tom")

    async def _take_back(self, case: Case) -> None:
        if await self._first(case, RequestState.AWAITING_APPROVAL):
            await self._judge(case)

    async def _judge(self, case: Case) -> None:
        incident = next(iter(case.findings.values()))
        body: Json = {"kind": "false_positive", "reason": "a test"}
        answer = await self._doors.post(f"/incidents/{incident}/verdict", body)
        answer.raise_for_status()
        case.ended_by_people[incident] = "verdict"

    async def _mistaken(self, case: Case) -> None:
        if await self._first(case, RequestState.HELD):
            await self._judge(case)

    async def _freeze(self, case: Case) -> None:
        if await self._first(case, RequestState.AWAITING_APPROVAL):
            body: Json = {"scope": f"target:{case.target}", "reason": "a test"}
            (await self._doors.post("/freezes", body)).raise_for_status()
            await self._vote(case, "anna")

    async def _release(self, case: Case) -> None:
        request = await self._first(case, RequestState.HELD)
        lease = self._view.request(request).lease_id if request else None
        if lease:
            answer = await self._doors.post(f"/leases/{lease}/release", {"reason": "a test"})
            if answer.is_success:
                case.ended_by_people[lease] = "release"

    async def _lift(self, case: Case, times: int) -> None:
        request = await self._first(case, RequestState.HELD)
        lease = self._view.request(request).lease_id if request else None
        for n in range(times if lease else 0):
            moves = self._view.moves[f"lease/{lease}"]
            ready = await self._view.until(
                lambda n=n, moves=moves: [m[1] for m in moves].count(LeaseState.ACTIVE) > n or self._over(case),  # type: ignore[misc]
                PATIENCE_S,
            )
            if ready and not self._over(case):
                with suppress(FirelineError):
                    self._site.others.lift(self._view.lease(lease or "").owner)
                    case.meddled = True

    async def _share(self, case: Case) -> None:
        """Another incident wants the same effect, a little later."""
        await self._first(case, RequestState.HELD)
        await self._send(case, "-other", elsewhere=True)

    async def _jam(self, case: Case) -> None:
        if await self._first(case, RequestState.HELD):
            self._jam_releases(1)

    def _jam_releases(self, times: int) -> None:
        self._site.faults.switch_on(FaultKind.RELEASE_FAILS, "host.contain_ports", times=times)

    async def _regret(self, case: Case) -> None:
        """A false positive after all, while its playbook is taken back: which lasts, for the site refuses at first."""
        self._jam_releases(2)
        asked = await self._first(case, RequestState.HELD)
        run = f"run/{self._view.request(asked).run_id}" if asked else ""
        await self._view.until(lambda: self._view.went(run, RunState.ROLLING_BACK) or self._over(case), PATIENCE_S)
        await self._judge(case)


def _finding(case: Case, name: str, category: str, elsewhere: bool) -> Finding:
    at = datetime.now(UTC)
    number = 2 * case.number + elsewhere
    kind, target = category.partition(".")[0], case.target
    seen = [Observable(type=ObservableType.MESSAGE, value=target)] if kind == "message" else []
    if kind == "walk":
        seen = [Observable(type=ObservableType.IP, value=ip) for ip in (target, inside(number), beyond(number))]
    return Finding(
        id=name,
        # Each its own, for a detector that people overrule loses its autonomy.
        detector=f"crash.{case.name}",
        detector_version="1",
        time=at,
        reported_time=at.isoformat(),
        severity=Severity.MEDIUM,
        confidence=case.recipe.confidence,
        category=category,
        title=name,
        tags=case.recipe.tags,
        observables=tuple(seen),
        source=None
        if kind in ("host", "roll")
        else Endpoint(ip=inside(number), user=target if kind == "account" else account(number)),
        destination=Endpoint(host=target)
        if kind in ("host", "roll")
        else Endpoint(ip=target if kind in ("block", "walk") else None),
        origin=Origin(product="load"),
    )

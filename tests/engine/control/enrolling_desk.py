"""The doors through which people become known in rooms, over the bench."""

from engine.control.chat_voting import TapAnswer
from engine.control.enrolling import code_in, confirm, offer, take_code
from engine.control.enrolment import recognise
from engine.model.chat import Enrolment
from engine.model.enrolling import Claim
from tests.bench import Bench

ANNA = "U0ANNA"


class Desk:
    """The doors that enrolling goes through."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.codes = bench, 0

    async def offered(self, name: str = "anna", room: str = "soc") -> tuple[Claim, str]:
        self.codes += 1
        random, bench = bytes([self.codes] * 12), self.bench
        return await bench.write(lambda tx: offer(tx, bench.person(name), room, random, bench.now))

    async def typed(self, user: str, code: str, room: str = "soc") -> TapAnswer:
        bench, found = self.bench, code_in(f"enrol {code}")
        assert found is not None
        return await bench.write(lambda tx: take_code(tx, bench.desk.people, room, user, found, bench.now))

    async def claimed(self, user: str = ANNA, name: str = "anna", room: str = "soc") -> Claim:
        claim, code = await self.offered(name, room)
        assert (await self.typed(user, code, room)).accepted
        return self.claim(claim)

    async def confirmed(self, claim: Claim, user: str | None = None, by: str = "admin") -> Enrolment:
        bench = self.bench
        return await bench.write(
            lambda tx: confirm(tx, bench.desk.people, bench.person(by), claim.id, user or claim.user, bench.now)
        )

    def claim(self, claim: Claim) -> Claim:
        found = self.bench.read(lambda tx: tx.claims.get(claim.id))
        assert found is not None
        return found

    async def who(self, user: str, room: str = "soc") -> str:
        """Who a user counts as."""
        bench = self.bench
        found = await bench.write(lambda tx: recognise(tx, bench.desk.people, room, user, bench.now))
        return "" if found is None else found[0].id

    def told(self, room: str = "soc") -> list[tuple[str, str]]:
        return [(one.user, one.text) for one in self.bench.read(lambda tx: tx.whispers.waiting(room, 99))]

    def written(self, name: str, user: str, room: str = "soc") -> None:
        """Write who somebody is into the file."""
        file = self.bench.settings.people_file
        file.write_text(file.read_text().replace(f"  {name}:\n", f'  {name}:\n    chat: {{{room}: "{user}"}}\n', 1))

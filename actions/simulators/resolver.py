"""The simulated site's resolver."""

from collections.abc import Callable

from actions.simulators.elements import Elements
from actions.simulators.state import SETS
from engine.errors import TargetRefused
from engine.target_ports import NO_ANSWER

SINKHOLE = "dns.sinkhole"
ACTIONS = (SINKHOLE,)
ANSWER = "answer"
"""What the resolver says of a domain by itself; empty where it asks those who know."""


class SimulatedResolver:
    """Leaves names without an answer, each domain with all that lies under it."""

    def __init__(self, elements: Elements, ours: Callable[[str], bool]) -> None:
        """`ours` tells whether a host of the site has its name in a domain."""
        self._elements = elements
        self._ours = ours

    async def require_domain(self, domain: str) -> None:
        """Raise `TargetRefused` for a domain in which hosts of the site have their names."""
        self._elements.state()
        if self._ours(domain):
            raise TargetRefused(f"hosts of the site have their names in `{domain}`")

    async def sinkholed(self, domain: str, owner: str | None = None) -> bool:
        """Whether exactly this domain has no answer, by anyone or by this owner key."""
        return self._elements.standing(SINKHOLE, domain, owner)

    async def sinkhole(self, domain: str, owner: str) -> str:
        """Leave it without an answer, once, and return the handle."""
        return await self._elements.place(SINKHOLE, domain, owner, {SETS: {ANSWER: NO_ANSWER}})

    async def answer(self, domain: str) -> str:
        """What it says of this domain by itself."""
        return str(self._elements.setting(domain, ANSWER))

    async def answer_before(self, owner: str) -> str | None:
        """What it said before our element of this key."""
        was = self._elements.displaced(owner).get(ANSWER)
        return None if was is None else str(was)

    async def answer_again(self, domain: str, answer: str, expected: str) -> None:
        """Say this of it again, where it says what is expected."""
        self._elements.give_back(domain, ANSWER, answer, expected)

    async def element(self, owner: str) -> str | None:
        """Handle of what stands under this owner key, if it is there."""
        return self._elements.handle(owner)

    async def restore(self, owner: str) -> None:
        """Answer again, once nobody else wants it sinkholed."""
        self._elements.lift(owner)

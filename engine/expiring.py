"""What in a policy has ended, or ends soon: exclusions, protections, authorised activity and grants."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.documents import Document, Position
from engine.model.policy import PolicyDocument
from engine.model.scoped import AuthorisedActivity, Exclude, Protect
from engine.model.trust import Grant

SOON = timedelta(days=7)


@dataclass(frozen=True)
class Ending:
    """One entry with an end, and where among its section's entries it stands."""

    section: str
    index: int
    id: str
    owner: str
    expires_at: datetime
    ended: bool

    def at(self, document: Document) -> Position:
        """Its place in the file that it was read from."""
        return document.at((self.section, self.index))

    def __str__(self) -> str:
        when = self.expires_at.isoformat(timespec="seconds")
        return f"`{self.id}` of {self.owner} {'ended' if self.ended else 'ends'} at {when}"


def endings(policy: PolicyDocument, now: datetime, within: timedelta = SOON) -> Sequence[Ending]:
    """Everything that has ended by now or ends `within`, the first to end first."""
    found = (ending for ending in _entries(policy, now) if ending.expires_at <= now + within)
    return sorted(found, key=lambda ending: (ending.expires_at, ending.section, ending.index))


def _entries(policy: PolicyDocument, now: datetime) -> Iterator[Ending]:
    sections: dict[str, Sequence[Exclude | Protect | AuthorisedActivity | Grant]] = {
        "exclusions": policy.exclusions,
        "protected": policy.protected,
        "authorised_activity": policy.authorised_activity,
        "grants": policy.grants,
    }
    for section, entries in sections.items():
        for index, entry in enumerate(entries):
            end = entry.expires_at
            if end is not None:
                yield Ending(section, index, entry.id, entry.owner, end, end <= now)

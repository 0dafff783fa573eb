"""What the systems that actions work through must offer: firewalls, hosts, directories, mail, evidence, notices."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from engine.model.action import Spare
from engine.model.base import Json, Model
from engine.model.evidence import EvidenceKind, Receipt
from engine.ports import Address, Network


class BlockScope(Model):
    """Narrows a block: only this inside host, only this port, and never the spared flows."""

    host: str | None = None
    port: int | None = None
    protocol: str = "tcp"
    spare: tuple[Spare, ...] = ()


class Firewall(Protocol):
    """Blocks addresses and segments; every element carries its owner key."""

    async def require_ready(self) -> None: ...

    async def blocks(self, target: Address | Network, key: str | None = None) -> bool:
        """Whether `target` is blocked (by the element of `key`, if given)."""

    async def block(
        self, target: Address | Network, owner: str, expires_at: datetime | None, scope: BlockScope | None = None
    ) -> str:
        """Add our element once and return its handle."""

    async def element(self, owner: str) -> str | None:
        """Handle of the element this owner key stands for, if it is there."""

    async def renew(self, owner: str, expires_at: datetime | None) -> None:
        """Move the end of this owner key's element to a while after `expires_at`; refused where it is gone."""

    async def unblock(self, owner: str) -> None:
        """Remove the element of this owner key; gone already is fine."""


ISOLATED_GROUP = "isolated"
"""The group of a host control that isolated hosts are put into."""


class HostControl(Protocol):
    """Isolates hosts and closes their ports (an EDR, or a forced command over SSH)."""

    async def require_host(self, host: str) -> None: ...

    async def state(self, host: str) -> Json:
        """`{"isolated_by": [...], "closed_ports": [...]}` as it stands."""

    async def isolate(self, host: str, owner: str, spare: Sequence[Spare]) -> str:
        """Isolate it once, which puts it into `ISOLATED_GROUP`, and return the handle."""

    async def group(self, host: str) -> str:
        """The one group that it is in, by which the host control treats it."""

    async def group_before(self, owner: str) -> str | None:
        """The group its host was in before this owner key's isolation, if that stands."""

    async def regroup(self, host: str, group: str, expected: str) -> None:
        """Compare and set: put it into `group`; raise `TargetRefused` where it is in neither of the two."""

    async def close_ports(self, host: str, ports: Sequence[int], owner: str) -> str: ...

    async def element(self, owner: str) -> str | None: ...

    async def lift(self, owner: str) -> None: ...


class Directory(Protocol):
    """Accounts and their sessions."""

    async def require_account(self, account: str) -> None: ...

    async def enabled(self, account: str) -> bool: ...

    async def disable(self, account: str, owner: str) -> str: ...

    async def revoke_sessions(self, account: str, owner: str) -> str: ...

    async def sessions(self, account: str) -> int: ...

    async def require_mfa(self, account: str, owner: str) -> str:
        """Let nobody sign in with it by one factor alone, and return the handle."""

    async def mfa_required(self, account: str, owner: str | None = None) -> bool:
        """Whether that is so (by this owner key, if given)."""

    async def element(self, owner: str) -> str | None: ...

    async def restore(self, owner: str) -> None:
        """Undo what was done under this owner key: enable again what we disabled, ask no more what we asked."""


NO_ANSWER = "no answer"
"""What a resolver says of a domain that is sinkholed."""


class Resolver(Protocol):
    """Answers names; a domain that is sinkholed has no answer, nor has any name under it."""

    async def require_domain(self, domain: str) -> None:
        """Raise `TargetRefused` for a domain that it must answer itself."""

    async def sinkholed(self, domain: str, owner: str | None = None) -> bool:
        """Whether exactly this domain is (by this owner key, if given)."""

    async def sinkhole(self, domain: str, owner: str) -> str:
        """Do it once, whatever the resolver said of it by itself, and return the handle."""

    async def answer(self, domain: str) -> str:
        """What it says of exactly this domain by itself; empty where nothing."""

    async def answer_before(self, owner: str) -> str | None:
        """What it said before this owner key's element, if that stands."""

    async def answer_again(self, domain: str, answer: str, expected: str) -> None:
        """Compare and set: say `answer`; raise `TargetRefused` where it says neither of the two."""

    async def element(self, owner: str) -> str | None: ...

    async def restore(self, owner: str) -> None: ...


DONE = "done"
"""Of one target among several: what was asked was done; anything else says why not."""


class Mail(Protocol):
    """Messages and their quarantine, keyed on Message-ID."""

    async def require_message(self, messages: Sequence[str]) -> None:
        """Raise `TargetRefused` unless at least one of them is there."""

    async def quarantined(self, message_id: str) -> bool: ...

    async def quarantine(self, messages: Sequence[str], owner: str) -> Mapping[str, str]:
        """Take them out of their mailboxes once; for each `DONE`, or why not. Refused where none of them was done."""

    async def parts(self, owner: str) -> Mapping[str, str] | None:
        """What became of each message under this owner key, if anything of it stands."""

    async def restore(self, owner: str) -> None: ...


class EvidenceBounds(Model):
    """What is to be taken down, and how much at most: packets for `seconds`, a log of the last `minutes`."""

    kind: EvidenceKind
    target: str
    size: int
    seconds: int
    minutes: int


class Evidence(Protocol):
    """Takes down what a target holds, and keeps it where it is; nothing at the target changes."""

    async def require_source(self, wanted: EvidenceBounds) -> None:
        """Raise `TargetRefused` where this cannot be taken of this target."""

    async def capture(self, wanted: EvidenceBounds, owner: str) -> Receipt:
        """Take it once under this owner key; asked again, the receipt of the first time."""

    async def receipt(self, owner: str) -> Receipt | None:
        """What was taken under this owner key."""

    async def intact(self, owner: str) -> bool:
        """Whether what was taken is still there, byte for byte."""


class Records(Protocol):
    """An append-only place for notices, enrichments and tickets."""

    async def write(self, kind: str, subject: str, body: Json, owner: str) -> str: ...

    async def written(self, owner: str) -> str | None: ...

"""People, their roles and their groups."""

from enum import StrEnum

from engine.model.base import Model


class Role(StrEnum):
    """What somebody may do at all; groups say for what they may approve."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    RESPONDER = "responder"
    APPROVER = "approver"
    POLICY_ADMIN = "policy-admin"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Principal(Model):
    """One person across every channel. `accounts` are their directory accounts, which they may not vote about.

    `chat` says who they are in chat rooms: room -> the id of a user there, which nobody can rename.
    `oidc` is who they are at the identity provider, `certificates` what names those of theirs, `totp` where the secret
    of their one-time codes stands. `typed_by` is who really typed, where the local administrator acts for somebody on
    the simulated site.
    """

    id: str
    name: str
    roles: tuple[Role, ...]
    groups: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    chat: dict[str, str] = {}
    bot: bool = False
    token_sha256: str = ""
    totp: str = ""
    oidc: str = ""
    certificates: tuple[str, ...] = ()
    typed_by: str | None = None

    @property
    def signature(self) -> str:
        """How the ledger names who did something."""
        return self.id if self.typed_by is None else f"{self.id} (typed by {self.typed_by})"

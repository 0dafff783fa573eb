"""People, their groups and their duty."""

from enum import StrEnum

from engine.model.base import AwareDatetime, Model


class Role(StrEnum):
    """What somebody may do at all; groups say for what they may approve."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    RESPONDER = "responder"
    APPROVER = "approver"
    ADMIN = "admin"


class Principal(Model):
    """One person across every channel. `accounts` are their directory accounts, which they may not vote about."""

    id: str
    name: str
    roles: tuple[Role, ...]
    groups: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    bot: bool = False
    token_sha256: str = ""


class Duty(Model):
    """Somebody on call for a group between two instants."""

    principal: str
    group: str
    start: AwareDatetime
    end: AwareDatetime

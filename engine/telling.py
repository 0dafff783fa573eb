"""What people are told of an effect: each audience what it means for them, until when, and whom to call; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import StrEnum

OWNER, IT_OPERATIONS, HELP_DESK = "owner", "it-operations", "help-desk"
ALWAYS = (IT_OPERATIONS, HELP_DESK)
"""Who hears of every effect, whatever policy says; without a channel that speaks to them nothing is sent."""


class Change(StrEnum):
    """What became of an effect."""

    INTERIM = "interim"
    ACTIVE = "active"
    EXTENDED = "extended"
    RELEASED = "released"


SAID = {
    Change.INTERIM: "in force meanwhile (people still decide about more)",
    Change.ACTIVE: "in force",
    Change.EXTENDED: "stays in force",
    Change.RELEASED: "released",
}


@dataclass(frozen=True)
class Effect:
    """One change of one effect as it is told; `services` hang on the target, `call` is who can be asked."""

    lease: str
    change: Change
    what: str
    target: str
    until: datetime | None
    services: tuple[str, ...] = ()
    call: tuple[str, ...] = ()


def told(effect: Effect, audience: str, through: str = "") -> str:
    """One line for an audience; `through` is what its owner has that only depends on the target."""
    return "; ".join(part for part in (_happened(effect), _means(effect, audience, through), _next(effect)) if part)


def _happened(effect: Effect) -> str:
    until = "" if effect.change is Change.RELEASED else f" until {instant(effect.until)}"
    return f"{effect.target}: {effect.what}: {SAID[effect.change]}{until} ({effect.lease})"


def _means(effect: Effect, audience: str, through: str) -> str:
    over, services = effect.change is Change.RELEASED, listed(effect.services)
    if audience == OWNER and through:
        return f"{through} can reach it again" if over else f"{through} depends on it and may do without it meanwhile"
    if audience == OWNER:
        back = "should work as before" if over else "may be cut off meanwhile"
        return f"your {services or effect.target} {back}"
    if audience == HELP_DESK:
        ends = "; it ends by itself" if effect.until else ""
        users = f"users of {services or effect.target}"
        return f"{users} should notice nothing any more" if over else f"{users} may call{ends}"
    return f"services: {services}" if services else ""


def _next(effect: Effect) -> str:
    if effect.change is Change.RELEASED:
        return f"if not, call {listed(effect.call)}" if effect.call else ""
    return f"call {listed(effect.call)} to have it ended sooner" if effect.call else "ask for it to be ended sooner"


def listed(names: Sequence[str], most: int = 5) -> str:
    """Names in one line, and how many there are besides."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def instant(at: datetime | None) -> str:
    """When, as anybody reads it anywhere."""
    return "somebody releases it" if at is None else at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def by_the_clock(at: datetime, zone: tzinfo) -> str:
    """When, as a room reads it: by its own clock, which is named."""
    return at.astimezone(zone).strftime("%d %b %H:%M:%S %Z")

"""What a check says."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from engine.errors import FirelineError, ServiceAway, TargetUnavailable
from engine.model.base import Model
from engine.settings import Settings


class Health(StrEnum):
    """`away` is a failure too: of a service that is needed, and cannot be reached."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"
    AWAY = "away"


class Line(Model):
    """One thing looked at; `remedy` is what to do where it is not well."""

    check: str
    health: Health
    said: str
    remedy: str = ""


@dataclass(frozen=True)
class Check:
    """One look; `remedy` is for an error that it raises."""

    name: str
    look: Callable[[Settings], Iterator[Line]]
    remedy: str

    def lines(self, settings: Settings) -> Iterator[Line]:
        """What it says; an error of ours is a line too, and does not keep the other checks from being made."""
        try:
            yield from self.look(settings)
        except FirelineError as error:
            away = isinstance(error, (ServiceAway, TargetUnavailable))
            for said in str(error).splitlines() or [type(error).__name__]:
                yield Line(check=self.name, health=Health.AWAY if away else Health.FAIL, said=said, remedy=self.remedy)


def well(check: str, said: str) -> Line:
    """As it has to be."""
    return Line(check=check, health=Health.PASS, said=said)


def odd(check: str, said: str, remedy: str) -> Line:
    """Nothing is broken by it yet."""
    return Line(check=check, health=Health.WARN, said=said, remedy=remedy)


def bad(check: str, said: str, remedy: str) -> Line:
    """Something does not hold."""
    return Line(check=check, health=Health.FAIL, said=said, remedy=remedy)


def away(check: str, said: str, remedy: str) -> Line:
    """A needed service cannot be reached."""
    return Line(check=check, health=Health.AWAY, said=said, remedy=remedy)

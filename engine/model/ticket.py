"""Where incidents are followed as tickets, secrets only by reference."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, JsonValue, StringConstraints, model_validator

from engine.model.base import Model
from engine.model.channel import Secret, Secured
from engine.template import LINE, places, places_once

KNOWN = frozenset({"key", "incident", "title", "text", "severity", "urgency"})
"""What a template may have a place for; `{ticket}` too once there is one, and `{line}` in a list of a body."""
WITH_TICKET = KNOWN | {"ticket"}
Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s?#]+[^\s?#/]$"), Secured]
Name = Annotated[str, StringConstraints(pattern=r"^[^\s\"\\{}][^\"\\{}]{0,80}$")]
Pick = Annotated[str, StringConstraints(pattern=r"^[\w-]+(\.[\w-]+){0,8}$")]


class Call(Model):
    """One request of a ticket system: path (with its query) and body are templates (`engine.template`)."""

    method: Literal["GET", "POST", "PUT", "PATCH"] = "POST"
    path: Annotated[str, StringConstraints(pattern=r"^/\S*$", max_length=1000)]
    body: JsonValue = None


class Answer(Model):
    """Where an answer says which ticket it is: by what it is called again, and as people know it."""

    ticket: Pick
    label: Pick | None = None


class Shape(Model):
    """How a ticket system is spoken to: found by our key, opened, commented on, closed."""

    find: Call
    found: Answer
    open: Call
    opened: Answer
    comment: Call
    close: Call | None = None

    @model_validator(mode="after")
    def _only_known_places(self) -> "Shape":
        for name, call, known in (
            ("find", self.find, KNOWN),
            ("open", self.open, KNOWN),
            ("comment", self.comment, WITH_TICKET),
            ("close", self.close, WITH_TICKET),
        ):
            if call is not None:
                _require_known(name, call, known)
        if "key" not in {*places(self.find.path), *places(self.find.body)}:
            raise ValueError("`find` has no place for `{key}`, by which a ticket is found again")
        return self


def _require_known(name: str, call: Call, known: frozenset[str]) -> None:
    unknown = {*places(call.path), *places_once(call.body)} - known | {*places(call.body)} - known - {LINE}
    if unknown:
        raise ValueError(f"`{name}` has a place for `{{{min(unknown)}}}`, which is none of {', '.join(sorted(known))}")


class TicketSettings(Model):
    """What every ticket system has: a name, by which the ledger knows it, and where it is."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,30}$")]
    url: Url


class JiraSettings(TicketSettings):
    """A project in Jira; `transition` is the id of the one that closes, without which issues stay open."""

    kind: Literal["jira"]
    user: Name
    token: Secret
    project: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{1,30}$")]
    issue_type: Name = "Task"
    transition: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,10}$")] | None = None


class ServiceNowSettings(TicketSettings):
    """The incident table of ServiceNow; `state` is the one that closes, 6 being resolved."""

    kind: Literal["servicenow"]
    user: Name
    password: Secret
    assignment_group: Name | None = None
    state: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,3}$")] | None = "6"
    close_code: Name = "Solution provided"


class RestSettings(TicketSettings):
    """Any other system that speaks JSON; `headers` are sent with every request, their values by reference."""

    kind: Literal["rest"]
    headers: dict[Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,60}$")], Secret] = {}
    shape: Shape


TicketSystem = Annotated[JiraSettings | ServiceNowSettings | RestSettings, Field(discriminator="kind")]


def _told_apart(systems: tuple[TicketSystem, ...]) -> tuple[TicketSystem, ...]:
    names = [one.name for one in systems]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"two ticket systems are called `{twice[0]}`")
    return systems


TicketSystems = Annotated[tuple[TicketSystem, ...], AfterValidator(_told_apart)]
"""All ticket systems of a site."""

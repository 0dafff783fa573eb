"""Shows a test card in each room through the running engine, and waits until somebody answers it."""

import sys
import time
from pathlib import Path

from console.cli.answers import connect
from console.cli.doctor.lines import Line, away, bad, well
from console.client import EngineClient
from engine.errors import Denied, InvalidInput, ServiceAway
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
        engine.post(f"/rooms/{name}/trial", {})
    except ServiceAway as error:
        return away("chat", f"{name}: no card could be shown: {error}", "look at it with `fireline doctor`")
    except Denied as error:
        return bad("chat", f"{name}: no card could be shown: {error}", "mend its settings: docs/chat.md")
    print(f"{name}: a card marked TEST stands there; answer it within {wait_s:g} s", file=sys.stderr, flush=True)
    began = time.monotonic()
    heard = _heard(engine, name, began + wait_s)
    engine.post(f"/rooms/{name}/trial/end", {})
    if heard is None:
        return bad("chat", f"{name}: the card was shown, and no answer to it arrived in {wait_s:g} s", ENROLLED)
    return well("chat", f"{name}: {heard} answered, which arrived {time.monotonic() - began:.1f} s after the card")


def _heard(engine: EngineClient, name: str, until: float) -> str | None:
    while True:
        answer: Json = engine.get(f"/rooms/{name}/trial")
        if answer["heard_from"]:
            return str(answer["heard_from"])
        if time.monotonic() >= until:
            return None
        time.sleep(LOOK_EVERY_S)

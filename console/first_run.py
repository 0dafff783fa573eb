"""What `fireline init` writes into a fresh home, and never over anything that stands there.

Rules: 1. Every file is readable by its owner only. 2. A file appears whole or not at all. 3. What exists is kept,
whatever it says; done twice it equals once.
"""

import os
import secrets
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from console.people import parse, token_digest
from engine.errors import InvalidInput
from engine.model.base import Model
from engine.settings import FILE, make_private

ADMINISTRATOR = "admin"
DEMO = "demo"
PEOPLE = "people.yaml"
TOKEN = "token"


class InitReport(Model):
    """Which files were written now, and which were there already."""

    home: Path
    administrator: str
    written: tuple[str, ...]
    kept: tuple[str, ...]


def init(home: Path, site: str | None = None) -> InitReport:
    """Write token, people and settings as far as they are missing; `site` demo brings the demo's people."""
    if site not in (None, DEMO):
        raise InvalidInput(f"site `{site}` has no people of its own: only `{DEMO}` has")
    make_private(home)
    written = tuple(name for name, content in _files(home, site) if _write_new(home / name, content))
    parse(home / PEOPLE)
    kept = tuple(name for name in (TOKEN, PEOPLE, FILE) if name not in written and (home / name).exists())
    return InitReport(home=home, administrator=ADMINISTRATOR, written=written, kept=kept)


def new_token() -> str:
    """A bearer token of 256 random bits."""
    return f"fl_{secrets.token_urlsafe(32)}"


def _files(home: Path, site: str | None) -> Iterator[tuple[str, str]]:
    if not (home / PEOPLE).exists():
        # The token comes first and is read back: an earlier run may have died between the two.
        yield TOKEN, f"{new_token()}\n"
        people = _template("people-demo.yaml" if site == DEMO else PEOPLE)
        yield PEOPLE, people.replace("@TOKEN_SHA256@", token_digest((home / TOKEN).read_text().strip()))
    yield FILE, _template(FILE).replace("# site: demo", f"site: {site}" if site else "# site: demo")


def _template(name: str) -> str:
    return (files("console") / "templates" / name).read_text(encoding="utf-8")


def _write_new(path: Path, content: str) -> bool:
    """Write `path` unless it exists; whether it was written."""
    if path.exists():
        return False
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        # A link, not a rename: it fails where somebody else was faster.
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True

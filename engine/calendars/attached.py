"""Calendar files beside a policy, taken into it: from then on the policy is whole, and its digest covers their content.

Rules: 1. A file is named by its plain name and lies in the policy's own folder; a link out of it is not followed.
2. Its name says nothing: what counts is what it holds. 3. It is read at once, and told about at its own lines.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC
from pathlib import Path

from pydantic import JsonValue

from engine.calendars.ics import SIZE_LIMIT, read_ics
from engine.documents import Document, Position
from engine.errors import InvalidFile, InvalidInput

SUFFIX = ".ics"
Fetch = Callable[[str], str]
"""The text of the calendar of this name; raises `InvalidInput` where there is none."""


def beside(policy: Path) -> Fetch:
    """Calendars in the folder of the policy at this path."""

    def fetch(name: str) -> str:
        path = policy.parent / name
        try:
            if path.resolve().parent != policy.parent.resolve():
                raise InvalidInput(f"`{name}` leads out of the policy's folder")
            with path.open("rb") as file:
                raw = file.read(SIZE_LIMIT + 1)
            return raw.decode("utf-8-sig")
        except OSError as error:
            raise InvalidInput(f"`{name}` cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            if len(raw) > SIZE_LIMIT:
                raise InvalidInput(f"`{name}` is larger than {SIZE_LIMIT} bytes") from None
            at = raw.count(b"\n", 0, error.start) + 1
            raise InvalidInput("is not UTF-8 text", file=str(path), line=at, column=1) from None

    return fetch


def among(texts: Mapping[str, str]) -> Fetch:
    """Calendars that were kept with the policy's own text."""

    def fetch(name: str) -> str:
        if name not in texts:
            raise InvalidInput(f"the calendar `{name}` is not there")
        return texts[name]

    return fetch


def named_calendars(document: Document) -> Iterator[str]:
    """The files of calendars that a policy names."""
    yield from (name for _, name in _named(document))


def attach(document: Document, fetch: Fetch) -> Document:
    """The policy with every calendar's text in place of its file's name; raise `InvalidFile` with all that is wrong."""
    values, problems = dict(document.values), list[InvalidInput]()
    texts: dict[int, str] = {}
    for index, name in _named(document):
        at = document.at(["calendars", index, "file"])
        values["calendars", index, "ics"] = at
        try:
            texts[index] = _sound(fetch(_plain(name)), str(Path(document.name).parent / name))
        except InvalidFile as error:
            problems += error.problems
        except InvalidInput as error:
            problems.append(error if error.file else _at(at, error))
    if problems:
        raise InvalidFile(tuple(problems))
    return replace(document, data={**document.data, **_with(document, texts)}, values=values) if texts else document


def _at(place: Position, error: InvalidInput) -> InvalidInput:
    return place.error(error.message)


def _sound(text: str, name: str) -> str:
    """Line ends are layout; a file that cannot be read says so at its own lines, whatever zone it is to be read in."""
    plain = text.replace("\r\n", "\n")
    read_ics(plain, name, UTC)
    return plain


def _plain(name: str) -> str:
    if Path(name).name != name or not name.endswith(SUFFIX) or name.startswith("."):
        raise InvalidInput(f"`{name}`: name a file `NAME{SUFFIX}` in the policy's own folder")
    return name


def _named(document: Document) -> Iterator[tuple[int, str]]:
    for index, one in enumerate(_calendars(document)):
        if isinstance(one, dict) and isinstance(name := one.get("file"), str) and "ics" not in one:
            yield index, name


def _calendars(document: Document) -> list[JsonValue]:
    found = document.data.get("calendars")
    return found if isinstance(found, list) else []


def _with(document: Document, texts: Mapping[int, str]) -> dict[str, JsonValue]:
    return {"calendars": [_filled(one, texts.get(index)) for index, one in enumerate(_calendars(document))]}


def _filled(one: JsonValue, text: str | None) -> JsonValue:
    if text is None or not isinstance(one, dict):
        return one
    return {name: value for name, value in one.items() if name != "file"} | {"ics": text}

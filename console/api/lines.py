"""Findings as lines of JSON (NDJSON): what can be read is taken, what cannot is kept with its line and told."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import ValidationError

from engine.errors import InvalidInput
from engine.model.finding import Finding
from engine.model.intake import DeadLetter

MEDIA_TYPE = "application/x-ndjson"
MOST = 2000
"""Lines of one request, which are one transaction."""
SHOWN = 1000


@dataclass(frozen=True)
class Lines:
    """What a body came to."""

    findings: tuple[Finding, ...]
    dead_letters: tuple[DeadLetter, ...]


def read_lines(body: bytes, sender: str) -> Lines:
    """Read a body; raise `InvalidInput` where it is none at all, or too long."""
    try:
        lines = [(number, line) for number, line in enumerate(body.decode().split("\n"), 1) if line.strip()]
    except UnicodeDecodeError as error:
        raise InvalidInput(f"not UTF-8 at byte {error.start + 1}") from None
    if not 0 < len(lines) <= MOST:
        raise InvalidInput(f"{len(lines)} lines: send 1 to {MOST} at once")
    read = [*_read(lines, f"api/{sender}")]
    return Lines(
        tuple(one for one in read if isinstance(one, Finding)),
        tuple(one for one in read if isinstance(one, DeadLetter)),
    )


def _read(lines: list[tuple[int, str]], file: str) -> Iterator[Finding | DeadLetter]:
    for number, line in lines:
        try:
            yield Finding.model_validate_json(line)
        except ValidationError as error:
            said = _said(error)
            yield DeadLetter(file=file, line=number, column=1, message=said, raw=line[:SHOWN])


def _said(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(str(step) for step in first["loc"])
    return f"`{place}`: {first['msg'].lower()}" if place else first["msg"].lower()

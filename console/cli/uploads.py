"""Files handed to the engine one after the other: one that cannot be taken is told at its place, the others count."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from console.cli.leaving import complain
from engine.errors import InvalidInput
from engine.model.base import Json

if TYPE_CHECKING:
    from console.client import EngineClient


@dataclass(frozen=True)
class Uploaded:
    """What the engine answered for each file it took, and how many it did not take."""

    answers: list[Json]
    refused: int


def upload_each(
    engine: "EngineClient", path: str, files: Iterable[Path], largest: int, terms: Mapping[str, str | float]
) -> Uploaded:
    """Post each file to `path`; those above `largest` bytes are not even read."""
    answers, refused = list[Json](), 0
    for file in files:
        try:
            answers.append(engine.upload(path, _content(file, largest), file=str(file), **terms))
        except InvalidInput as error:
            complain(error)
            refused += 1
    return Uploaded(answers, refused)


def _content(file: Path, largest: int) -> bytes:
    try:
        if file.stat().st_size > largest:
            raise InvalidInput(f"is larger than {largest // 2**20} MiB: split it", file=str(file))
        return file.read_bytes()
    except OSError as error:
        raise InvalidInput(f"cannot be read: {(error.strerror or str(error)).lower()}", file=str(file)) from None

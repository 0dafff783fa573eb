"""What the store of flows holds: one small file that names its segments, replaced whole.

Rules: 1. A segment counts exactly while the manifest names it. 2. The manifest is replaced by a synced rename, so that
a crash leaves the old one or the new one. 3. A file that it does not name is taken away by the next writer.
"""

import os
from pathlib import Path

from pydantic import Field, ValidationError

from engine.errors import InvalidInput
from engine.flows.formats import FlowFormat
from engine.model.base import AwareDatetime, Model

NAME = "flows.json"


class SegmentEntry(Model):
    """One file of columns: its day (from 1970), how much is in it, and the seconds of its first and last flow."""

    name: str = Field(pattern=r"^\d{1,6}-\d{1,9}\.flows$")
    day: int
    rows: int
    flows: int
    bytes_on_disk: int
    first: int
    last: int


class ImportEntry(Model):
    """A file that was taken in: by its content, so that the same one, or one that has grown, counts once."""

    digest: str
    size: int
    lines: int
    file: str
    format: FlowFormat
    at: AwareDatetime
    records: int
    broken: int


class Manifest(Model):
    """Everything that counts; `serial` numbers the segments ever written."""

    serial: int = 0
    segments: tuple[SegmentEntry, ...] = ()
    imports: tuple[ImportEntry, ...] = ()


def load(folder: Path) -> Manifest:
    """The manifest of a store, an empty one where there is none; raise `InvalidInput` where it cannot be read."""
    path = folder / NAME
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return Manifest()
    except (OSError, ValidationError) as error:
        why = error.strerror if isinstance(error, OSError) else "is no list of segments"
        raise InvalidInput(f"cannot be read: {why}", file=str(path)) from error


def save(folder: Path, manifest: Manifest) -> None:
    """Put a manifest in the place of the one before (rule 2)."""
    fresh = folder / f"{NAME}.new"
    with fresh.open("w") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(manifest.model_dump_json())
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / NAME)
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

"""Reading a file of context, whatever of the known formats it is in."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum

from engine.context.file import ContextFile, within_itself
from engine.context.imports import json_file, stix, table
from engine.context.merge import IMPORTED
from engine.documents import parse
from engine.errors import InvalidFile, InvalidInput

LARGEST = 16 * 2**20
"""Bytes of one file: about a hundred thousand assets."""
ELSEWHERE: Mapping[str, str] = {
    "flows": "flow records are named by the setting `flows`",
    "flow_files": "flow records are named by the setting `flows`",
    "indicators": "indicators are taken in by `fireline intel import`",
    "indicator_files": "indicators are taken in by `fireline intel import`",
    "messages": "messages are known by the mail system alone",
}


class Format(StrEnum):
    """What can be read."""

    YAML = "yaml"
    CSV = "csv"
    JSON = "json"
    STIX = "stix"


def read(file: str, data: bytes, wanted: Format | None) -> tuple[Format, ContextFile]:
    """What the file says, in which format; raise `InvalidInput` with every place that is wrong in it."""
    text = _text(file, data)
    found = wanted or _format(file, text)
    content = _READERS[found](file, text)
    _require_imported(file, content)
    problems = tuple(
        InvalidInput(f"{'.'.join(map(str, path))}: {said}", file=file) for path, said in within_itself(content)
    )
    if problems:
        raise InvalidFile(problems)
    return found, content


def sha256(data: bytes) -> str:
    """What a file is known by."""
    return hashlib.sha256(data).hexdigest()


def true_at(content: ContextFile, now: datetime) -> datetime:
    """When it was true: when it says, else when it was taken in; never later than now."""
    return min(content.as_of or now, now)


def _text(file: str, data: bytes) -> str:
    if len(data) > LARGEST:
        raise InvalidInput(f"is larger than {LARGEST // 2**20} MiB: split it", file=file)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"is not UTF-8 text at byte {error.start}", file=file) from None


def _format(file: str, text: str) -> Format:
    """By its name, and JSON by what stands in it."""
    if text.lstrip().startswith("{"):
        return Format.STIX if stix.is_bundle(text) else Format.JSON
    return Format.CSV if file.lower().endswith((".csv", ".tsv")) else Format.YAML


def _yaml(file: str, text: str) -> ContextFile:
    return parse(text, file, LARGEST).validate(ContextFile)


def _require_imported(file: str, content: ContextFile) -> None:
    for name in sorted(content.model_fields_set - set(IMPORTED)):
        raise InvalidInput(f"`{name}` is not imported: {ELSEWHERE[name]}", file=file)


_READERS: Mapping[Format, Callable[[str, str], ContextFile]] = {
    Format.YAML: _yaml,
    Format.CSV: table.read,
    Format.JSON: json_file.read,
    Format.STIX: stix.read,
}

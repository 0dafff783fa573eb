"""Assets or accounts as CSV, which inventories export.

A header names the columns: those of assets, of which `name` is needed, or those of accounts with `account` in its
place. Lists are parted by `;`. Cells that are empty say nothing.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from engine.context.file import ContextFile
from engine.context.rows import Row, csv_rows
from engine.model.context import Asset, Identity

ASSET = tuple(Asset.model_fields)
ACCOUNT = ("account", *(name for name in Identity.model_fields if name != "name"))
LISTS = frozenset({"addresses", "roles", "services", "depends_on", "tags", "shares", "used_by"})


def read(file: str, text: str) -> ContextFile:
    """The content; raise `InvalidInput` at the first row that is wrong."""
    lines = text.splitlines()
    accounts = "account" in [cell.strip() for cell in (lines[0] if lines else "").split(",")]
    columns, needed = (ACCOUNT, "account") if accounts else (ASSET, "name")
    rows = [_parted(row) for row in csv_rows(Path(file), iter(lines), columns, (needed,))]
    if accounts:
        names = {name: name for name in ACCOUNT[1:]} | {"name": "account"}
        return ContextFile(identities=tuple(row.read(Identity, names) for row in rows))
    return ContextFile(assets=tuple(row.read(Asset, {name: name for name in ASSET}) for row in rows))


def _parted(row: Row) -> Row:
    return replace(row, values={name: _parts(value) if name in LISTS else value for name, value in row.values.items()})


def _parts(value: object) -> Sequence[str]:
    return [part.strip() for part in str(value).split(";") if part.strip()]

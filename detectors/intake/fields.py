"""Typed reading of records that somebody else wrote: every complaint names the field's path and the record's place."""

from pydantic import JsonValue

from detectors.intake.sightings import address
from engine.errors import InvalidInput
from engine.model.base import Json

_KINDS: dict[type, str] = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list"}


class Fields:
    """One JSON object of a record. What is null counts as missing; all complaints are `InvalidInput`."""

    def __init__(self, value: Json, file: str, line: int, path: str = "") -> None:
        """`path` is where in the record this object stands, with its dot: `alert.`."""
        self.value = value
        self._file = file
        self._line = line
        self._path = path

    def wrong(self, name: str, problem: str) -> InvalidInput:
        """The complaint about one field, to be raised."""
        return InvalidInput(f"`{self._path}{name}`: {problem}", file=self._file, line=self._line)

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self.value.get(name) is not None

    def text(self, name: str) -> str:
        """Text that must be there and not blank."""
        value = self.optional_text(name)
        if value is None:
            raise self.wrong(name, "is missing")
        return value

    def optional_text(self, name: str) -> str | None:
        """Text, or None where it is missing or blank."""
        value = self.value.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            raise self.wrong(name, f"expected text, found {kind(value)}")
        return value if value.strip() else None

    def integer(self, name: str, low: int, high: int) -> int:
        """A whole number that must be there, within bounds."""
        value = self.optional_integer(name, low, high)
        if value is None:
            raise self.wrong(name, "is missing")
        return value

    def optional_integer(self, name: str, low: int, high: int) -> int | None:
        """A whole number within bounds, or None where it is missing."""
        value = self.value.get(name)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.wrong(name, f"expected a whole number, found {kind(value)}")
        if not low <= value <= high:
            raise self.wrong(name, f"expected {low} to {high}, found `{str(value)[:40]}`")
        return value

    def optional_address(self, name: str) -> str | None:
        """An IP address in canonical form, or None where it is missing."""
        value = self.optional_text(name)
        if value is None:
            return None
        canonical = address(value)
        if canonical is None:
            raise self.wrong(name, f"`{value[:80]}` is not an IP address")
        return canonical

    def child(self, name: str) -> "Fields":
        """The object below, empty where it is missing."""
        value = self.value.get(name)
        if value is None:
            value = {}
        if not isinstance(value, dict):
            raise self.wrong(name, f"expected an object, found {kind(value)}")
        return Fields(value, self._file, self._line, f"{self._path}{name}.")

    def children(self, name: str) -> "tuple[Fields, ...]":
        """The objects of a list; a single object counts as a list of one."""
        value = self.value.get(name)
        if value is None:
            return ()
        items = value if isinstance(value, list) else [value]
        return tuple(self._item(name, index, item) for index, item in enumerate(items))

    def _item(self, name: str, index: int, item: JsonValue) -> "Fields":
        if not isinstance(item, dict):
            raise self.wrong(f"{name}[{index}]", f"expected an object, found {kind(item)}")
        return Fields(item, self._file, self._line, f"{self._path}{name}[{index}].")

    def texts(self, name: str) -> tuple[str, ...]:
        """All texts in a field that holds one or a list of them; anything else in it is left out."""
        value = self.value.get(name)
        items = value if isinstance(value, list) else [value]
        return tuple(item for item in items if isinstance(item, str) and item.strip())


def kind(value: JsonValue) -> str:
    """What a value is, in words for a complaint."""
    return "nothing" if value is None else _KINDS.get(type(value), "an object")

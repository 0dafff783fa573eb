"""All of what is asked, in pieces that any chat product shows: what a card has no room for; pure.

Rules: 1. Every parameter is there whole: a list an element a line, and what is longer than a line goes on in the next.
2. What came from outside is data (`engine.card_text`).
"""

from collections.abc import Iterable, Iterator

from pydantic import JsonValue

from engine.card_room import WIDEST, size
from engine.card_text import shown
from engine.digest import canonical
from engine.model.base import Json

LINE, PAGE = 900, 8_000
"""Characters of outside text in one line, and what one page takes where it is sent: Mattermost takes 16,383."""


def parameters(params: Json) -> Iterator[str]:
    """Every parameter."""
    for name, value in sorted(params.items()):
        if isinstance(value, list) and value:
            for number, one in enumerate(value, 1):
                yield from pieces(f"{name} {number}/{len(value)} =", _written(one))
        else:
            yield from pieces(f"{name} =", _written(value))


def pieces(label: str, text: str) -> Iterator[str]:
    """A text of any length, its label before each of its lines."""
    for at in range(0, len(text) or 1, LINE):
        yield f"{label}{' …' if at else ''} {shown(text[at : at + LINE], WIDEST * LINE)}"


def pages(lines: Iterable[str]) -> list[str]:
    """Lines together on as few pages as they fit on, in their order; none is cut."""
    found = [""]
    for line in lines:
        together = f"{found[-1]}\n{line}" if found[-1] else line
        if size(together) <= PAGE or not found[-1]:
            found[-1] = together
        else:
            found.append(line)
    return found


def _written(value: JsonValue) -> str:
    return canonical(value).decode()

"""How much of a request a card has room for; pure.

Slack takes fifty blocks of 3000 characters, a Matrix event 64 KB in which an edit stands twice. Rules: 1. What people
agree to, and what changed since they were asked, is never cut: each part stands there whole or is counted. 2. Any other
line stands there whole or is named, with where all of it is shown. 3. Sizes are those of the JSON that is sent.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.card_text import shown
from engine.digest import canonical
from engine.model.card import CardLine

WIDEST = 10
"""Into how many characters one of outside text may be spelled."""
AROUND = 16
"""What a label takes, and the space beside it."""
KEPT_FREE = 210
"""For what says that more was left out, and for what may be typed about it (`console.chat.commands`)."""
FIRST = ("EXACTLY", "DECIDED", "WARNING", "CHANGED", "WHY", "IF YES", "VOTES")
"""What has room before anything else has, in this order."""


@dataclass(frozen=True)
class Space:
    """What one request has room for: all of it, its title, and what is never cut.

    `brief` shows nothing but what comes first, and says where the rest is.
    """

    most: int
    title: int
    exact: int
    brief: bool = False


ALONE = Space(most=24_000, title=2_000, exact=1_500)
AMONG_OTHERS = Space(most=1_200, title=300, exact=300, brief=True)
"""Of twenty on one card."""


def size(text: str) -> int:
    """What a text takes where it is sent."""
    return len(canonical(text)) - 2


def bounded(text: str, most: int) -> str:
    """A text at most so large, cut where it is larger."""
    if size(text) <= most:
        return text
    while text and size(text) > most - size("…"):
        text = text[: -max(1, len(text) // 20)]
    return f"{text}…"


def whole(texts: Iterable[str], request_id: str, room: int) -> list[str]:
    """Rule 1: half of one would say something else."""
    said, left = parted(texts, room)
    more = [f"and {left} more, all of them in: {where(request_id)}"] if left else []
    return [*said, *more]


def parted(texts: Iterable[str], room: int) -> tuple[list[str], int]:
    """Those that have room, and how many have none."""
    said, left = list[str](), 0
    for text in texts:
        if len(text) > room or size(all_of_it := shown(text, WIDEST * len(text))) > room:
            left += 1
            continue
        said.append(all_of_it)
        room -= size(all_of_it) + len(", ")
    return said, left


def where(request_id: str) -> str:
    """Where everything about a request is shown, whichever room its card stands in."""
    return f"fireline approvals show {request_id} at the console"


def fitted(request_id: str, title: str, lines: Sequence[CardLine], space: Space) -> tuple[CardLine, ...]:
    """Rule 2: the lines that have room, in their order."""
    wanted = [line for line in lines if line.label in FIRST] if space.brief else lines
    over = _over(title, wanted, space)
    kept = [line for number, line in enumerate(wanted) if number not in over]
    if not over and not space.brief:
        return (*kept,)
    counted = Counter(wanted[number].label for number in sorted(over))
    left_out = f"left out here: {', '.join(f'{count} {label}' for label, count in counted.items())}; " if over else ""
    return (*kept, CardLine(label="MORE", text=f"{left_out}all of it: {where(request_id)}"))


def _over(title: str, lines: Sequence[CardLine], space: Space) -> set[int]:
    """Which lines have no room any more."""
    left, over = space.most - size(title) - KEPT_FREE, set[int]()
    for number, line in sorted(enumerate(lines), key=lambda one: _rank(one[1])):
        if size(line.text) + AROUND > left:
            over.add(number)
        else:
            left -= size(line.text) + AROUND
    return over


def _rank(line: CardLine) -> int:
    return FIRST.index(line.label) if line.label in FIRST else len(FIRST)

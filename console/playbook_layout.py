"""Where the steps of a playbook stand in its graph: blocks run downwards, what is chosen or runs together side by side.

All lengths are in pixels. A part knows only itself; whoever puts it somewhere moves it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from console.playbook_telling import on_failure
from engine.model.steps import Common, OnFailure, kind_of
from engine.playbook import Block, CompiledForEach, CompiledIf, CompiledStep, CompiledSwitch, CompiledWhile
from engine.playbook_words import headline

LETTER, LINE, MOST = 6.7, 17, 46
"""The width of a letter, the height of a line, and the most letters of one."""
ROOM, GAP, ASIDE, INSTEAD = 26, 34, 44, 96
"""Between letters and border, a step and the next, what stands side by side, and a step and what stands in for it."""

Point = tuple[float, float]


@dataclass(frozen=True)
class Node:
    """One step; the first of its lines is its name, and `title` says all of it."""

    kind: str
    lines: tuple[str, ...]
    title: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Edge:
    """A way from one place to another; dashed where it is taken on failure."""

    points: tuple[Point, ...]
    label: str = ""
    dashed: bool = False
    arrow: bool = True


@dataclass(frozen=True)
class Part:
    """A piece of the graph: it is entered at the top and left at the bottom of its `axis`."""

    width: float
    height: float
    axis: float
    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()

    def moved(self, x: float, y: float) -> "Part":
        """The same, elsewhere."""
        return replace(
            self,
            axis=self.axis + x,
            nodes=tuple(replace(node, x=node.x + x, y=node.y + y) for node in self.nodes),
            edges=tuple(replace(edge, points=tuple((a + x, b + y) for a, b in edge.points)) for edge in self.edges),
        )


def lay_out(block: Block) -> Part:
    """The steps of a block, each below the one before."""
    parts = [_step(step) for step in block]
    left = max(part.axis for part in parts)
    placed, top = [], 0.0
    for part in parts:
        placed.append((part.moved(left - part.axis, top), top, part.height))
        top += part.height + GAP
    ways = [Edge(((left, y + height), (left, below))) for (_, y, height), (_, below, _) in pairwise(placed)]
    width = max(left - part.axis + part.width for part in parts)
    return _joined((part for part, _, _ in placed), ways, width, top - GAP, left)


def _step(compiled: CompiledStep) -> Part:
    head = _head(compiled.step)
    part = _around(head, compiled) if compiled.blocks else head
    if isinstance(compiled.on_failure, OnFailure):
        return part
    instead = _step(compiled.on_failure).moved(part.width + INSTEAD, 0)
    start, end = part.nodes[0], instead.nodes[0]
    y = min(start.height, end.height) / 2
    way = Edge(((start.x + start.width, y), (end.x, y)), "on failure", dashed=True)
    width = part.width + INSTEAD + instead.width
    return _joined([part, instead], [way], width, max(part.height, instead.height), part.axis)


def _head(step: Common) -> Part:
    """One step by itself."""
    what, handling = headline(step), on_failure(step)
    lines = [step.name, what]
    lines += [f"when {step.when}"] if step.when != "true" else []
    lines += [f"on failure: {handling}"] if handling not in ("", "stop") else []
    cut = tuple(line if len(line) <= MOST else f"{line[: MOST - 1]}…" for line in lines)
    width, height = max(map(len, cut)) * LETTER + 2 * ROOM, LINE * len(cut) + 14
    title = f"{step.name}: {what}; because {step.because}"
    return Part(width, height, width / 2, (Node(kind_of(step) or "", cut, title, 0, 0, width, height),))


def _around(head: Part, compiled: CompiledStep) -> Part:
    """A step with its blocks below it, side by side, and where they meet again."""
    columns = [(label, lay_out(block)) for label, block in compiled.blocks.items()]
    passing = isinstance(compiled, CompiledIf | CompiledSwitch) and not {"else", "default"} & {*compiled.blocks}
    columns += [("else", Part(2 * ROOM, 0, ROOM))] if passing else []
    spread = sum(part.width for _, part in columns) + ASIDE * (len(columns) - 1)
    width = max(head.width, spread)
    axis, top = width / 2, head.height + GAP
    bottom = top + max(part.height for _, part in columns) + GAP
    placed, ways, x = [head.moved(axis - head.axis, 0)], list[Edge](), (width - spread) / 2
    for label, part in columns:
        column = part.moved(x, top)
        placed.append(column)
        ways += _ways(column.axis, axis, (head.height, top, top + part.height, bottom), label)
        x += part.width + ASIDE
    part = _joined(placed, ways, width, bottom, axis)
    if isinstance(compiled, CompiledWhile | CompiledForEach):
        return _looped(part, "again" if isinstance(compiled, CompiledWhile) else "next")
    return part


def _looped(part: Part, label: str) -> Part:
    """A part with the way back to its head, on the left."""
    moved = part.moved(ASIDE, 0)
    head, low = moved.nodes[0], part.height - GAP / 2
    back = Edge(((moved.axis, low), (ASIDE / 2, low), (ASIDE / 2, head.height / 2), (head.x, head.height / 2)), label)
    return replace(moved, width=part.width + ASIDE, edges=(*moved.edges, back))


def _joined(parts: Iterable[Part], ways: Sequence[Edge], width: float, height: float, axis: float) -> Part:
    placed = list(parts)
    nodes = tuple(node for part in placed for node in part.nodes)
    edges = (*ways, *(edge for part in placed for edge in part.edges))
    return Part(width, height, axis, nodes, edges)


def _ways(column: float, axis: float, heights: tuple[float, float, float, float], label: str) -> list[Edge]:
    """From the head to the column, and from there to where all meet."""
    head, top, end, bottom = heights
    middle, below = head + GAP / 2, bottom - GAP / 2
    return [
        Edge(((axis, head), (axis, middle), (column, middle), (column, top)), label, arrow=end > top),
        Edge(((column, end), (column, below), (axis, below), (axis, bottom)), arrow=False),
    ]

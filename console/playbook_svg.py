"""A playbook's graph as SVG: kinds as shapes, what is done on failure behind dashed lines.

It holds no script, style sheet or reference, so that a page with a strict content policy may show it. All text from
the file is escaped, and what does not print is replaced.
"""

from collections.abc import Callable, Iterator, Mapping
from xml.sax.saxutils import escape

from console.cli.output import printable
from console.playbook_layout import GAP, LINE, ROOM, Edge, Node, Part, Point, lay_out
from engine.playbook import Playbook

MARGIN, CUT = 24, 12
_FILLS: Mapping[str, str] = {
    "action": "#fdecea", "notify": "#fdecea", "verdict": "#fdecea",
    "task": "#fff8e1", "wait": "#f3f4f6", "playbook": "#e8f0fe",
}  # fmt: skip
_PLAIN = "#ffffff"


def render(playbook: Playbook) -> str:
    """The graph of one playbook; those that it calls are one box each."""
    part = lay_out(playbook.block).moved(MARGIN, MARGIN + 2 * GAP)
    width, height = part.width + 2 * MARGIN, part.height + 2 * MARGIN + 3 * GAP
    title = escape(printable(f"playbook {playbook.id} version {playbook.version}"))
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}" role="img" font-family="ui-monospace, monospace" font-size="11">',
        f"<title>{title}</title>",
        '<defs><marker id="end" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" '
        'orient="auto"><path d="M0 0L8 4L0 8Z" fill="#374151"/></marker></defs>',
        f'<rect width="{width:g}" height="{height:g}" fill="#ffffff"/>',
        _text(MARGIN, MARGIN, f"{playbook.id} version {playbook.version}", 'font-weight="bold" font-size="13"'),
        *_body(part),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _body(part: Part) -> Iterator[str]:
    top, bottom = MARGIN + GAP + 10, MARGIN + 3 * GAP + part.height
    start = Edge(((part.axis, top), (part.axis, MARGIN + 2 * GAP)))
    end = Edge(((part.axis, bottom - GAP), (part.axis, bottom)))
    for edge in (start, end, *part.edges):
        yield from _edge(edge)
    for y in (top, bottom):
        yield f'<circle cx="{part.axis:g}" cy="{y:g}" r="5" fill="#374151"/>'
    for node in part.nodes:
        yield from _node(node)


def _node(node: Node) -> Iterator[str]:
    yield f"<g><title>{escape(printable(node.title))}</title>"
    drawn = _SHAPES.get(node.kind, _box)(node)
    look = f'fill="{_FILLS.get(node.kind, _PLAIN)}" stroke="#374151"'
    yield from (f"{shape} {look}/>" for shape in drawn)
    for number, line in enumerate(node.lines):
        y = node.y + 4 + LINE * (number + 1) - 2
        style = 'text-anchor="middle"' + (' font-weight="bold"' if number == 0 else "")
        yield _text(node.x + node.width / 2, y, line, style)
    yield "</g>"


def _edge(edge: Edge) -> Iterator[str]:
    path = "M" + "L".join(f"{x:g} {y:g}" for x, y in edge.points)
    dashes = ' stroke-dasharray="5 4"' if edge.dashed else ""
    end = ' marker-end="url(#end)"' if edge.arrow else ""
    yield f'<path d="{path}" fill="none" stroke="#374151"{dashes}{end}/>'
    if edge.label:
        x, y = _beside(edge)
        yield _text(x, y, edge.label[:40], 'fill="#6b7280"')


def _beside(edge: Edge) -> Point:
    """Where an edge's label stands: by its last piece, or by its first where it leads back up."""
    (a, b), (x, y) = edge.points[-2:]
    if y < edge.points[0][1] and len(edge.points) > 2:
        return edge.points[1][0] + 4, edge.points[1][1] - 5
    return (min(a, x) + 8, y - 5) if b == y else (x + 5, (b + y) / 2 + 3)


def _text(x: float, y: float, text: str, style: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" {style}>{escape(printable(text))}</text>'


def _box(node: Node, radius: float = 0) -> list[str]:
    return [f'<rect x="{node.x:g}" y="{node.y:g}" width="{node.width:g}" height="{node.height:g}" rx="{radius:g}"']


def _polygon(*points: Point) -> list[str]:
    return [f'<polygon points="{" ".join(f"{x:g},{y:g}" for x, y in points)}"']


def _pointed(node: Node) -> list[str]:
    left, top, right, bottom = _sides(node)
    cut, middle = ROOM - 6, (top + bottom) / 2
    ends = (right, middle), (left, middle)
    return _polygon(
        (left + cut, top), (right - cut, top), ends[0], (right - cut, bottom), (left + cut, bottom), ends[1]
    )


def _loop(node: Node) -> list[str]:
    left, top, right, bottom = _sides(node)
    return _polygon(
        (left + CUT, top), (right - CUT, top), (right, top + CUT), (right, bottom), (left, bottom), (left, top + CUT)
    )


def _slanted(node: Node) -> list[str]:
    left, top, right, bottom = _sides(node)
    return _polygon((left + CUT, top), (right, top), (right - CUT, bottom), (left, bottom))


def _note(node: Node) -> list[str]:
    left, top, right, bottom = _sides(node)
    return _polygon((left, top), (right - CUT, top), (right, top + CUT), (right, bottom), (left, bottom))


def _octagon(node: Node) -> list[str]:
    left, top, right, bottom = _sides(node)
    above = (left, top + CUT), (left + CUT, top), (right - CUT, top), (right, top + CUT)
    below = (right, bottom - CUT), (right - CUT, bottom), (left + CUT, bottom), (left, bottom - CUT)
    return _polygon(*above, *below)


def _sides(node: Node) -> tuple[float, float, float, float]:
    return node.x, node.y, node.x + node.width, node.y + node.height


def _barred(node: Node) -> list[str]:
    sides = (node.x + 7, node.x + node.width - 7)
    return [*_box(node), *(f'<path d="M{x:g} {node.y:g}v{node.height:g}"' for x in sides)]


def _banded(node: Node) -> list[str]:
    levels = (node.y + 3, node.y + node.height - 3)
    return [*_box(node), *(f'<path d="M{node.x:g} {y:g}h{node.width:g}"' for y in levels)]


_SHAPES: Mapping[str, Callable[[Node], list[str]]] = {
    "action": lambda node: _box(node, 6),
    "parallel": _banded,
    "if": _pointed,
    "switch": _pointed,
    "while": _loop,
    "for_each": _loop,
    "task": _slanted,
    "playbook": _barred,
    "wait": lambda node: _box(node, node.height / 2),
    "notify": _note,
    "verdict": _octagon,
}

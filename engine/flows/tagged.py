"""Which rows of a day's columns serve something, and what: worked out once for each day and set of declarations.

Only tagged rows are ever asked for, so they alone are indexed: by source as they stand, by destination through `back`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.flows.columns import U2, U4, Bytes4, Columns, Places
from engine.flows.declared import Declared, Spans

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Tagged:
    """The tagged rows of a day: their places, sorted by source, what each serves, and their order by destination."""

    columns: Columns
    rows: Places
    serves: Bytes4
    source: Bytes4
    back: Places
    destination: Bytes4

    def sent(self, first: int, last: int) -> Places:
        """Which tagged rows come from these places."""
        return np.arange(*np.searchsorted(self.source, np.array([first, last], U4)))

    def received(self, first: int, last: int) -> Places:
        """Which tagged rows go to these places."""
        start, stop = np.searchsorted(self.destination, np.array([first, last], U4))
        return self.back[start:stop]


def tag(columns: Columns, declarations: Sequence[Declared]) -> Tagged:
    """Tag a day's rows; the first declaration that a row meets counts."""
    serves = np.zeros(columns.rows, U4)
    for number, one in enumerate(declarations, 1):
        met = _met(columns, one)
        serves[met[serves[met] == 0]] = number
    rows = np.flatnonzero(serves)
    destination = columns.destination[rows]
    back = np.argsort(destination, kind="stable")
    return Tagged(columns, rows, serves[rows], columns.source[rows], back, destination[back])


def _met(columns: Columns, one: Declared) -> Places:
    """The rows of which a declaration speaks."""
    if one.others is not None and one.port is None and one.protocol is None:
        return np.concatenate([_between(columns, one.ends, one.others), _between(columns, one.others, one.ends)])
    rows = np.arange(columns.rows) if one.port is None else np.flatnonzero(columns.port == U2(one.port))
    if one.protocol is not None:
        rows = rows[columns.protocol[rows] == one.protocol]
    here = _standing(columns, one.ends)
    source, destination = columns.source[rows], columns.destination[rows]
    if one.others is None:
        found: Places = rows[here[source] | here[destination]]
        return found
    there = _standing(columns, one.others)
    both: Places = rows[(here[source] & there[destination]) | (there[source] & here[destination])]
    return both


def _standing(columns: Columns, spans: Spans) -> Mask:
    """Which ends lie in the spans."""
    found = np.zeros(len(columns.high), bool)
    for first, last in spans:
        start, stop = columns.span(first, last)
        found[start:stop] = True
    return found


def _between(columns: Columns, senders: Spans, receivers: Spans) -> Places:
    """The rows from one to the other, by the senders' own rows: dependencies are many, and each is small."""
    parts = [np.empty(0, np.int64)]
    for first, last in senders:
        start, stop = np.searchsorted(columns.source, np.array(columns.span(first, last), U4))
        for lowest, highest in receivers if start < stop else ():
            low, high = columns.span(lowest, highest)
            to = columns.destination[start:stop]
            parts.append(np.flatnonzero((to >= low) & (to < high)) + start)
    return np.concatenate(parts)

"""The recorded flows as the context asks for them: what is on disk now, tagged by what is declared now.

Whoever asks pays one look at the manifest's date; what was imported since is opened then, a few milliseconds a segment.
Nothing heavy is imported before there are flows.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import InvalidInput
from engine.flows.declared import Declared, Spans
from engine.model.context import Flow

if TYPE_CHECKING:
    from engine.flows.manifest import SegmentEntry
    from engine.flows.tagged import Tagged

MANIFEST = "flows.json"
RETRIES = 3
Stamp = tuple[int, int, int]


@dataclass(frozen=True)
class Asked:
    """What an effect would cut, by addresses; as `engine.flows.look_back.Question`, which adds the window."""

    targets: Spans
    peers: Spans | None
    ports: tuple[int, ...]
    spared: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class _View:
    """What was on disk at one moment, under one set of declarations."""

    stamp: Stamp | None = None
    declarations: Sequence[Declared] = ()
    segments: "tuple[SegmentEntry, ...]" = ()
    tagged: "Mapping[str, Tagged]" = field(default_factory=dict)


class RecordedFlows:
    """The store in a folder, read only. Threads may share it: a view is replaced whole."""

    def __init__(self, folder: Path) -> None:
        """Look at nothing yet."""
        self._folder, self._view = folder, _View()

    def cut(
        self, asked: Asked, declarations: Sequence[Declared], since: datetime, until: datetime | None
    ) -> Sequence[Flow]:
        """One flow for each line of declared traffic that would have been cut; raise `InvalidInput` if damaged."""
        view = self._refreshed(declarations)
        if not view.segments:
            return ()
        from engine.flows.look_back import Question, answer

        first, last = int(since.timestamp()), 2**32 if until is None else int(until.timestamp())
        question = Question(asked.targets, asked.peers, asked.ports, asked.spared, first, last)
        days = (view.tagged[one.name] for one in view.segments if one.last >= first and one.first <= last)
        return answer(days, view.declarations, question)

    def days(self, declarations: Sequence[Declared]) -> Mapping[int, datetime]:
        """The days, counted from 1970, of which anything was recorded, with the end of the last flow of each."""
        found = dict[int, int]()
        for one in self._refreshed(declarations).segments:
            found[one.day] = max(one.last, found.get(one.day, 0))
        return {day: datetime.fromtimestamp(last, UTC) for day, last in found.items()}

    def _refreshed(self, declarations: Sequence[Declared]) -> _View:
        """Open what is new, tag it."""
        view, stamp = self._view, self._stamped()
        same = declarations is view.declarations or declarations == view.declarations
        if stamp is None:
            self._view = _View()
        elif not same or stamp != view.stamp:
            self._view = self._opened(stamp, declarations, view.tagged if same else {})
        elif declarations is not view.declarations:
            self._view = replace(view, declarations=declarations)  # so that equal ones are compared once
        return self._view

    def _opened(self, stamp: Stamp, declarations: Sequence[Declared], known: "Mapping[str, Tagged]") -> _View:
        from engine.flows.columns import opened
        from engine.flows.manifest import load
        from engine.flows.tagged import tag

        for _ in range(RETRIES):
            segments = load(self._folder).segments
            try:
                tagged = {
                    one.name: known.get(one.name) or tag(opened(self._folder / one.name), declarations)
                    for one in segments
                }
            except FileNotFoundError:
                continue  # merged into another one by a writer, just now
            return _View(stamp, declarations, segments, tagged)
        raise InvalidInput("names segments that are not there: import its flows again", file=str(self._folder))

    def _stamped(self) -> Stamp | None:
        try:
            found = os.stat(self._folder / MANIFEST)
        except FileNotFoundError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size

"""The detector: captures in, findings out, and a summary of what was read and what was not."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from detectors.dns.autoencoder import HeaderModel
from detectors.dns.capture import Batch, DamagedCapture
from detectors.dns.finding import build_finding
from detectors.dns.flows import FlowTable, Suspect
from detectors.dns.messages import Extractor, Messages
from detectors.dns.reading import read_capture
from detectors.dns.skips import Skip
from engine.errors import InvalidInput
from engine.model.base import Model
from engine.model.finding import Finding


class Summary(Model):
    """What a scan read: every packet is either in `skipped` under its reason or was looked into for messages."""

    files: int
    packets: int
    dns_messages: int
    findings: int
    skipped: dict[str, int]


@dataclass
class Scan:
    """One run over captures; `problems` collects the files that could not be read to their end."""

    model: HeaderModel
    problems: list[InvalidInput] = field(default_factory=list)
    _files: int = 0
    _packets: int = 0
    _messages: int = 0
    _findings: int = 0
    _skipped: Counter[str] = field(default_factory=Counter)

    def read(self, path: Path) -> Iterator[Finding]:
        """The findings of one capture file. A broken one is noted and gives what stands before the damage."""
        yield from self.follow(self._sound(path), path.name)

    def follow(self, batches: Iterable[Batch], origin: str, hold: int | None = None) -> Iterator[Finding]:
        """The findings in packets that belong together; `origin` is where they came from.

        A flow's finding comes when all is read, or `hold` batches after the flow was first flagged.
        """
        extractor, table = Extractor(), FlowTable(self.model, hold)
        for suspect in self._suspects(batches, extractor, table):
            self._findings += 1
            yield build_finding(suspect, self.model, origin)
        self._packets += extractor.packets
        self._skipped += extractor.skipped

    def _suspects(self, batches: Iterable[Batch], extractor: Extractor, table: FlowTable) -> Iterator[Suspect]:
        for batch in batches:
            yield from self._observe(table, extractor.messages(batch))
        yield from self._observe(table, extractor.finish())
        yield from table.finish()

    def _observe(self, table: FlowTable, messages: Messages) -> Iterator[Suspect]:
        self._messages += len(messages)
        return table.observe(messages)

    def note(self, reason: Skip, count: int) -> None:
        """Count what was lost before it could be read."""
        self._skipped[reason] += count

    @property
    def summary(self) -> Summary:
        """What was read so far."""
        return Summary(
            files=self._files,
            packets=self._packets,
            dns_messages=self._messages,
            findings=self._findings,
            skipped={reason: count for reason, count in sorted(self._skipped.items()) if count},
        )

    def _sound(self, path: Path) -> Iterator[Batch]:
        try:
            yield from read_capture(path)
        except DamagedCapture as error:
            self.problems.append(error)
            self._skipped[Skip.DAMAGED_CAPTURE] += 1
        except InvalidInput as error:
            self.problems.append(error)
            self._skipped[Skip.UNREADABLE] += 1
            return
        self._files += 1

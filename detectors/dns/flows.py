"""Flows with flagged messages: what was seen of each, added up as batches pass, in bounded memory.

Of every flow on port 53 only a count and a sum of losses are kept, so that a finding can say `3 of 400`; of flagged
flows also times, errors per bit and a few raw messages. What is full gives up its oldest.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from detectors.dns.autoencoder import HeaderModel, Losses
from detectors.dns.header import BITS
from detectors.dns.messages import Address, Message, Messages, Transport
from detectors.dns.packets import DNS_PORT

MOST_FLOWS = 200_000
MOST_SUSPECTS = 10_000
SAMPLES = 4


@dataclass(frozen=True, slots=True)
class FlowKey:
    """A flow, the same for both directions: the server is the end on port 53, of two such ends the higher address."""

    transport: Transport
    client: Address
    client_port: int
    server: Address
    server_port: int

    @classmethod
    def of(cls, message: Message) -> "FlowKey":
        """The flow a message belongs to."""
        ends = message.ends
        sender, receiver = (ends.source, ends.source_port), (ends.destination, ends.destination_port)
        from_server = (sender[1] == DNS_PORT, sender[0]) > (receiver[1] == DNS_PORT, receiver[0])
        client, server = (receiver, sender) if from_server else (sender, receiver)
        return cls(message.transport, *client, *server)


@dataclass(frozen=True, slots=True)
class Sample:
    """One flagged message in the raw, with its loss."""

    message: Message
    loss: float


@dataclass(slots=True)
class Suspect:
    """A flow with flagged messages, first seen in batch number `born`.

    `messages` and `mean_loss` count all of the flow's, flagged or not; they are set when the flow is handed out.
    """

    key: FlowKey
    flow: int
    born: int
    first: int
    last: int
    flagged: int = 0
    worst: float = 0.0
    assumed: bool = False
    errors: Losses = field(default_factory=lambda: np.zeros(BITS))
    samples: list[Sample] = field(default_factory=list)
    messages: int = 0
    mean_loss: float = 0.0

    def add(self, message: Message, loss: float, errors: Losses) -> None:
        """Take in one more flagged message."""
        self.flagged += 1
        self.first, self.last = min(self.first, message.time), max(self.last, message.time)
        self.worst = max(self.worst, loss)
        self.assumed |= message.assumed
        self.errors += errors
        if len(self.samples) < SAMPLES:
            self.samples.append(Sample(message, loss))


class FlowTable:
    """The flows of one capture."""

    def __init__(self, model: HeaderModel, hold: int | None = None) -> None:
        """Judge by `model`; hand a flow out `hold` batches after it was first flagged, or else when all is read."""
        self._model, self._hold = model, hold
        self._batch = 0
        self._seen: dict[int, tuple[int, float]] = {}
        self._suspects: dict[FlowKey, Suspect] = {}

    def observe(self, messages: Messages) -> Iterator[Suspect]:
        """Take in a batch; hand out the flows that must make room."""
        losses = self._model.losses(messages.patterns)
        self._count(messages, losses)
        flagged = np.flatnonzero(losses > self._model.card.threshold)
        distinct, where = np.unique(messages.patterns[flagged], return_inverse=True)
        errors = self._model.errors(distinct)
        for index, row in zip(flagged.tolist(), where.tolist(), strict=True):
            message = messages.message(index)
            self._suspect(message, int(messages.flows[index])).add(message, float(losses[index]), errors[row])
        self._batch += 1
        while self._suspects and self._is_due(next(iter(self._suspects.values()))):
            yield self._release(next(iter(self._suspects)))

    def finish(self) -> Iterator[Suspect]:
        """Hand out all the rest, oldest first."""
        for key in list(self._suspects):
            yield self._release(key)

    def _is_due(self, oldest: Suspect) -> bool:
        waited = self._hold is not None and self._batch - oldest.born >= self._hold
        return waited or len(self._suspects) > MOST_SUSPECTS

    def _count(self, messages: Messages, losses: Losses) -> None:
        flows, where = np.unique(messages.flows, return_inverse=True)
        counts, sums = np.bincount(where, minlength=len(flows)), np.bincount(where, losses, len(flows))
        for flow, count, total in zip(flows.tolist(), counts.tolist(), sums.tolist(), strict=True):
            before, loss = self._seen.get(flow, (0, 0.0))
            self._seen[flow] = (before + count, loss + total)
        while len(self._seen) > MOST_FLOWS:
            del self._seen[next(iter(self._seen))]

    def _suspect(self, message: Message, flow: int) -> Suspect:
        key = FlowKey.of(message)
        return self._suspects.setdefault(key, Suspect(key, flow, self._batch, message.time, message.time))

    def _release(self, key: FlowKey) -> Suspect:
        """Complete a suspect with its flow's counts; what was forgotten of them is made up from what was flagged."""
        suspect = self._suspects.pop(key)
        count, total = self._seen.get(suspect.flow, (0, 0.0))
        suspect.messages = max(count, suspect.flagged)
        suspect.mean_loss = total / count if count >= suspect.flagged else suspect.worst
        return suspect

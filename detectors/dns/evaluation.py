"""How a model does on captures, beside the plain rule on the same bytes."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from detectors.dns.autoencoder import HeaderModel
from detectors.dns.header import Patterns, implausible
from detectors.dns.messages import Extractor
from detectors.dns.reading import read_capture
from engine.model.base import Model


class Comparison(Model):
    """One capture: messages, how many the model flags, the rule flags, and both."""

    capture: str
    messages: int
    flagged: int
    flagged_by_rule: int
    flagged_by_both: int


class Evaluation(Model):
    """Every capture, and what they come to: messages in all, and captures with more than 5 % of theirs flagged."""

    detector: str
    version: str
    threshold: float
    captures: tuple[Comparison, ...]
    messages: int
    flagged: int
    flagged_by_rule: int
    captures_over_5_percent: int
    captures_over_5_percent_by_rule: int


def read_patterns(path: Path) -> Patterns:
    """The patterns of every message of a capture, as they were found; raises as `read_capture` does."""
    extractor = Extractor()
    parts = [extractor.messages(batch).patterns for batch in read_capture(path)]
    return np.concatenate([*parts, extractor.finish().patterns])


def compare(model: HeaderModel, capture: str, patterns: Patterns) -> Comparison:
    """Judge one capture's messages both ways."""
    flagged, odd = model.flags(patterns), implausible(patterns)
    return Comparison(
        capture=capture,
        messages=len(patterns),
        flagged=int(flagged.sum()),
        flagged_by_rule=int(odd.sum()),
        flagged_by_both=int((flagged & odd).sum()),
    )


def evaluate(model: HeaderModel, paths: Iterable[Path]) -> Evaluation:
    """Judge captures both ways and add up; raises as `read_capture` does."""
    captures = tuple(compare(model, path.name, read_patterns(path)) for path in paths)
    return Evaluation(
        detector=model.card.detector,
        version=model.card.version,
        threshold=model.card.threshold,
        captures=captures,
        messages=sum(one.messages for one in captures),
        flagged=sum(one.flagged for one in captures),
        flagged_by_rule=sum(one.flagged_by_rule for one in captures),
        captures_over_5_percent=sum(one.flagged > 0.05 * one.messages for one in captures),
        captures_over_5_percent_by_rule=sum(one.flagged_by_rule > 0.05 * one.messages for one in captures),
    )

"""Products' words as ours: technique ids of ATT&CK, confidence as a number, names of detectors."""

import re
from collections.abc import Iterable, Mapping

_UNSAFE = re.compile(r"[^a-z0-9._-]+")
_TECHNIQUE = re.compile(r"T\d{4}(?:[._]\d{3})?", re.ASCII)

CONFIDENCE: Mapping[str, float] = {"low": 0.3, "medium": 0.6, "high": 0.9}
"""A word as the number policy compares; what it is really worth is measured from verdicts, and policy caps it."""


def technique_ids(texts: Iterable[str]) -> tuple[str, ...]:
    """The texts that are technique ids, as `T1048` or `T1059.001`, each once, in order."""
    upper = (text.strip().upper() for text in texts)
    return tuple(dict.fromkeys(text.replace("_", ".") for text in upper if _TECHNIQUE.fullmatch(text)))


def lowest_confidence(words: Iterable[str]) -> float | None:
    """The least of the words that we know, None where there is none: a product that wavers is not sure."""
    known = [CONFIDENCE[word.strip().lower()] for word in words if word.strip().lower() in CONFIDENCE]
    return min(known, default=None)


def detector_name(*parts: str) -> str:
    """A detector's name from a product's own words: `Suricata`, `1`, `2001219` gives `suricata.1.2001219`."""
    slugs = (_UNSAFE.sub("-", part.strip().lower()).strip("-.")[:64] for part in parts)
    return ".".join(slug for slug in slugs if slug) or "unnamed"

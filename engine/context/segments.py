"""In which of a site's segments something stands."""

from collections.abc import Iterable, Sequence

from engine.context.parts import Segment
from engine.context.places import Place, bounds


class Segments:
    """A site's segments, the smallest first."""

    def __init__(self, segments: Iterable[Segment]) -> None:
        """Order them once, so that many things can be looked up."""
        ordered = sorted(segments, key=lambda segment: -segment.cidr.prefixlen)
        self._named = {segment.name: segment for segment in reversed(ordered)}
        self._spans = [(segment.cidr.version, *bounds(segment.cidr), segment) for segment in ordered]

    def of(self, named: str, places: Sequence[Place]) -> Segment | None:
        """The segment that something says it is in, else the smallest that holds all of one of its places."""
        if named:
            return self._named.get(named)
        spans = [(place.version, *bounds(place)) for place in places]
        for version, low, high, segment in self._spans:
            if any(version == other and low <= first and last <= high for other, first, last in spans):
                return segment
        return None

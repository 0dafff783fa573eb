"""What of a request intelligence may speak of."""

from collections.abc import Sequence

from engine.model.action import ActionSpec, TargetKind
from engine.model.finding import Finding, Observable, ObservableType
from engine.model.request import Request

INDICATING = frozenset({ObservableType.IP, ObservableType.DOMAIN, ObservableType.HASH, ObservableType.URL})

ITSELF = {
    TargetKind.ADDRESS: ObservableType.IP,
    TargetKind.SEGMENT: ObservableType.IP,
    TargetKind.DOMAIN: ObservableType.DOMAIN,
}
"""Targets that intelligence may speak of, and as what."""


def observables_of(spec: ActionSpec, request: Request, finding: Finding | None) -> Sequence[Observable]:
    """What intelligence is asked about: an address or a domain itself; for anything else, what the finding saw."""
    kind = ITSELF.get(spec.target)
    target = () if kind is None else (Observable(type=kind, value=request.target),)
    single = spec.target in (TargetKind.ADDRESS, TargetKind.DOMAIN)
    seen = () if finding is None or single else finding.observables
    return (*target, *(one for one in seen if one.type in INDICATING))

"""The tagged traffic that a request's parameters would cut, and parameters that would spare it.

An action says what it narrows itself to by the names of its parameters: `host` (only traffic with this one), `port` or
`ports`, and `spare` (flows it leaves alone).
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from pydantic import ValidationError

from engine.context.places import overlap, place, spelling
from engine.model.action import Params, Spare, TargetKind
from engine.model.base import Json
from engine.model.context import Flow
from engine.ports import FlowScope, Network, Subject

SPARE = "spare"
CLOCKS_DIFFER = timedelta(minutes=5)
"""Flows dated this far ahead of us count: who saw them may have a faster clock, and a backup may have just begun."""
SPARED_AT_MOST = 20
"""More exceptions than people can read are no narrower action."""


def cut(subject: Subject, params: Params) -> Sequence[Flow]:
    """Every line of tagged traffic in the look-back window that these parameters would have cut."""
    since, until = subject.now - subject.look_back, subject.now + CLOCKS_DIFFER
    found = subject.context.flows(_scope(subject, params), since, until)
    return sorted(found, key=lambda flow: (flow.tag, flow.lines > 1, *_line(flow)))


def sparing(subject: Subject, flows: Sequence[Flow]) -> Json | None:
    """The request's parameters with these flows spared; None where the action cannot spare them all."""
    if SPARE not in type(subject.params).model_fields or len(flows) > SPARED_AT_MOST:
        return None
    spares = {*_spared(subject.params), *(spare for flow in flows for spare in _spares(subject, flow))}
    spelled = [spare.model_dump(mode="json") for spare in sorted(spares, key=_spare_order)]
    try:
        narrowed = type(subject.params).model_validate({**subject.params.model_dump(), SPARE: spelled})
    except ValidationError:
        return None
    still_cut = {_line(flow) for flow in cut(subject, narrowed)}
    return None if still_cut & set(map(_line, flows)) else {**subject.request.params, SPARE: [*spelled]}


def _scope(subject: Subject, params: Params) -> FlowScope:
    effect = params.effect()
    peer, port, ports = effect.get("host"), effect.get("port"), effect.get("ports")
    host = subject.asset if subject.spec.target is TargetKind.HOST else None
    return FlowScope(
        targets=(subject.request.target, *(host.addresses if host else ())),
        peer=peer if isinstance(peer, str) else None,
        ports=tuple(one for one in (ports if isinstance(ports, list) else [port]) if isinstance(one, int)),
        spare=_spared(params),
    )


def _spared(params: Params) -> tuple[Spare, ...]:
    spare = params.effect().get(SPARE)
    return tuple(Spare.model_validate(one) for one in spare) if isinstance(spare, list) else ()


def _spares(subject: Subject, flow: Flow) -> Iterator[Spare]:
    """The flow as seen from each of its ends that is the target's: the other end and the port."""
    for end, peer in ((flow.source, flow.destination), (flow.destination, flow.source)):
        if flow.port and _is_target(subject, end):
            yield from (Spare(peer=name, port=flow.port, protocol=flow.protocol) for name in _peers(subject, peer))


def _peers(subject: Subject, end: str) -> Sequence[str]:
    """A host control knows hosts by name, a firewall by address."""
    asset = subject.context.asset(end)
    if asset is None or (subject.spec.target is not TargetKind.HOST and place(end) is not None):
        return (spelling(end),)
    names = (asset.name,) if subject.spec.target is TargetKind.HOST else asset.addresses
    return tuple(map(spelling, names))


def _is_target(subject: Subject, end: str) -> bool:
    target = place(subject.request.target)
    asset = subject.context.asset(end)
    places = [place(name) for name in (end, *(asset.addresses if asset else ()))]
    if isinstance(target, Network):
        return any(found is not None and overlap(found, target) for found in places)
    return spelling(end) == spelling(subject.request.target) or (asset is not None and asset == subject.asset)


def _line(flow: Flow) -> tuple[str, str, int, str]:
    return flow.source, flow.destination, flow.port, flow.protocol


def _spare_order(spare: Spare) -> tuple[str, int, str]:
    return spare.peer, spare.port, spare.protocol

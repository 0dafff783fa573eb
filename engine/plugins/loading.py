"""From pins to what runs: a plug-in is loaded as it was pinned, or not at all, and then its report says why.

Rules: 1. Nothing of a plug-in runs before its digest is the pinned one. 2. A name that ships, or that an earlier pin
brought, refuses the plug-in. 3. Whatever one plug-in does wrong disables that one alone, and all of it. 4. A check
that a pin names is never silently absent.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint
from pathlib import Path

from engine.errors import Denied
from engine.model.plugin import PluginKind, PluginPin, PluginReport, PluginState
from engine.plugins.admission import require_fit
from engine.plugins.importing import admit
from engine.plugins.installed import Candidate, Installed, candidates
from engine.plugins.missing import MissingCheck

Offers = Mapping[tuple[PluginKind, str], object]
LOADED_WHEN_TRIED = frozenset({PluginKind.CONFORMANCE})
"""Samples for the suites: no engine needs them."""


@dataclass(frozen=True)
class Plugins:
    """What runs besides what ships, and what became of everything pinned or installed."""

    offers: Offers = field(default_factory=dict)
    reports: tuple[PluginReport, ...] = ()
    missing: tuple[MissingCheck, ...] = ()

    def of(self, kind: PluginKind) -> dict[str, object]:
        """What was brought of this kind, by name."""
        return {name: offered for (known, name), offered in self.offers.items() if known is kind}


def load_plugins(
    pins: Sequence[PluginPin], taken: Mapping[PluginKind, Iterable[str]], path: Sequence[str] | None = None
) -> Plugins:
    """Load every pinned plug-in; `taken` are the names that ship. Raises nothing for what a plug-in does."""
    found = {candidate.name: candidate for candidate in candidates(path)}
    names = {(kind, name) for kind, shipped in taken.items() for name in shipped}
    offers: dict[tuple[PluginKind, str], object] = {}
    reports: list[PluginReport] = []
    for pin in pins:
        candidate = found.pop(pin.name, None)
        report, brought = (_absent(pin), {}) if candidate is None else _load(pin, candidate, names | offers.keys())
        offers |= brought
        reports.append(report)
    reports += [unpinned(candidate) for candidate in found.values()]
    return Plugins(offers, tuple(reports), tuple(_missing(pins, reports)))


def load_samples(installed: Installed) -> dict[str, object]:
    """What it gives to be tried on, by name, of a plug-in that is loaded; the error for what cannot be imported."""
    samples: dict[str, object] = {}
    for kind, entry in installed.offers:
        if kind in LOADED_WHEN_TRIED:
            try:
                samples[entry.name] = _bring(installed, kind, entry)
            except (Denied, ImportError) as error:
                samples[entry.name] = error
    return samples


def unpinned(candidate: Candidate) -> PluginReport:
    """Something installed that nobody has pinned."""
    try:
        read = candidate.read()
    except Denied as error:
        return _report(candidate, PluginState.REFUSED, because=str(error))
    because = "nobody has pinned it"
    return _report(candidate, PluginState.UNPINNED, read, because, f"`fireline plugins pin {candidate.name}`")


def _load(pin: PluginPin, candidate: Candidate, taken: Iterable[tuple[PluginKind, str]]) -> tuple[PluginReport, Offers]:
    try:
        installed = candidate.read()
    except Denied as error:
        return _report(candidate, PluginState.REFUSED, because=str(error)), {}
    if installed.digest != pin.digest:
        because = f"its files are not those that were pinned: {installed.digest[:23]}, not {pin.digest[:23]}"
        remedy = f"read what changed, then `fireline plugins pin {pin.name}`"
        return _report(candidate, PluginState.CHANGED, installed, because, remedy), {}
    try:
        _require_free(pin, installed, taken)
        admit(installed)
        brought = {(kind, entry.name): _bring(installed, kind, entry) for kind, entry in _running(installed)}
    except Denied as error:
        return _report(candidate, PluginState.REFUSED, installed, str(error)), {}
    except ImportError as error:
        return _report(candidate, PluginState.BROKEN, installed, str(error)), {}
    return _report(candidate, PluginState.LOADED, installed), brought


def _require_free(pin: PluginPin, installed: Installed, taken: Iterable[tuple[PluginKind, str]]) -> None:
    foreign = [entry.value for _, entry in installed.offers if entry.module.partition(".")[0] not in installed.packages]
    if foreign:
        raise Denied(f"it offers `{foreign[0]}`, which is no part of it")
    offered = [(kind, entry.name) for kind, entry in _running(installed)]
    clash = next((f"{kind.value}: `{name}`" for kind, name in offered if (kind, name) in taken), None)
    if clash or len(set(offered)) < len(offered):
        raise Denied(f"it offers a name that is taken: {clash or 'one of its own, twice'}")
    checks = installed.named(PluginKind.CHECK)
    if sorted(checks) != sorted(pin.checks):
        named = ", ".join(checks) or "none"
        raise Denied(f"its pin does not name the checks it has ({named}): `fireline plugins pin {pin.name}`")


def _running(installed: Installed) -> list[tuple[PluginKind, EntryPoint]]:
    return [(kind, entry) for kind, entry in installed.offers if kind not in LOADED_WHEN_TRIED]


def _bring(installed: Installed, kind: PluginKind, entry: EntryPoint) -> object:
    try:
        offered: object = _file(installed, entry) if kind is PluginKind.RULES else entry.load()
        require_fit(kind, entry.name, offered)
    except Denied as error:
        raise Denied(f"{kind.value}: `{entry.name}` {error}") from error
    # INVARIANT: rule 3. Whatever its code raises, an interpreter's exit too, ends in its own report.
    except (Exception, SystemExit) as error:
        said = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        raise ImportError(f"importing `{entry.value}` failed: {said}") from error
    return offered


def _file(installed: Installed, entry: EntryPoint) -> Path:
    """Rules are data: `package:rules.yaml` is a file of the package, and nothing is imported for it."""
    name = f"{entry.module.replace('.', '/')}/{entry.attr}"
    if name not in installed.files:
        raise Denied(f"names `{name}`, which it does not have")
    return installed.root / name


def _absent(pin: PluginPin) -> PluginReport:
    remedy = "install it, or take its pin out of the settings"
    return PluginReport(
        name=pin.name,
        version="",
        state=PluginState.ABSENT,
        digest=pin.digest,
        because="it is pinned and not installed here",
        remedy=remedy,
    )


def _report(
    candidate: Candidate, state: PluginState, read: Installed | None = None, because: str = "", remedy: str = ""
) -> PluginReport:
    return PluginReport(
        name=candidate.name,
        version=candidate.version,
        state=state,
        digest="" if read is None else read.digest,
        offers=tuple(f"{kind.value}: {entry.name}" for kind, entry in candidate.offers),
        because=because,
        remedy=remedy
        or ("" if state is PluginState.LOADED else "mend the plug-in, or take its pin out of the settings"),
    )


def _missing(pins: Sequence[PluginPin], reports: Sequence[PluginReport]) -> Iterable[MissingCheck]:
    """Rule 4: a stand-in for each check of a pin that was not loaded."""
    states = {report.name: report for report in reports if report.state is not PluginState.LOADED}
    for pin in pins:
        for check in pin.checks if pin.name in states else ():
            yield MissingCheck(check, f"plug-in `{pin.name}` is not loaded: {states[pin.name].because}")

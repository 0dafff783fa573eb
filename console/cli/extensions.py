"""Everything that runs: what ships, and what the settings have pinned besides."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from console.cli.output import note
from engine.model.plugin import PluginKind, PluginPin, PluginState
from engine.plugins.loading import Plugins, load_plugins

if TYPE_CHECKING:
    from actions.registry import Kind
    from engine.ports import Check, Detector, IntakeFormat, Specs
    from engine.settings import Settings


def plugins(settings: "Settings") -> Plugins:
    """What others brought; loaded once a process, for python imports a module once."""
    return _loaded(settings.plugins)


@cache
def _loaded(pins: tuple[PluginPin, ...]) -> Plugins:
    return load_plugins(pins, shipped())


def forget() -> None:
    """Load anew when asked again, which a process of ours never needs to, and a test does."""
    _loaded.cache_clear()


def shipped() -> dict[PluginKind, Iterable[str]]:
    """The names that are taken."""
    import policies
    from actions import ACTIONS
    from detectors import DETECTORS
    from detectors.intake import FORMATS
    from policies.checks import CHECKS

    return {
        PluginKind.ACTION: [kind.spec.id for kind in ACTIONS],
        PluginKind.CHECK: [check.id for check in CHECKS],
        PluginKind.DETECTOR: DETECTORS,
        PluginKind.INTAKE: [known.name for known in FORMATS],
        PluginKind.RULES: [path.stem for path in Path(policies.__path__[0]).glob("*.yaml")],
    }


def warn(found: Plugins) -> None:
    """Say on stderr what was not loaded, why, and what to do."""
    for report in found.reports:
        if report.state is not PluginState.LOADED:
            note(f"fireline: plug-in `{report.name}` is not loaded: {report.because}; {report.remedy}")


def specs(settings: "Settings") -> "Specs":
    """Every action's metadata."""
    from actions.registry import ActionSpecs

    return ActionSpecs(actions(settings))


def actions(settings: "Settings") -> "list[Kind]":
    """The actions of plug-ins."""
    # Proof of these casts: `engine.plugins.admission` has looked at each.
    return [cast("Kind", one) for one in plugins(settings).of(PluginKind.ACTION).values()]


def checks(settings: "Settings") -> "tuple[Check, ...]":
    """Every check that is asked, the missing ones too: those answer `error`."""
    from policies.checks import CHECKS

    found = plugins(settings)
    brought = [cast("Check", one) for one in found.of(PluginKind.CHECK).values()]
    return (*CHECKS, *brought, *found.missing)


def formats(settings: "Settings") -> "tuple[IntakeFormat, ...]":
    """Every intake format; automatic detection asks those that ship first."""
    from detectors.intake import FORMATS

    return (*FORMATS, *(cast("IntakeFormat", one) for one in plugins(settings).of(PluginKind.INTAKE).values()))


def rules(settings: "Settings") -> dict[str, Path]:
    """The policy layers of plug-ins: name -> file."""
    return {name: cast(Path, one) for name, one in plugins(settings).of(PluginKind.RULES).items()}


def detectors(settings: "Settings") -> "dict[str, Detector]":
    """The detectors of plug-ins, by id."""
    return {name: cast("Detector", one) for name, one in plugins(settings).of(PluginKind.DETECTOR).items()}

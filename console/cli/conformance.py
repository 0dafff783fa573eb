"""`fireline conformance`: whether what others bring keeps the laws that all of its kind keep."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, cast

import typer

from console.cli.leaving import Exit
from console.cli.options import Home, Json
from console.cli.output import Output
from engine.conformance import Verdict, judge
from engine.errors import NotFound
from engine.model.base import Model
from engine.model.plugin import PluginKind

if TYPE_CHECKING:
    from actions.conformance.case import FaultyCase, MakeCase
    from actions.conformance.restoring import ChangingCase
    from detectors.conformance import DetectorSample, IntakeSample
    from engine.ports import Check, Detector, IntakeFormat

Names = Annotated[list[str] | None, typer.Argument(metavar="[NAME…]", help="Distributions; without any, all pinned.")]
SAMPLES = PluginKind.CONFORMANCE.group


class Trial(Model):
    """One thing that a plug-in offers, under its laws."""

    plugin: str
    kind: PluginKind
    name: str
    verdicts: tuple[Verdict, ...]


def conformance(names: Names = None, home: Home = None, json: Json = False) -> None:
    """Hold plug-ins, pinned or not, to the laws of their ports; runs their code. Exit code 1 where one is broken.

    A plug-in gives a sample for each action, detector and intake format in the entry points `fireline.conformance`.
    """
    from engine.settings import load

    wanted = names or [pin.name for pin in load({"home": home}).plugins]
    if not wanted:
        raise NotFound("no plug-in is pinned: name one that is installed")
    with TemporaryDirectory(prefix="fireline-") as folder:
        trials = [trial for name in wanted for trial in _tried(name, Path(folder))]
    broken = [verdict for trial in trials for verdict in trial.verdicts if not verdict.kept]
    Output(json).show({"trials": trials, "broken": len(broken)}, _lines(trials))
    if broken:
        raise typer.Exit(Exit.REFUSED)


def _lines(trials: Sequence[Trial]) -> Iterator[str]:
    for trial in trials:
        broken = [verdict for verdict in trial.verdicts if not verdict.kept]
        kept = f"keeps {len(trial.verdicts) - len(broken)} of {len(trial.verdicts)} laws"
        yield f"{trial.plugin}  {trial.kind.value}: {trial.name}  {kept}"
        yield from (f"  BROKEN  {verdict.law}: {verdict.message}" for verdict in broken)


def _tried(name: str, folder: Path) -> list[Trial]:
    """Everything that a plug-in offers; what cannot even be loaded breaks a law of its own."""
    from console.cli.extensions import shipped
    from console.cli.pins import installed_plugin
    from engine.model.plugin import PluginPin
    from engine.plugins.installed import canonical_name
    from engine.plugins.loading import load_plugins, load_samples

    installed = installed_plugin(canonical_name(name))
    checks = tuple(installed.named(PluginKind.CHECK))
    found = load_plugins([PluginPin(name=installed.name, digest=installed.digest, checks=checks)], shipped())
    report = next(report for report in found.reports if report.name == installed.name)
    if not found.offers:
        because = report.because or "it offers nothing"
        verdict = Verdict(law="it can be loaded", kept=False, message=because)
        kind, entry = installed.offers[0]
        return [Trial(plugin=installed.name, kind=kind, name=entry.name, verdicts=(verdict,))]
    samples = load_samples(installed)
    return [
        Trial(plugin=installed.name, kind=kind, name=one, verdicts=_verdicts(kind, one, offered, samples, folder))
        for (kind, one), offered in found.offers.items()
    ]


def _verdicts(
    kind: PluginKind, name: str, offered: object, samples: Mapping[str, object], folder: Path
) -> tuple[Verdict, ...]:
    fresh = (folder / f"{name}-{number}" for number in count())
    if kind is PluginKind.CHECK:
        # Proof of the casts here and below: `engine.plugins.admission` has looked at each.
        return asyncio.run(_check(cast("Check", offered)))
    if kind is PluginKind.RULES:
        return (_rules(cast(Path, offered)),)
    sample = samples.get(name)
    if isinstance(sample, Exception) or sample is None:
        said = f"`{SAMPLES}` has no sample called `{name}`" if sample is None else str(sample)
        return (Verdict(law="there is a sample to try it on", kept=False, message=said),)
    if kind is PluginKind.ACTION:
        return asyncio.run(_action(offered, cast("MakeCase", sample), fresh))
    if kind is PluginKind.INTAKE:
        return asyncio.run(_intake(cast("IntakeFormat", offered), cast("IntakeSample", sample)))
    return asyncio.run(_detector(cast("Detector", offered), cast("DetectorSample", sample), fresh))


def _rules(file: Path) -> Verdict:
    """Sound as it stands on a shipped policy, with the actions that ship."""
    from actions.registry import ActionSpecs
    from console.cli.assembly import shipped_policies
    from engine.errors import InvalidInput
    from engine.policy_file import compile_layers
    from engine.policy_layers import read_layers

    law = "its layer is sound on the policy it stands on"
    try:
        compile_layers(read_layers(file, shipped_policies()), ActionSpecs())
    except InvalidInput as error:
        return Verdict(law=law, kept=False, message=" ".join(str(error).split())[:500])
    return Verdict(law=law, kept=True)


async def _check(check: "Check") -> tuple[Verdict, ...]:
    from policies.conformance import EVERY, CheckCase

    return await judge(EVERY, lambda: CheckCase(check))


async def _action(kind: object, make: "MakeCase", folders: Iterator[Path]) -> tuple[Verdict, ...]:
    from actions.conformance import doing, faults, restoring
    from engine.displacing import Displaces

    first = make(_made(next(folders)))
    if not isinstance(kind, type) or type(first.action) is not kind:
        return (Verdict(law="its sample tries it", kept=False, message=f"the case is of {type(first.action)}"),)
    lasting = first.action.spec.lasting
    kept = await judge((*doing.EVERY, *(doing.LASTING if lasting else ())), lambda: make(_made(next(folders))))
    if isinstance(first.action, Displaces):
        # Proof of the cast: a case that cannot change what is displaced breaks these laws, which say what it lacks.
        changing = cast("Callable[[Path], ChangingCase]", make)
        kept = (*kept, *await judge(restoring.RESTORING, lambda: changing(_made(next(folders)))))
    if not hasattr(first, "switch_on"):
        return kept
    # Proof of the cast: it has the method by which faults are switched on.
    faulty = cast("Callable[[Path], FaultyCase]", make)
    suite = (*faults.FAULTS, *(faults.LASTING_FAULTS if lasting else ()))
    return (*kept, *await judge(suite, lambda: faulty(_made(next(folders)))))


async def _intake(known: "IntakeFormat", sample: "IntakeSample") -> tuple[Verdict, ...]:
    from detectors.conformance import INTAKE, IntakeCase

    return await judge(INTAKE, lambda: IntakeCase(known, sample))


async def _detector(detector: "Detector", sample: "DetectorSample", folders: Iterator[Path]) -> tuple[Verdict, ...]:
    from detectors.conformance import DETECTOR, DetectorCase

    return await judge(DETECTOR, lambda: DetectorCase(detector, sample, _made(next(folders))))


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder

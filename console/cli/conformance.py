"""`fireline conformance`: whether what others bring keeps the laws that all of its kind keep."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, NamedTuple, cast

import typer

from console.cli.leaving import Exit
from console.cli.options import Home, Json
from console.cli.output import Output
from engine.conformance import Verdict, judge
from engine.errors import NotFound
from engine.model.base import Model
from engine.model.plugin import PluginKind

if TYPE_CHECKING:
    from actions.conformance.case import MakeCase
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
    untried: tuple[str, ...] = ()


class Judged(NamedTuple):
    """What was seen under the laws, and which of them the sample gives no means to try."""

    verdicts: tuple[Verdict, ...]
    untried: tuple[str, ...] = ()


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
        yield from (f"  not tried  {law}" for law in trial.untried)


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
    judged = {offer: _judged(*offer, offered, samples, folder) for offer, offered in found.offers.items()}
    return [
        Trial(plugin=installed.name, kind=kind, name=one, verdicts=verdicts, untried=untried)
        for (kind, one), (verdicts, untried) in judged.items()
    ]


def _judged(kind: PluginKind, name: str, offered: object, samples: Mapping[str, object], folder: Path) -> Judged:
    fresh = (folder / f"{name}-{number}" for number in count())
    if kind is PluginKind.CHECK:
        # Proof of the casts here and below: `engine.plugins.admission` has looked at each.
        return Judged(asyncio.run(_check(cast("Check", offered))))
    if kind is PluginKind.RULES:
        return Judged((_rules(cast(Path, offered)),))
    sample = samples.get(name)
    if isinstance(sample, Exception) or sample is None:
        said = f"`{SAMPLES}` has no sample called `{name}`" if sample is None else str(sample)
        return Judged((Verdict(law="there is a sample to try it on", kept=False, message=said),))
    if kind is PluginKind.ACTION:
        return asyncio.run(_action(offered, cast("MakeCase", sample), fresh))
    if kind is PluginKind.INTAKE:
        return Judged(asyncio.run(_intake(cast("IntakeFormat", offered), cast("IntakeSample", sample))))
    return Judged(asyncio.run(_detector(cast("Detector", offered), cast("DetectorSample", sample), fresh)))


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


async def _action(kind: object, make: "MakeCase", folders: Iterator[Path]) -> Judged:
    from actions.conformance.suites import laws_for, untried

    first = make(_made(next(folders)))
    if not isinstance(kind, type) or type(first.action) is not kind:
        verdict = Verdict(law="its sample tries it", kept=False, message=f"the case is of {type(first.action)}")
        return Judged((verdict,))
    return Judged(await judge(laws_for(first), lambda: make(_made(next(folders)))), untried(first))


async def _intake(known: "IntakeFormat", sample: "IntakeSample") -> tuple[Verdict, ...]:
    from detectors.conformance import INTAKE, IntakeCase

    return await judge(INTAKE, lambda: IntakeCase(known, sample))


async def _detector(detector: "Detector", sample: "DetectorSample", folders: Iterator[Path]) -> tuple[Verdict, ...]:
    from detectors.conformance import DETECTOR, DetectorCase

    return await judge(DETECTOR, lambda: DetectorCase(detector, sample, _made(next(folders))))


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder

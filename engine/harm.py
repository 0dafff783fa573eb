"""Whether an effect does harm, told from samples; pure. A probe is no off-switch for an attacker.

Rules: 1. What failed already before the effect proves nothing, and is not tried again. 2. Two failures among the last
three samples of one probe are harm; one is not. 3. What nobody could try is no failure. 4. Without a baseline nothing
is proven at all.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from engine.model.harm import HarmProbe, HarmTerms, HarmWatch, Round, Sample
from engine.ports import Connector

FAILURES, OF = 2, 3
"""So many failures of so many samples are harm."""
BASELINE_TRIES = 3
"""How often a worker may be lost over the baseline before the effect comes without one."""
NO_BASELINE = "nobody saw what worked before the effect"
NOTHING_WORKED = "nothing of it worked before the effect"
TIME_IS_UP = "its time is up"


class Prober(Protocol):
    """Tries probes from where a zone's connectors stand; changes nothing."""

    async def sample(self, probe: HarmProbe, connector: Connector) -> Sample:
        """One try; whatever goes wrong is a sample that says what it was."""


@runtime_checkable
class Commanded(Protocol):
    """A connector that knows commands by which it may be asked how things are; they change nothing."""

    async def ask(self, command: str, arguments: Sequence[str], within: timedelta) -> str:
        """What it says; raise `ProbeFailed` where the command fails or takes longer.

        Any other `TargetError`, and silence, say that it could not be tried: you are away, or have no such command.
        """


def watch(terms: HarmTerms, probes: Sequence[HarmProbe]) -> HarmWatch | None:
    """The watch over an effect that is about to begin; None where nothing is declared for it."""
    return HarmWatch(probes=tuple(probes), every=terms.every, lasts=terms.lasts) if probes else None


def needs_baseline(watched: HarmWatch) -> bool:
    """Whether somebody still has to look before the effect may begin."""
    return watched.baseline is None and not watched.over


def begun(watched: HarmWatch, samples: Round | None) -> HarmWatch:
    """The watch after a try to take its baseline; `samples` is None where nobody could look (rule 3)."""
    if samples is None or not any(sample.tried for sample in samples):
        tries = watched.tries + 1
        return watched.model_copy(update={"tries": tries, "over": NO_BASELINE if tries >= BASELINE_TRIES else ""})
    worked = any(sample.passed for sample in samples)
    return watched.model_copy(update={"baseline": samples, "over": "" if worked else NOTHING_WORKED})


def proving(watched: HarmWatch) -> tuple[HarmProbe, ...]:
    """The probes that worked before the effect (rule 1)."""
    passed = {sample.probe for sample in watched.baseline or () if sample.passed}
    return tuple(probe for probe in watched.probes if probe.id in passed)


def due_at(watched: HarmWatch | None, since: datetime | None) -> datetime | None:
    """When the probes are to be tried next, of an effect in force `since`; None where never again."""
    if watched is None or watched.over or watched.baseline is None or since is None:
        return None
    return watched.next_at or since + watched.every


def seen(watched: HarmWatch, samples: Round | None, since: datetime, now: datetime) -> HarmWatch:
    """The watch after another look at the effect in force `since` (rule 3)."""
    over = TIME_IS_UP if now + watched.every > since + watched.lasts else ""
    tried = tuple(sample for sample in samples or () if sample.tried)
    rounds = (*watched.rounds, tried)[-OF:] if tried else watched.rounds
    return watched.model_copy(update={"rounds": rounds, "next_at": now + watched.every, "over": over})


def harmed(watched: HarmWatch | None) -> tuple[Sample, ...]:
    """The latest failure of each probe that tells of harm (rules 1 and 2)."""
    if watched is None or watched.baseline is None:
        return ()
    failures = [[one for one in _of(watched, probe.id) if not one.passed] for probe in proving(watched)]
    return tuple(failed[-1] for failed in failures if len(failed) >= FAILURES)


def _of(watched: HarmWatch, probe: str) -> list[Sample]:
    return [sample for samples in watched.rounds for sample in samples if sample.probe == probe]

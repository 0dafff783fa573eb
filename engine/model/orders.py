"""Inputs of workflows and activities: one model each, gaining only fields with defaults."""

from engine.model.base import AwareDatetime, Model
from engine.model.execution import Outcome, Work
from engine.model.harm import HarmProbe
from engine.model.watch import Released, Sweep


class RespondInput(Model):
    """Which incident a Respond workflow works on; `run` counts its continuations."""

    incident_id: str
    run: int = 0
    history_limit: int = 2000


class LeaseInput(Model):
    """Which effect a Lease workflow looks after, and the first holder where one started it."""

    key: str
    request_id: str = ""
    run: int = 0
    history_limit: int = 2000


class WatchInput(Model):
    """Which connector a Watch workflow sweeps, and how often in one run.

    A worker that starts after a kill replays the run before it releases what is overdue (I3): 1,250 events took it over
    a second on a busy machine, those of 20 sweeps are about 160.
    """

    connector: str
    run: int = 0
    sweeps: int = 20


class AdvanceIncident(Model):
    """One step of an incident; `key` is unique to the step, so that a retry gets the stored order."""

    incident_id: str
    key: str
    now: AwareDatetime


class AdvanceLease(Model):
    """One step of a lease, with what the last command came to."""

    lease_key: str
    key: str
    now: AwareDatetime
    outcome: Outcome | None = None


class CompareSweep(Model):
    """A sweep to compare with the leases."""

    key: str
    now: AwareDatetime
    sweep: Sweep


class SweepInput(Model):
    """Which connector to sweep."""

    connector: str


class RemoveInput(Model):
    """An effect that no lease knows."""

    connector: str
    owner: str


class WorkInput(Model):
    """Work for a zone worker."""

    work: Work


class ProbeInput(Model):
    """Harm probes for a zone worker to try, beside which effect."""

    work: Work
    probes: tuple[HarmProbe, ...]


class DrainStep(Model):
    """What became of the last releases of a connector; asks for the next that are overdue."""

    connector: str
    key: str
    now: AwareDatetime
    released: tuple[Released, ...] = ()


class ReleaseMany(Model):
    """Effects of one connector to take back together."""

    works: tuple[Work, ...]


class ReleasedMany(Model):
    """What became of each."""

    released: tuple[Released, ...]

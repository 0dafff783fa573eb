"""What the simulated site may be asked: by harm probes of the kind `command`."""

from collections.abc import Callable, Mapping, Sequence

from actions.simulators.probe import Probe
from engine.errors import NotFound, ProbeFailed, TargetRefused


def answer(probe: Probe, command: str, arguments: Sequence[str]) -> str:
    """What the site says; raise `ProbeFailed` where it fails, `TargetRefused` where it knows no such thing."""
    asked = COMMANDS.get(command)
    if asked is None:
        raise TargetRefused(f"the site knows no command `{command}`: use one of {', '.join(COMMANDS)}")
    try:
        return asked(probe, arguments)
    except (ValueError, NotFound) as error:
        raise TargetRefused(f"`{command}` cannot be asked with {[*arguments]}: {error}") from None


def _jobs_run(probe: Probe, arguments: Sequence[str]) -> str:
    """Every running job (backup, replication …), or those that are named, gets through."""
    cut = [job.name for job in probe.cut_jobs() if not arguments or job.name in arguments]
    if cut:
        raise ProbeFailed(f"cut off: {', '.join(cut)}")
    return "all run"


def _reaches(probe: Probe, arguments: Sequence[str]) -> str:
    """One end gets through to another, on a TCP port where one is given."""
    source, destination, *port = arguments
    if not probe.reachable(source, destination, int(port[0]) if port else None):
        raise ProbeFailed(f"{source} does not get through to {destination}")
    return "reached"


def _resolves(probe: Probe, arguments: Sequence[str]) -> str:
    """The site's resolver answers a name."""
    (name,) = arguments
    if not probe.resolves(name):
        raise ProbeFailed(f"`{name}` is not answered")
    return "answered"


COMMANDS: Mapping[str, Callable[[Probe, Sequence[str]], str]] = {
    "jobs-run": _jobs_run,
    "reaches": _reaches,
    "resolves": _resolves,
}

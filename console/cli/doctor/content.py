"""What people wrote, and what others brought: policy, playbooks, people, plug-ins."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from console.cli.doctor.lines import Line, bad, odd, well
from console.clock import now
from engine.model.plugin import PluginState
from engine.settings import Settings

if TYPE_CHECKING:
    from engine.policy_file import Policy


def plugins(settings: Settings) -> Iterator[Line]:
    """What of others is installed or pinned, and what became of it."""
    from console.cli import extensions

    found = extensions.plugins(settings)
    for report in found.reports:
        offers = f" ({', '.join(report.offers)})" if report.offers else ""
        said = f"{report.name} {report.version}".strip() + offers
        if report.state is PluginState.LOADED:
            yield well("plug-ins", said)
        else:
            tell = odd if report.state is PluginState.UNPINNED else bad
            yield tell("plug-ins", f"{said} is not loaded: {report.because}", report.remedy)
    for check in found.missing:
        yield bad("plug-ins", f"check `{check.id}` cannot be asked: every execution is blocked", "load its plug-in")
    if not found.reports:
        yield well("plug-ins", "none")


def policy(settings: Settings) -> Iterator[Line]:
    """Whether the policy of the settings is sound; the one in force may have been voted on since."""
    from console.cli.assembly import active_policy

    sound = active_policy(settings)
    yield well("policy", f"`{sound.name}` is sound, digest {sound.digest[:16]}")


def playbooks(settings: Settings) -> Iterator[Line]:
    """Whether every playbook that is given is sound, actions of plug-ins included."""
    from console.cli import extensions
    from console.cli.assembly import playbooks_dir
    from engine.playbook_file import load_playbooks

    found = load_playbooks(playbooks_dir(), extensions.specs(settings))
    yield well("playbooks", f"{len(found)} are sound")


def people(settings: Settings) -> Iterator[Line]:
    """Whether the file is good, who is away, and whether what the policy asks can be answered."""
    from console.cli.assembly import active_policy
    from console.people import FilePeople, parse

    file, known = parse(settings.people_file), FilePeople(settings.people_file)
    yield well("people", f"{len(file.people)} people, {len(file.groups)} groups, {len(file.rota)} shifts")
    away = sorted(known.absent(now()))
    if away:
        yield well("people", f"away, so asked last: {', '.join(away)}")
    for problem in known.calendar_problems:
        yield odd("people", problem, "mend the calendar; until then its people are asked as if they were there")
    yield from _quorums(settings, active_policy(settings))


def _quorums(settings: Settings, active: "Policy") -> Iterator[Line]:
    """Whether those on duty can meet the quorum of each tier that asks, but for groups that depend on the target."""
    from console.staff import staff
    from engine.answerable import Question, unanswerable

    known = staff(settings.people_file, (), now())
    for name in ("ask", "ask_two"):
        terms = getattr(active.document.tiers, name)
        groups = tuple(group for group in terms.groups if not group.startswith("="))
        why = unanswerable(Question(terms.quorum, groups, terms.decide_in, about_somebody=False), known)
        if why:
            yield bad("people", f"tier `{name}` cannot be answered: {why}", "put more people on duty in people.yaml")
        else:
            yield well("people", f"tier `{name}` can be answered at any time of the rota")

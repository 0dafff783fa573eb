"""Is there anything at the target at all?"""

from dataclasses import dataclass

from engine.context.reach import reached
from engine.model.action import TargetKind
from engine.model.check import CheckResult
from engine.model.context import Zone
from engine.ports import Subject
from policies.answers import blocked, harmless, passed, warned


@dataclass(frozen=True)
class TargetExists:
    """Blocks on hosts, accounts, messages and inside segments nobody knows; warns on an inside address without a host.

    An address or network outside exists by itself, and so does a domain.
    """

    id: str = "target-exists"

    def run(self, subject: Subject) -> CheckResult:
        """Look the target up by its kind."""
        target = subject.request.target
        if harmless(subject) or _is_known(subject, target):
            return passed(self, f"`{target}` is known")
        if subject.spec.target is TargetKind.ADDRESS:
            return warned(self, f"no host is known at `{target}`")
        return blocked(self, f"no {subject.spec.target} `{target}` is known")


def _is_known(subject: Subject, target: str) -> bool:
    match subject.spec.target:
        case TargetKind.HOST:
            return subject.asset is not None
        case TargetKind.ACCOUNT:
            return subject.identity is not None
        case TargetKind.MESSAGE:
            return subject.context.message_exists(target)
        case TargetKind.ADDRESS:
            return subject.asset is not None or subject.context.zone(target) is not Zone.INSIDE
        case TargetKind.SEGMENT:
            return _is_segment(subject, target)
        case TargetKind.RECORD | TargetKind.DOMAIN:
            return True


def _is_segment(subject: Subject, target: str) -> bool:
    outside = subject.context.zone(target) is not Zone.INSIDE
    return outside or bool(subject.context.segment(target) or reached(subject.context, target))

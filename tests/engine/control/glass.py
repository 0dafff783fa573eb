"""Breaking the glass on the bench, and reviewing it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from actions.registry import ActionSpecs
from engine.control.break_glass import break_glass
from engine.control.doors import Wanted
from engine.control.review import answer
from engine.model.check import CheckOutcome, CheckResult
from engine.model.finding import VerdictKind
from engine.model.request import Request
from engine.model.review import Review
from engine.policy_file import parse_policy
from engine.ports import Subject
from tests.bench import Bench

DEMO = (Path(__file__).parents[3] / "policies" / "demo.yaml").read_text()
OVERRIDES = "overrides: [ask, ask_two]"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
DESK = "10.20.16.114"
"""A workstation; to block its address takes one approver."""
GOOD = {"waited": "could_not_wait", "borne_out": "yes", "effect": "keep"}
NEEDLESS = GOOD | {"waited": "could_have_waited"}


class Answers:
    """A check that answers as it is told, in the place of the one it is called after."""

    def __init__(self, id: str, outcome: CheckOutcome) -> None:
        self.id, self.outcome = id, outcome

    def run(self, subject: Subject) -> CheckResult:
        return CheckResult(check=self.id, outcome=self.outcome, summary="as told")


def with_check(bench: Bench, id: str, outcome: CheckOutcome) -> Answers:
    """Put a check that answers so in the place of another, or beside them all."""
    check = Answers(id, outcome)
    others = tuple(one for one in bench.desk.checks if one.id != id)
    bench.parts = replace(bench.parts, desk=replace(bench.desk, checks=(*others, check)))
    return check


def under(bench: Bench, old: str, new: str) -> None:
    """Go on under the demo's policy with something else in it."""
    assert old in DEMO
    policy = parse_policy(DEMO.replace(old, new, 1), "edited.yaml", ActionSpecs())
    bench.parts = replace(bench.parts, desk=replace(bench.desk, policy=policy))


async def broken(
    bench: Bench, by: str = "tom", action: str = "network.block_ip", target: str = DESK,
    reason: str = "nobody answers", lease: timedelta | None = None,
) -> Request:  # fmt: skip
    wanted = Wanted(action, target, {}, lease, reason)
    return await bench.write(lambda tx: break_glass(tx, bench.desk, bench.person(by), wanted, bench.now))


async def reviewed(
    bench: Bench, review: str = "RV-0001", by: str = "anna", answers: dict[str, str] | None = None,
    verdict: VerdictKind = VerdictKind.TRUE_POSITIVE,
) -> Review:  # fmt: skip
    given = GOOD if answers is None else answers
    return await bench.write(
        lambda tx: answer(tx, bench.desk, bench.person(by), review, verdict, "looked at it", given, bench.now)
    )

"""What a playbook would do now, as a tree of words."""

from collections.abc import Iterator, Sequence

from console.playbook_telling import Branch, draw
from engine.duration import render
from engine.model.base import Json
from engine.model.foreseen import Bound, Chance, Foreseen, ForeseenBlock, ForeseenStep

_CHANCES = {Chance.YES: "", Chance.NO: " [not done]", Chance.LATER: " [later]", Chance.FAILS: " [FAILS]"}


def tell(plan: Foreseen) -> Iterator[str]:
    """The whole plan, a line each."""
    yield f"PLAN of playbook `{plan.playbook}` version {plan.version}: nothing is asked for, done or written"
    if plan.answers is not Chance.YES:
        yield f"the finding does not start it: {plan.why}"
    yield from draw([_step(step) for step in plan.steps])


def _step(step: ForeseenStep, begin: str = "") -> Branch:
    lines = [f"{begin}{step.name}{_CHANCES[step.chance]}: {step.what}"]
    told_by_decision = step.decision and step.chance is Chance.FAILS
    lines += [step.why] if step.why and not told_by_decision else []
    lines += [*_decision(step.decision, step.bound)] if step.decision else []
    below = [_block(block) for block in step.blocks]
    if isinstance(step.on_failure, ForeseenStep):
        below.append(_step(step.on_failure, "on failure: "))
    elif step.chance is Chance.FAILS:
        lines.append(f"on failure: {step.on_failure.replace('_', ' ')}")
    return Branch(lines, below)


def _block(block: ForeseenBlock) -> Branch:
    return Branch([f"{block.label}{_CHANCES[block.chance]}"], [_step(step) for step in block.steps])


def _decision(decision: Json, bound: Bound | None) -> Iterator[str]:
    wanted = f" for {render(bound.lease)} at most" if bound is not None and bound.lease else ""
    yield f"tier {decision['tier']}: {decision['effect']}{wanted}"
    yield from (f"{reason['rule']}: {reason['text']}" for reason in _objects(decision["reasons"]))
    for check in _objects(decision["checks"]):
        if check["outcome"] != "pass":
            yield f"{check['outcome']}  {check['check']}: {check['summary']}"


def _objects(listed: object) -> Sequence[Json]:
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []

"""The judge of the budgets: charged is what took effect, each once, and nothing takes a place any more."""

from tests.crash.verdict import Verdict
from tests.crash.view import View


def judge_budgets(view: View, verdict: Verdict) -> None:
    """Compare what stands charged with the shares that there were, now that every effect is over."""
    charged, held = view.charged(), {holder.request_id for holder in view.holders()}
    for request in charged.keys() - held:
        verdict.add("lost", f"{request} stands charged, and nothing came of it", f"request/{request}")
    for request in held - charged.keys():
        verdict.add("lost", f"{request} took effect, and nobody charged it", f"request/{request}")
    for request, in_force in charged.items():
        text = f"{request} still takes a place in force, and its effect is over"
        verdict.require(not in_force, "lost", text, f"request/{request}")

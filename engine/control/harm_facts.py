"""What harm of an action's effects means for the next request of it."""

from datetime import datetime

from engine.model.base import Json
from engine.policy_file import Policy
from engine.store.tx import Tx


def harm_facts(tx: Tx, policy: Policy, action: str, now: datetime) -> Json:
    """The facts `harm.*`; where the policy declares no probes nothing is looked up, and nothing is raised."""
    steps = tx.step_downs.raising(action, now) if policy.document.harm.probes else ()
    if not steps:
        return {"harm.tier": 0, "harm.because": ""}
    return {"harm.tier": int(max(step.to for step in steps)), "harm.because": steps[-1].because}

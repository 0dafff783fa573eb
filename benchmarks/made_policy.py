"""Policies of sixty rows and rules to measure with: the shipped baseline, and on top what a site writes of its own.

`by-action` is as files are written: rows and many rules name their actions, and the rest (forbids and raises by
segment, hour, owner, source and campaign) concerns every action, so that a third to a half is left once the action
is known. In `every-action` each names every action, so all are left but an exception that is off. In `all-hold` that
one is on and all sixty hold; in `one-errs` one of them gives no answer, so that they cannot be asked together.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle, islice
from pathlib import Path

from pydantic import JsonValue

import policies
from actions.registry import ActionSpecs
from engine.documents import read
from engine.model.action import ActionSpec
from engine.model.base import Json
from engine.policy_cases import beside, facts_of, load_cases
from engine.policy_file import Policy, load_policy, parse_policy

RULES = 60
BASELINE = Path(policies.__path__[0]) / "baseline.yaml"
SPECS = ActionSpecs()
KINDS = ("by-action", "every-action", "all-hold", "one-errs")

HOSTS = ["host.isolate", "host.contain_ports"]
ACCOUNTS = ["identity.disable_account", "identity.revoke_sessions", "identity.require_mfa"]
BLOCKS = ["network.block_ip", "network.block_segment", "dns.sinkhole"]
WRITTEN: Sequence[tuple[str, Sequence[str], str]] = (
    ("raise", (), 'target.segment == "plant-{n}" && action.impact > 0'),
    ("raise", (), "time.weekday == {weekday} && time.hour >= 6 && time.hour < {hour} && action.impact > 1"),
    ("forbid", (), 'target.owner == "owner-{n}" && !request.person'),
    ("raise", HOSTS, '"role-{n}" in asset.roles || asset.redundancy_group == "group-{n}"'),
    ("raise", (), 'source.product == "product-{n}" && finding.confidence < 0.9'),
    ("forbid", BLOCKS, 'target.zone == "partner" && target.segment == "partner-{n}"'),
    ("raise", ACCOUNTS, 'identity.owner == "owner-{n}" && (identity.privileged || identity.service)'),
    ("observe", (), 'finding.detector == "site.detector-{n}" && finding.severity_rank < 3'),
    ("raise", HOSTS, 'asset.services.exists(service, service == "service-{n}") && asset.criticality != "low"'),
)
"""What sites write, as (kind, actions, condition); no action means every one."""


def requests() -> list[tuple[Json, ActionSpec]]:
    """What is decided: every case of the baseline of an action that there is, from what only looks to tier 4."""
    content = load_cases(beside(BASELINE), load_policy(BASELINE, SPECS), SPECS).content
    known = [(case, spec) for case in content.cases if (spec := SPECS.get(case.action)) is not None]
    return [(facts_of(content, case, spec), spec) for case, spec in known]


def make_policy(kind: str) -> Policy:
    """One of `KINDS`."""
    content = json.loads(json.dumps(read(BASELINE).data))
    content["rules"] += islice(_written(), RULES - len(content["matrix"]) - len(content["rules"]))
    clauses = [*content["matrix"], *content["rules"]]
    if kind != "by-action":
        everywhere = [*(spec.id for spec in SPECS.all()), *content["foreseen"]]
        for clause in clauses:
            clause["actions"] = everywhere
    if kind == "all-hold":
        for clause in clauses:
            clause.update(_holding(clause))
    if kind == "one-errs":
        content["rules"][-1]["when"] = 'finding.techniques[3] == "T1190"'
    return parse_policy(json.dumps(content), f"{kind}.yaml", SPECS)


def sources(policy: Policy) -> list[str]:
    """All its conditions, one by one."""
    whens = [row.when for row in policy.document.matrix]
    for rule in policy.document.rules:
        whens += rule.conditions if rule.kind == "exception" else (rule.when,)
    return whens


def _written() -> Iterator[dict[str, JsonValue]]:
    for number, (kind, actions, when) in enumerate(cycle(WRITTEN)):
        lifted: Mapping[str, JsonValue] = {"to": 3} if kind == "raise" else {}
        yield {
            "id": f"site-{number}",
            "kind": kind,
            "actions": [*actions],
            "when": when.replace("{n}", str(number)).replace("{weekday}", str(number % 7)).replace("{hour}", "18"),
            "because": f"what the site says in its rule {number}",
            **lifted,
        }


def _holding(clause: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """What makes the clause hold; its own condition is still asked."""
    conditions = clause.get("conditions")
    if isinstance(conditions, list):
        return {"enabled": True, "conditions": [f"({condition}) || true" for condition in conditions]}
    return {"when": f"({clause.get('when', 'true')}) || true"}

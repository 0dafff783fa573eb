"""Full decisions a second under a policy of sixty rules, beside the sixty conditions alone, in one run.

    python benchmarks/policy.py [--json] [--rounds 7]

A full decision checks and hands over the request's facts, finds which rules hold, and gives the tier, the effect, every
reason and the obligations. Beside it, in the same rounds, the raw CEL library evaluates the same conditions, singly
compiled, on an activation prepared beforehand: no facts are checked there, nothing is concluded and nothing explained.
Seconds are those of the process on a core, so that a busy machine slows both alike.
What is decided are the cases of the shipped baseline, one after the other; `made_policy.py` says what the policies are.

The bar, for `by-action`: a full decision takes no longer than the raw evaluations, by the median of the rounds' ratios.
The others are reported. Exit code 1 where it is missed.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from cel_expr_python import cel  # type: ignore[import-untyped]
from made_policy import KINDS, make_policy, requests, sources

from engine.decide import decide
from engine.expressions import CEL_TYPES
from engine.fact_table import FACTS
from engine.model.action import ActionSpec
from engine.model.base import Json
from engine.policy_file import Policy

JUDGED = "by-action"
GOAL = 5_000
"""Decisions a second that are aimed at; what a machine shared with others does is reported, not judged."""


@dataclass(frozen=True)
class Found:
    """Decisions a second of one policy, and raw evaluations of all its conditions a second, round by round."""

    full: tuple[float, ...]
    raw: tuple[float, ...]
    rules: int
    left: tuple[int, int]
    """The rows and rules that concern an action: the fewest and the most."""

    @property
    def ratio(self) -> float:
        """Full over raw: the median of the rounds' ratios, more than 1 where a full decision is cheaper."""
        return median(full / raw for full, raw in zip(self.full, self.raw, strict=True))


def raw_side(policy: Policy, asked: Sequence[tuple[Json, ActionSpec]]) -> Callable[[], None]:
    """Every condition of the policy by itself, on each request's prepared facts."""
    env = cel.NewEnv(variables={name: CEL_TYPES[kind] for name, (kind, _) in FACTS.items()})
    expressions = [env.compile(source) for source in sources(policy)]
    activations = [env.Activation(facts) for facts, _ in asked]

    def run() -> None:
        for activation in activations:
            for expression in expressions:
                expression.eval(activation).value()

    return run


def full_side(policy: Policy, asked: Sequence[tuple[Json, ActionSpec]]) -> Callable[[], None]:
    """The whole decision on each request."""

    def run() -> None:
        for facts, spec in asked:
            decide(policy, facts, spec)

    return run


def find(rounds: int) -> Mapping[str, Found]:
    """Measure every kind, its sides in turn."""
    asked = requests()
    return {kind: _compare(make_policy(kind), asked, rounds) for kind in KINDS}


def _compare(policy: Policy, asked: Sequence[tuple[Json, ActionSpec]], rounds: int) -> Found:
    full, raw = full_side(policy, asked), raw_side(policy, asked)
    full(), raw()
    pairs = [(len(asked) / _seconds(full), len(asked) / _seconds(raw)) for _ in range(rounds)]
    left = [len(policy.chapter(spec.id).clauses) for _, spec in asked]
    rules = len(policy.document.matrix) + len(policy.document.rules)
    return Found(tuple(f for f, _ in pairs), tuple(r for _, r in pairs), rules, (min(left), max(left)))


def _seconds(run: Callable[[], None], times: int = 5) -> float:
    began = time.process_time()
    for _ in range(times):
        run()
    return (time.process_time() - began) / times


def as_json(found: Mapping[str, Found], held: bool) -> dict[str, object]:
    """For a program."""
    kinds = {
        kind: {
            "decisions_per_s": [round(speed) for speed in one.full],
            "raw_per_s": [round(speed) for speed in one.raw],
            "ratio": round(one.ratio, 2),
            "rules": one.rules,
            "rules_left": one.left,
        }
        for kind, one in found.items()
    }
    return {**kinds, "bar": held}


def told(found: Mapping[str, Found], held: bool) -> Iterator[str]:
    """For a person."""
    yield f"{'':14}{'rules left':>12}{'decisions/s':>13}{'us each':>9}{'60 singly/s':>13}{'full : raw':>12}"
    for kind, one in found.items():
        speed, left = median(one.full), "-".join(map(str, dict.fromkeys(one.left)))
        yield f"{kind:14}{left:>12}{speed:13,.0f}{1e6 / speed:9.0f}{median(one.raw):13,.0f}{one.ratio:10.2f} x"
    reached = "reached" if median(found[JUDGED].full) >= GOAL else "not reached here"
    yield f"goal: {GOAL:,} decisions/s {JUDGED}: {reached}"
    yield f"bar: a full decision {JUDGED} is cheaper than 60 conditions singly: {'held' if held else 'MISSED'}"


def main() -> int:
    """Measure, print and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    found = find(asked.rounds)
    held = found[JUDGED].ratio >= 1.0
    print(json.dumps(as_json(found, held)) if asked.json else "\n".join(told(found, held)))
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())

"""The baseline weakened clause by clause: each time its cases fail, and what fails names the clause.

What is weakened without a failure stands in `SURVIVORS`, each with the reason why it decides nothing else, and on the
page about weakening. `make weaken` prints it.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import JsonValue

from actions.registry import ActionSpecs
from engine import documents
from engine.documents import Step
from engine.model.base import Json
from engine.policy_cases import CaseFile, beside, load_cases
from engine.policy_file import Policy, compile_policy
from engine.policy_trial import Trial, try_policy

SPECS = ActionSpecs()
BASELINE = Path(__file__).parents[2] / "policies" / "baseline.yaml"
DOCUMENT = documents.read(BASELINE)
Path_ = tuple[Step, ...]
Change = tuple[str, str, Path_, JsonValue]
"""Which clause, what is done to it, where in the file, and what stands there then; None is nothing."""

HIGHER = "wherever it would newly hold, another row holds that is higher"
AS_MANY = "its tier asks as many"
TIGHTER = "wherever it would newly fit, another budget fits that is tighter, and is charged"
SURVIVORS: Mapping[str, str] = {
    "matrix contain-protected: quorum weakened": AS_MANY,
    "matrix contain-standard: always": HIGHER,
    "matrix disable-privileged: quorum weakened": AS_MANY,
    "matrix disable-service: quorum weakened": AS_MANY,
    "matrix disable-standard: always": HIGHER,
    "matrix for-good: quorum weakened": AS_MANY,
    "matrix inside-critical: quorum weakened": AS_MANY,
    "matrix isolate-critical: quorum weakened": AS_MANY,
    "matrix isolate-standard: always": HIGHER,
    "matrix outside-two-origins: always": HIGHER,
    "matrix segment-guest-or-lab: always": HIGHER,
    "matrix segment: quorum weakened": AS_MANY,
    "matrix sessions: always": HIGHER,
    "rules unrecorded-traffic: not for network.block_segment": "every row of it asks as high",
    "budgets block-outside: always": TIGHTER,
    "budgets disable-standard: always": TIGHTER,
    "budgets isolate-standard: always": TIGHTER,
}


def at(path: Path_) -> JsonValue:
    here: JsonValue = DOCUMENT.data
    for step in path:
        here = here[step]  # type: ignore[index]
    return here


def listed(*path: Step) -> list[tuple[Path_, Json]]:
    clauses = at(path)
    assert isinstance(clauses, list)
    return [((*path, index), clause) for index, clause in enumerate(clauses) if isinstance(clause, dict)]


def text(value: JsonValue) -> str:
    assert isinstance(value, str)
    return value


def fewer(items: JsonValue) -> Iterator[tuple[str, JsonValue]]:
    """The list without each of its items in turn, as long as something is left."""
    assert isinstance(items, list)
    yield from ((str(item), [other for other in items if other != item]) for item in items if len(items) > 1)


def common(path: Path_, clause: Json) -> Iterator[Change]:
    """What can be done to any clause: it goes, holds where it did not, or always, or for fewer actions."""
    name = text(clause["id"])
    yield name, "deleted", path, None
    if "when" in clause:
        yield name, "inverted", (*path, "when"), f"!({clause['when']})"
        yield name, "never", (*path, "when"), "false"
        yield name, "always", (*path, "when"), "true"
    for action, left in fewer(clause.get("actions", [])):
        yield name, f"not for {action}", (*path, "actions"), left


LOOSER: Mapping[str, JsonValue] = {
    "tier": 1,
    "ceiling": "365d",
    "quorum": 0,
    "groups": [],
    "decide_in": "1s",
    "interim": [],
}


def rows() -> Iterator[Change]:
    for path, row in listed("matrix"):
        yield from common(path, row)
        for key in [key for key in LOOSER if key in row and row[key] not in (0, LOOSER[key])]:
            yield text(row["id"]), f"{key} weakened", (*path, key), LOOSER[key]
        if "ceiling" in row and row["ceiling"] != row["lease"]:
            yield text(row["id"]), "lease as long as its ceiling", (*path, "lease"), row["ceiling"]
        if row["tier"] in (3, 4):
            other = "deny" if row.get("on_expiry") == "hold" else "hold"
            yield text(row["id"]), f"on_expiry {other}", (*path, "on_expiry"), other


def rules() -> Iterator[Change]:
    for path, rule in listed("rules"):
        name = text(rule["id"])
        yield from common(path, rule)
        if rule["kind"] == "forbid":
            yield name, "only observes", (*path, "kind"), "observe"
        if rule["kind"] == "raise":
            yield name, "to 1", (*path, "to"), 1


def exceptions() -> Iterator[Change]:
    [(path, rule)] = [(path, rule) for path, rule in listed("rules") if rule["kind"] == "exception"]
    name = text(rule["id"])
    yield name, "on", (*path, "enabled"), True
    yield name, "less sure", (*path, "confidence"), 0.98
    yield name, "down to tier 1", (*path, "floor"), 1
    yield name, "without a veto", (*path, "veto"), "0s"
    yield name, "longer", (*path, "lease"), "4h"
    for condition, left in fewer(rule["conditions"]):
        yield name, f"without {condition}", (*path, "conditions"), left


def budgets() -> Iterator[Change]:
    for path, row in listed("budgets", "rows"):
        yield from common(path, row)
        for key in row.keys() & {"hour", "day", "in_force", "share", "at_least", "at_most"}:
            yield text(row["id"]), f"no {key}", (*path, key), None


def gates() -> Iterator[Change]:
    for section in ("confidence", "autonomy"):
        bars = at((section,))
        assert isinstance(bars, dict)
        for bar in ("ask", "ask_two", "interim", "act", "tell"):
            if isinstance(value := bars.get(bar), float):
                yield section, f"{bar} lower", (section, bar), value - 0.01
    yield "confidence", "unproven counts", ("confidence", "unproven_at_most"), 1.0
    yield "confidence", "proven early", ("confidence", "proven_after"), 29
    yield "confidence", "stale context counts", ("confidence", "stale_context"), 0.0
    yield "extremely-sure", "less precise", ("autonomy", "exception"), 0.98
    yield "enforcement", "enforced everywhere", ("enforcement", "default"), "enforce"


CHANGES = [*rows(), *rules(), *exceptions(), *budgets(), *gates()]


@pytest.fixture(scope="module")
def cases() -> CaseFile:
    return load_cases(beside(BASELINE), compile_policy(DOCUMENT, SPECS), SPECS)


def weakened(path: Path_, value: JsonValue) -> Policy:
    """The baseline with another value, or none, at one place."""
    data = deepcopy(DOCUMENT.data)
    here: JsonValue = data
    for step in path[:-1]:
        here = here[step]  # type: ignore[index]
    if value is None:
        del here[path[-1]]  # type: ignore[arg-type,union-attr]
    else:
        here[path[-1]] = value  # type: ignore[index]
    return compile_policy(replace(DOCUMENT, data=data), SPECS)


def named(trial: Trial) -> set[str]:
    """Every clause that the failures and the untested are about."""
    return {clause for failure in trial.failures for clause in failure.clauses} | {name for _, name in trial.untested}


def names(change: Change) -> str:
    return f"{change[2][0]} {change[0]}: {change[1]}"


@pytest.mark.parametrize("clause", sorted({change[0] for change in CHANGES}))
def test_every_weakening_is_noticed_and_names_its_clause(clause: str, cases: CaseFile) -> None:
    changes = [change for change in CHANGES if change[0] == clause]
    trials = {names(change): try_policy(weakened(change[2], change[3]), cases, SPECS) for change in changes}
    unnoticed = {name for name, trial in trials.items() if clause not in named(trial)}
    print(*(f"survives: {name} ({SURVIVORS.get(name, 'unexplained')})" for name in sorted(unnoticed)), sep="\n")
    assert unnoticed == SURVIVORS.keys() & trials.keys()


def test_what_survives_is_something_that_is_tried() -> None:
    assert SURVIVORS.keys() <= {names(change) for change in CHANGES}


def test_no_clause_is_left_out() -> None:
    tried = {change[2] for change in CHANGES if change[1] == "deleted"}
    clauses = [path for section in (("matrix",), ("rules",), ("budgets", "rows")) for path, _ in listed(*section)]
    assert tried == set(clauses)

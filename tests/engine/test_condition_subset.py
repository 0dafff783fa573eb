"""The conditions that can be proved about: what they mention, what stands for all values, and what is outside."""

import pytest

from engine.condition_subset import LEVELS, OTHER, Mentioned, Outside, read_condition, samples


def mentioned(source: str) -> dict[str, set[str | float]]:
    into = Mentioned()
    read_condition(source, into)
    return into.literals


@pytest.mark.parametrize(
    ("source", "literals"),
    [
        ("true", {}),
        ("target.known", {"target.known": set()}),
        ("!target.known || (target.protected == false)", {"target.known": set(), "target.protected": set()}),
        ("target.zone == 'outside'", {"target.zone": {"outside"}}),
        ('!(target.segment in ["guest", "lab"])', {"target.segment": {"guest", "lab"}}),
        ("size(intel.warnings) > 0", {"intel.warnings": {0.0}}),
        ("budget.hour < -1 && intel.confidence >= 0.98", {"budget.hour": {-1.0}, "intel.confidence": {0.98}}),
        ("target.count in [1, 2]", {"target.count": {1.0, 2.0}}),
    ],
)
def test_what_is_compared_with_what(source: str, literals: dict[str, set[str | float]]) -> None:
    assert mentioned(source) == literals


@pytest.mark.parametrize(
    "source",
    [
        "target.count / 2 > 1",
        "finding.tags[0] == 'x'",
        "action.params.count > 3",
        "target.value == finding.source.ip",
        "target.value.startsWith('10.')",
        "'cdn' in intel.warnings",
        "target.zone < 'b'",
        "has(action.params.host)",
        "target.known ? true : false",
        "target.known target.known",
        "(target.known",
        "target.count",
        "size(target.value) > 3",
        "target.zone == 'a\\x41'",
        "true // comment",
        "",
    ],
)
def test_anything_else_is_outside(source: str) -> None:
    with pytest.raises(Outside):
        mentioned(source)


def test_a_few_values_stand_for_all() -> None:
    source = (
        "target.known && target.zone == 'outside' && target.criticality == 'high' && target.count > 200 && "
        "size(intel.warnings) > 0 && intel.confidence >= 0.5 && intel.confidence < 0.75"
    )
    into = Mentioned()
    read_condition(source, into)
    assert samples(into) == {
        "intel.confidence": [-0.5, 0.5, 0.625, 0.75, 1.75],
        "intel.warnings": [[], ["0"]],
        "target.count": [199, 200, 201],
        "target.criticality": [*LEVELS],
        "target.known": [False, True],
        "target.zone": ["outside", OTHER],
    }

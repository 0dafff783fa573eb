"""A layer that makes a rule one of another kind: refused where it says so, unless it gives all that the kind takes."""

from pathlib import Path

import pytest

from engine.documents import parse
from engine.errors import InvalidFile
from engine.model.policy import PolicyDocument
from engine.policy_layers import stack

BASELINE = (Path(__file__).parents[2] / "policies" / "baseline.yaml").read_text()
ORGANISATION = "policy: organisation\nversion: 1\ndescription: ours\nowner: us\nlayer: organisation\non: baseline\n"


def test_a_rule_of_another_kind_is_refused_where_the_layer_says_so() -> None:
    above = parse(BASELINE, "baseline.yaml")
    below = parse(ORGANISATION + "rules:\n  - {id: learning, kind: forbid}\n", "organisation.yaml")
    with pytest.raises(InvalidFile) as caught:
        stack([above, below])
    line = BASELINE[: BASELINE.index("- id: learning\n    kind")].count("\n") + 1
    assert str(caught.value) == (
        f"organisation.yaml:8:26: `learning` is of kind `raise` in baseline.yaml:{line}, and has `to`, "
        "which `forbid` has not: give it another id"
    )


def test_a_rule_of_another_kind_that_has_all_it_takes_is_taken() -> None:
    above = parse(BASELINE, "baseline.yaml")
    below = parse(ORGANISATION + "rules: [{id: untouchable, kind: raise, to: 4}]\n", "organisation.yaml")
    rules = stack([above, below])[-1].merged.validate(PolicyDocument).rules
    assert [rule.kind for rule in rules if rule.id == "untouchable"] == ["raise"]

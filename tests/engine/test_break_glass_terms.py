"""The section `break_glass` of a policy: what counts as allowing more, and what a lower layer may do to a final one."""

from pathlib import Path

import pytest

from actions.registry import ActionSpecs
from engine.documents import Document, parse
from engine.errors import InvalidFile
from engine.policy_diff import compare
from engine.policy_file import compile_layers, parse_policy

BASELINE = (Path(__file__).parents[2] / "policies" / "baseline.yaml").read_text()
SPECS = ActionSpecs()
WIDER = [
    ("groups: [break-glass]", "groups: [break-glass, responders]", "groups", True),
    ("groups: [break-glass]", "groups: [responders]", "groups", True),
    ("groups: [break-glass]", "groups: []", "groups", False),
    ("overrides: [ask, ask_two]", "overrides: [ask, ask_two, protected]", "overrides", True),
    ("overrides: [ask, ask_two]", "overrides: [ask]", "overrides", False),
    ("lasts: 60m", "lasts: 30m", "lasts", False),
    ("a_month: 2", "a_month: 0", "a_month", False),
    ("review_within: 24h", "review_within: 1h", "review_within", False),
]


@pytest.mark.parametrize(("old", "new", "field", "more"), WIDER)
def test_more_people_more_results_longer_and_later_allow_more(old: str, new: str, field: str, more: bool) -> None:
    a, b = (parse_policy(text, "p.yaml", SPECS).document for text in (BASELINE, BASELINE.replace(old, new, 1)))
    there, back = compare(a, b), compare(b, a)
    assert [(change.place, change.can_allow_more) for change in there] == [(f"break_glass.{field}", more)]
    assert [change.can_allow_more for change in back] == [new == "groups: [responders]" or not more]


@pytest.mark.parametrize(("old", "new", "field", "more"), WIDER)
def test_below_a_final_one_a_layer_only_restricts(old: str, new: str, field: str, more: bool) -> None:
    head = "policy: ours\nversion: 1\ndescription: ours\nowner: us\nlayer: organisation\non: baseline\n"
    layers = [parse(f"final: [break_glass]\n{BASELINE}", "b.yaml"), parse(f"{head}break_glass: {{{new}}}", "o.yaml")]
    assert refused(layers) == ([f"relaxes `break_glass.{field}`"] if more else [])


def refused(layers: list[Document]) -> list[str]:
    """What is said to be relaxed, as far as its first words."""
    try:
        compile_layers(layers, SPECS)
    except InvalidFile as error:
        return [problem.message.partition(" (")[0] for problem in error.problems]
    return []


def test_the_order_of_its_lists_says_nothing() -> None:
    turned = BASELINE.replace("overrides: [ask, ask_two]", "overrides: [ask_two, ask]", 1)
    assert parse_policy(turned, "p.yaml", SPECS).digest == parse_policy(BASELINE, "p.yaml", SPECS).digest

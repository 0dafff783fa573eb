"""CEL over declared facts: checked when read, and never trusted when run."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from engine.documents import Position, parse
from engine.errors import InvalidInput
from engine.expressions import SOURCE_LIMIT, Expressions, FactType, Refusal, Wants

LANGUAGE = Expressions(
    {
        "a.flag": FactType.BOOL,
        "a.count": FactType.INT,
        "a.share": FactType.DOUBLE,
        "a.name": FactType.STRING,
        "a.names": FactType.STRINGS,
        "a.bag": FactType.OBJECT,
    }
)
GOOD: dict[str, JsonValue] = {
    "a.flag": True, "a.count": 3, "a.share": 0.5, "a.name": "x", "a.names": ["x", "y"], "a.bag": {"k": True, "n": 1},
}  # fmt: skip
HERE = Position("p.yaml", 4, 11, 11)


def test_an_expression_is_known_by_its_facts_as_well_as_by_its_words() -> None:
    counted, named = (Expressions({"a.x": kind}) for kind in (FactType.INT, FactType.STRING))
    assert counted.compile("a.x > 1", Wants.BOOL, HERE).holds(counted.prepare({"a.x": 2})) is True
    with pytest.raises(InvalidInput, match="no matching overload"):
        named.compile("a.x > 1", Wants.BOOL, HERE)


def test_an_expression_compiled_before_is_judged_anew_by_what_it_is_for_and_where_it_stands() -> None:
    elsewhere = Position("q.yaml", 7, 1, 1)
    assert LANGUAGE.compile("a.name", Wants.VALUE, HERE).gives == "STRING"
    with pytest.raises(InvalidInput, match="q.yaml:7:1: a condition must be true or false"):
        LANGUAGE.compile("a.name", Wants.BOOL, elsewhere)


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("a.nam == 'x'", "p.yaml:4:12: no valid expression: undeclared reference to 'a.nam' (in container '')"),
        (
            "a.share > 1",
            "p.yaml:4:19: no valid expression: found no matching overload for '_>_' applied to '(double, int)'",
        ),
        ("a.name", "p.yaml:4:11: a condition must be true or false, this is `STRING`"),
        ("", "p.yaml:4:11: no valid expression: Syntax error: mismatched input '<EOF>'"),
        ("(" * 200 + "true" + ")" * 200, "p.yaml:4:11: no valid expression: Expression recursion limit exceeded"),
        (
            "a.flag || " * SOURCE_LIMIT + "true",
            f"p.yaml:4:11: an expression may have at most {SOURCE_LIMIT} characters",
        ),
    ],
)
def test_what_cannot_be_is_refused_at_the_character_of_the_file(source: str, problem: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        LANGUAGE.compile(source, Wants.BOOL, HERE)
    assert str(caught.value).startswith(problem)


def test_positions_reach_through_quotes() -> None:
    at = parse("when: 'a.flag && b'\n", "q.yaml").at(("when",))
    with pytest.raises(InvalidInput, match=r"^q\.yaml:1:18: "):
        LANGUAGE.compile("a.flag && b", Wants.BOOL, at)


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        ("a.flag && a.count == 3 && a.share < 1.0", True),
        ("'x' in a.names // a comment", True),
        ("a.bag.k", True),
        ("a.name == 'y'", False),
        ("a.count / 0 == 1", Refusal("divide by zero")),
        ("a.names[7] == 'x'", Refusal("Index error: index=7 size=2")),
        ("a.bag.absent == 1", Refusal('Key not found in map : "absent"')),
        ("a.bag.n", Refusal("gave a value of type int, not true or false")),
    ],
)
def test_a_condition_is_true_false_or_a_refusal(source: str, answer: bool | Refusal) -> None:
    facts = LANGUAGE.prepare(GOOD)
    condition = LANGUAGE.compile(source, Wants.BOOL, HERE)
    assert condition.holds(facts) == answer
    assert LANGUAGE.together([condition]).evaluate(facts) == [answer]


def test_an_error_poisons_the_list_and_refuses_only_its_own_condition() -> None:
    sources = ("a.flag", "a.count / 0 == 1", "a.name == 'y' // no", "a.bag.n")
    together = LANGUAGE.together([LANGUAGE.compile(source, Wants.BOOL, HERE) for source in sources])
    answers = together.evaluate(LANGUAGE.prepare(GOOD))
    assert [answer if isinstance(answer, bool) else "refused" for answer in answers] == [
        True,
        "refused",
        False,
        "refused",
    ]


def test_no_conditions_have_no_answers() -> None:
    assert LANGUAGE.together([]).evaluate(LANGUAGE.prepare(GOOD)) == []


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("a.name + '!'", "x!"),
        ("a.names", ["x", "y"]),
        ("{'host': a.name, 'port': a.count}", {"host": "x", "port": 3}),
        ("a.bag", {"k": True, "n": 1}),
        ("null", None),
    ],
)
def test_values_come_out_as_plain_data(source: str, value: JsonValue) -> None:
    assert LANGUAGE.compile(source, Wants.VALUE, HERE).value(LANGUAGE.prepare(GOOD)) == value


@pytest.mark.parametrize("source", ["timestamp('2026-01-01T00:00:00Z')", "b'x'", "a.share / 0.0", "{1: 2}", "type(1)"])
def test_what_json_cannot_hold_is_a_refusal(source: str) -> None:
    assert isinstance(LANGUAGE.compile(source, Wants.VALUE, HERE).value(LANGUAGE.prepare(GOOD)), Refusal)


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        ("a.flag", 1),
        ("a.flag", None),
        ("a.count", 1.0),
        ("a.count", True),
        ("a.count", 2**60),
        ("a.share", True),
        ("a.share", "0.5"),
        ("a.share", float("nan")),
        ("a.share", float("inf")),
        ("a.share", 10**400),
        ("a.name", 3),
        ("a.name", "x\0y"),
        ("a.name", "\ud800"),
        ("a.names", ["x", 3]),
        ("a.names", ["x\0"]),
        ("a.bag", {"k": "x\0y"}),
        ("a.bag", {"\0": 1}),
        ("a.bag", []),
    ],
)
def test_a_fact_that_is_not_as_declared_is_withheld_and_what_asks_for_it_refused(fact: str, value: JsonValue) -> None:
    facts = LANGUAGE.prepare({**GOOD, fact: value})
    answer = LANGUAGE.compile(f"{fact} == {fact}", Wants.BOOL, HERE).holds(facts)
    assert answer == Refusal(f'No value with name "{fact}" found in Activation')


@pytest.mark.parametrize(
    "source", ["a.name == 'x'", "a . name == 'x'", "a.// told apart\nname == 'x'", ".a.name == 'x'"]
)
def test_a_fact_is_found_however_its_name_is_written(source: str) -> None:
    assert LANGUAGE.compile(source, Wants.BOOL, HERE).holds(LANGUAGE.prepare(GOOD)) is True


def test_what_an_expression_does_not_ask_for_never_reaches_it() -> None:
    assert {*LANGUAGE.compile("a.flag && a.names == []", Wants.BOOL, HERE).asked} == {"a.flag", "a.names"}


def test_a_name_cut_by_a_nul_is_not_taken_for_the_short_one() -> None:
    condition = LANGUAGE.compile("a.name == 'dc-01'", Wants.BOOL, HERE)
    assert isinstance(condition.holds(LANGUAGE.prepare({**GOOD, "a.name": "dc-01\0.evil"})), Refusal)


def test_a_loop_without_end_is_a_refusal() -> None:
    triple = "a.names.map(x, a.names.map(y, a.names.map(z, x + y + z))).size() > 0"
    condition = LANGUAGE.compile(triple, Wants.BOOL, HERE)
    assert isinstance(condition.holds(LANGUAGE.prepare({**GOOD, "a.names": ["x"] * 300})), Refusal)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)),
    max_leaves=6,
)
ALL = [
    LANGUAGE.compile(source, Wants.BOOL, HERE)
    for source in (
        "a.flag",
        "a.count > 1",
        "a.share > 0.1",
        "a.name == 'x'",
        "'x' in a.names",
        "a.bag.k",
        "has(a.bag.k)",
    )
]
TOGETHER = LANGUAGE.together(ALL)


@given(st.dictionaries(st.sampled_from(sorted(GOOD)), JSON))
def test_no_facts_raise(facts: dict[str, JsonValue]) -> None:
    prepared = LANGUAGE.prepare(facts)
    assert TOGETHER.evaluate(prepared) == [condition.holds(prepared) for condition in ALL]


def test_the_vocabulary_and_workflows_do_without_cel() -> None:
    loaded = "import sys, engine.model.policy, engine.model.playbook, workflows.respond, workflows.lease; "
    command = [sys.executable, "-c", loaded + "print([name for name in sys.modules if 'cel_expr' in name])"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "[]\n"

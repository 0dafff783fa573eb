"""Policy files: everything wrong is told at its place, and what is right has one digest."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import InvalidFile, InvalidInput
from engine.policy_file import Policy, load_policy, parse_policy
from engine.ports import Specs

Text = Callable[..., str]

ROW = """
  - {id: block, actions: [network.block_ip], tier: 1, because: two origins}
"""


def problems_of(text: str, specs: Specs) -> list[str]:
    with pytest.raises(InvalidFile) as caught:
        parse_policy(text, "p.yaml", specs)
    return [str(problem) for problem in caught.value.problems]


def place_of(needle: str, text: str) -> str:
    """Where `needle` first stands in `text`, as errors say it."""
    before = text[: text.index(needle)]
    return f"p.yaml:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


UNKNOWN = "there is no action `network.blok_ip`: use one of network.block_ip, host.isolate, host.erase, notify"
NO_FACT = "no valid expression: undeclared reference to"
WHOLE = "an expression must be the whole parameter: build lists and objects in CEL"
HOLD = "`matrix.0.on_expiry`: input should be <OnExpiry.DENY: 'deny'> or <OnExpiry.HOLD: 'hold'>"
NO_LEVL = "`host.isolate` has no parameter `levl`"


@pytest.mark.parametrize(
    ("row", "needle", "problem"),
    [
        ("actions: [network.blok_ip], tier: 1, because: x", "network.blok", UNKNOWN),
        ("actions: [notify], tier: 1, because: x, when: 'targt.zone == 1'", ".zone", f"{NO_FACT} 'targt.zone'"),
        ("actions: [notify], tier: 5, because: x", "5, b", "`matrix.0.tier`: input should be 0, 1, 2, 3 or 4"),
        ("actions: [notify], tier: true, because: x", "true", "`matrix.0.tier`: a tier is a whole number from 0 to 4"),
        ("actions: [notify], tier: 1", "{id: a", "`matrix.0.because` is missing"),
        ("actions: [notify], tier: 1, because: x, wen: y", "wen", "unknown key `matrix.0.wen`"),
        (
            "actions: [notify], tier: 1, because: x, lease: 2h, ceiling: 1h",
            "{id: a",
            "`matrix.0`: `lease` is longer than its `ceil",
        ),
        (
            "actions: [notify], tier: 1, because: x, lease: 90",
            "90",
            "`matrix.0.lease`: input should be a valid duration",
        ),
        ("actions: [notify], tier: 1, because: x, lease: soon", "soon", "`matrix.0.lease`: `soon` is no duration"),
        ("actions: [notify], tier: 3, because: x, on_expiry: act", "act}", HOLD),
        ("actions: [notify], tier: 3, because: x, groups: ['= targt.owner']", ".owner", f"{NO_FACT} 'targt.owner'"),
    ],
)
def test_a_wrong_row_is_refused_at_its_place(
    row: str, needle: str, problem: str, policy_text: Text, specs: Specs
) -> None:
    text = policy_text(f"[{{id: a, {row}}}]")
    [found] = problems_of(text, specs)
    assert found.startswith(f"{place_of(needle, text)}: {problem}")


@pytest.mark.parametrize(
    ("interim", "needle", "problem"),
    [
        (
            "action: network.block_ip, target: nowhere",
            "nowhere",
            "parameter `target`: input is not a valid IPv4 address",
        ),
        (
            "action: host.isolate, target: = target.value, params: {level: x}",
            "x}}",
            "parameter `level`: input should be",
        ),
        ("action: host.isolate, target: = target.value, params: {levl: 2}", "2}}", NO_LEVL),
        ("action: host.isolate, target: = target.value, params: {levl: = finding.id}", "= finding.id}", NO_LEVL),
        ("action: host.isolate, target: = target.value, params: {level: ['= 1']}", "['= 1']", WHOLE),
        ("action: host.erase, target: = target.value", "host.erase", "an interim must be reversible"),
        ("action: network.blok_ip, target: x", "network.blok", UNKNOWN),
    ],
)
def test_a_wrong_interim_is_refused_at_its_place(
    interim: str, needle: str, problem: str, policy_text: Text, specs: Specs
) -> None:
    text = policy_text(f"[{{id: a, actions: [notify], tier: 3, because: x, interim: [{{{interim}}}]}}]")
    found, *_ = problems_of(text, specs)
    assert found.startswith(f"{place_of(needle, text)}: {problem}")


def test_a_row_stands_once(policy_text: Text, specs: Specs) -> None:
    text = policy_text(ROW + ROW.replace("tier: 1", "tier: 2").lstrip("\n"))
    assert problems_of(text, specs) == ["p.yaml:8:10: `block` stands here twice"]


EXCEPTION = "id: r, kind: exception, veto: 1s, lease: 1m, because: x"


@pytest.mark.parametrize(
    ("rule", "needle", "problem"),
    [
        (
            "id: r, kind: allow, when: 'true', because: x",
            "{id: r",
            "`rules.0`: input tag 'allow' found using 'kind' does not match",
        ),
        ("id: r, kind: forbid, because: x", "{id: r", "`rules.0.when` is missing"),
        ("id: r, kind: forbid, when: target.value, because: x", "target.value", "a condition must be true or false"),
        (
            "id: r, kind: raise, to: 9, when: 'true', because: x",
            "9, when",
            "`rules.0.to`: input should be 0, 1, 2, 3 or 4",
        ),
        (
            f"{EXCEPTION}, floor: 0, confidence: 0.9, conditions: ['true']",
            "0, conf",
            "`rules.0.floor`: input should be greater than or eq",
        ),
        (
            f"{EXCEPTION}, floor: 3, confidence: 0.9, conditions: ['true']",
            "3, conf",
            "`rules.0.floor`: input should be less",
        ),
        (
            f"{EXCEPTION}, floor: 2, confidence: 0.9, conditions: []",
            "[]}]",
            "`rules.0.conditions`: tuple should have at least 1 item",
        ),
        (f"{EXCEPTION}, floor: 2, confidence: 0.9, conditions: ['true', '1+']", "']}]", "no valid expression: Syntax"),
        ("id: block, kind: forbid, when: 'true', because: x", "block, kind", "`block` is a row of the matrix already"),
        (
            "id: budget-tripped, kind: forbid, when: 'true', because: x",
            "budget-tripped, kind",
            "`budget-tripped` is what the engine says of a tripped budget",
        ),
    ],
)
def test_a_wrong_rule_is_refused_at_its_place(
    rule: str, needle: str, problem: str, policy_text: Text, specs: Specs
) -> None:
    text = policy_text(ROW, f"[{{{rule}}}]")
    [found] = problems_of(text, specs)
    assert found.startswith(f"{place_of(needle, text)}: {problem}")


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("quorum: 1", "quorum: 0", "tier `ask` needs a quorum of at least 1, `ask_two` of at least 2"),
        ("groups: [responders], ", "", "tier `ask_two` needs a named group"),
        ("decide_in: 15m, ", "", "tiers `ask` and `ask_two` need a `decide_in`"),
        ("on_expiry: deny", "on_expiry: act", "silence is never consent: `on_expiry` may be deny or hold"),
        ("owner: governance", "owner: ''", "string should have at least 1 character"),
        ("ask: 0.60", "ask: 1.60", "input should be less than or equal to 1"),
        (
            "lease: 30m, ceiling: 4h",
            "lease: 30m, ceiling: 9000d",
            "input should be less than or equal to datetime.timedelta(days=366)",
        ),
    ],
)
def test_tiers_and_gates_must_make_sense(
    before: str, after: str, problem: str, policy_text: Text, specs: Specs
) -> None:
    [found] = problems_of(policy_text(ROW).replace(before, after, 1), specs)
    assert found.endswith(problem)
    assert found.startswith("p.yaml:")


def test_problems_of_several_parts_are_told_together(policy_text: Text, specs: Specs) -> None:
    matrix = "[{id: a, actions: [nothing], tier: 1, because: x, when: 'x'}]"
    rules = "[{id: b, kind: forbid, actions: [nobody], when: 'y', because: x}]"
    assert len(problems_of(policy_text(matrix, rules), specs)) == 4


def test_a_foreseen_action_may_be_named_and_an_interim_by_it_waits(policy_text: Text, specs: Specs) -> None:
    matrix = "[{id: a, actions: [host.scan, notify], tier: 3, because: x, interim: [{action: host.scan, target: x}]}]"
    policy = parse_policy(policy_text(matrix, more="foreseen: [host.scan]\n"), "p.yaml", specs)
    assert policy.terms["a"].interim == ()


def test_the_digest_is_of_the_content_not_of_its_layout(policy_text: Text, specs: Specs) -> None:
    text = policy_text(ROW)
    first = parse_policy(text, "p.yaml", specs)
    again = parse_policy("# a comment\n" + text.replace("{id: block, ", "{id:   'block',  "), "q.yaml", specs)
    other = parse_policy(text.replace("tier: 1", "tier: 2"), "p.yaml", specs)
    assert first.digest == again.digest != other.digest
    assert first.name == "small"


def test_an_empty_matrix_is_a_policy(policy_text: Text, specs: Specs) -> None:
    assert parse_policy(policy_text(), "p.yaml", specs).document.matrix == ()


def test_loading_tells_every_problem_of_the_file(tmp_path: Path, policy_text: Text, specs: Specs) -> None:
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(policy_text(ROW))
    bad.write_text(policy_text("[{id: a}]"))
    with pytest.raises(InvalidFile) as wrong:
        load_policy(bad, specs)
    assert [problem.line for problem in wrong.value.problems] == [6, 6, 6]
    with pytest.raises(InvalidInput, match="none.yaml"):
        load_policy(tmp_path / "none.yaml", specs)
    assert load_policy(good, specs).name == "small"


RULES = """
  - {id: no, kind: forbid, when: target.untouchable, because: ours}
  - {id: up, kind: raise, to: 3, actions: [host.isolate], when: source.learning, because: learning}
"""


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_a_mutated_file_is_a_policy_or_told_what_is_wrong_with_it(
    data: st.DataObject, policy_text: Text, specs: Specs
) -> None:
    text = policy_text(ROW, RULES)
    start = data.draw(st.integers(0, len(text)))
    end = min(len(text), start + data.draw(st.integers(0, 12)))
    insert = data.draw(st.text(alphabet="abz01 :-[]{}'\"|>&*!#%\n\t?,.\\=\0é", max_size=6))
    try:
        assert isinstance(parse_policy(text[:start] + insert + text[end:], "m.yaml", specs), Policy)
    except InvalidFile as error:
        assert all(problem.line and str(problem).startswith("m.yaml:") for problem in error.problems)

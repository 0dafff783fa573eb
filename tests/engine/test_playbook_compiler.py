"""Compiled playbooks: every kind of step, the facts in its scope, and every mistake told at its place."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from actions.registry import ActionSpecs
from engine.documents import SIZE_LIMIT, parse
from engine.errors import InvalidFile
from engine.model.steps import KEYS, OnFailure, kind_of
from engine.playbook import Compiled, CompiledCall, CompiledNotify, CompiledTask, Playbook, walk
from engine.playbook_file import DEPTH, parse_playbook
from engine.playbook_outline import CALLS, NESTING, STEPS
from engine.playbook_set import compile_playbooks

SPECS = ActionSpecs()
PLAYBOOKS = Path(__file__).parent / "playbooks"
FULL, ISOLATE = ((PLAYBOOKS / f"{name}.yaml").read_text() for name in ("full", "isolate-and-ask"))


HEAD = "playbook: p\nversion: 1\ndescription: d\nowner: o\nwhen: 'true'\n"


def load(text: str = FULL) -> Playbook:
    return compile_playbooks([parse(ISOLATE, "i.yaml"), parse(text, "f.yaml", SIZE_LIMIT, DEPTH)], SPECS)[1]


def problems(*texts: str) -> Sequence[str]:
    documents = [parse(text, f"{chr(ord('a') + n)}.yaml", SIZE_LIMIT, DEPTH) for n, text in enumerate(texts)]
    with pytest.raises(InvalidFile) as caught:
        compile_playbooks(documents, SPECS)
    return [str(problem) for problem in caught.value.problems]


def step(playbook: Playbook, name: str) -> Compiled:
    return next(step for step in walk(playbook.block) if step.step.name == name)


def test_every_kind_of_step_compiles_to_its_place_in_the_tree() -> None:
    found = list(walk(load().block))
    assert {kind_of(step.step) for step in found} == set(KEYS)
    assert [step.path for step in found] == [
        "sides", "sides/contain", "sides/contain/tell-soc", "sides/block", "ask", "if-clean", "if-clean/benign",
        "if-clean/hold", "by-kind", "by-kind/again", "by-kind/again/ask-again", "by-kind/tell", "hosts", "hosts/others",
    ]  # fmt: skip


def test_blocks_are_known_by_what_says_when_they_are_carried_out() -> None:
    playbook = load()
    names = {name: [*step(playbook, name).blocks] for name in ("sides", "if-clean", "by-kind", "again", "hosts")}
    assert names == {
        "sides": ["left", "right"],
        "if-clean": ["then", "else"],
        "by-kind": ["case ours", "default"],
        "again": ["do"],
        "hosts": ["do"],
    }


X, Y, Z = (f"{{name: {name}, wait: 1m, because: b}}" for name in "xyz")


@pytest.mark.parametrize(
    ("last", "closing"),
    [
        (f"parallel: [{{name: l, steps: [{X}, {Y}]}}, {{name: r, steps: [{Z}]}}]", {"y", "z"}),
        (f"if: 'true', then: [{X}, {Y}], else: [{Z}]", {"y", "z"}),
        (f"switch: = finding.host, cases: {{one: [{X}, {Y}]}}, default: [{Z}]", {"y", "z"}),
        (f"if: 'true', then: [{X}], on_failure: {Y}", {"x"}),
        (f"while: 'true', at_most: 2, every: 1s, do: [{X}]", set()),
        (f"for_each: = finding.hosts, as: host, at_most: 2, together: true, do: [{X}]", set()),
    ],
)
def test_what_nothing_follows_is_known_and_never_stands_in_a_loop(last: str, closing: set[str]) -> None:
    first = X.replace("name: x", "name: first")
    text = f"{HEAD}steps: [{first}, {{name: last, because: b, {last}}}]\n"
    assert parse_playbook(text, "f.yaml", SPECS).closing == {"last", *closing}


def test_what_becomes_of_a_failure_is_compiled_with_the_step() -> None:
    playbook = load()
    assert isinstance(step(playbook, "contain").on_failure, CompiledNotify)
    assert step(playbook, "block").on_failure is OnFailure.CONTINUE
    assert step(playbook, "ask").on_failure is OnFailure.STOP


def test_the_names_of_the_facts_a_step_leaves_stand_in_it() -> None:
    playbook = load()
    asked, called = step(playbook, "ask-again"), step(playbook, "contain")
    assert isinstance(asked, CompiledTask)
    assert isinstance(called, CompiledCall)
    assert asked.answers == {"gone": "answer.ask_again.gone"}
    assert called.outputs == {"clean": "output.contain.clean"}
    assert {*asked.answers.values(), "step.hosts.outcome", "each.host", "round", "input.patience"} <= {*playbook.facts}


def test_a_called_playbook_is_part_of_the_identity_but_not_of_the_digest() -> None:
    inner, outer = compile_playbooks([parse(ISOLATE, "i"), parse(FULL, "f", SIZE_LIMIT, DEPTH)], SPECS)
    other = parse_playbook(ISOLATE.replace("somebody has to", "one must"), "i", SPECS)
    again = parse_playbook(FULL, "f", SPECS, [other])
    assert outer.called == (inner,)
    assert (again.digest, again.called) == (outer.digest, (other,))
    assert again.identity != outer.identity


def test_no_playbook_calls_itself_however_far_round() -> None:
    def calling(name: str, called: str) -> str:
        head = f"playbook: {name}\nversion: 1\ndescription: d\nowner: o\n"
        return f"{head}steps: [{{name: call, playbook: {called}, version: 1, because: b}}]\n"

    assert problems(calling("a", "b"), calling("b", "c"), calling("c", "a")) == [
        "a.yaml:5:32: `b` version 1 is refused itself",
        "b.yaml:5:32: `c` version 1 is refused itself",
        "c.yaml:5:32: no playbook may come back to itself: `a` version 1 calls `b` version 1 calls `c` version 1 "
        "calls `a` version 1",
    ]
    with pytest.raises(InvalidFile, match=r"^a\.yaml:5:32: a playbook may not call itself$"):
        parse_playbook(calling("a", "a"), "a.yaml", SPECS)


@pytest.mark.parametrize("order", [1, -1])
def test_calls_within_calls_are_bounded_in_whatever_order_the_files_stand(order: int) -> None:
    def chain(length: int) -> list[str]:
        step = "[{{name: call, playbook: p{}, version: 1, because: b}}]"
        calls = [step.format(number + 1) for number in range(length)]
        steps = [*calls, "[{name: last, wait: 1s, because: b}]"]
        head = "version: 1\ndescription: d\nowner: o\n"
        return [f"playbook: p{number}\n{head}steps: {one}\n" for number, one in enumerate(steps)][::order]

    documents = [parse(text, "x") for text in chain(CALLS)]
    assert max(playbook.calls_within for playbook in compile_playbooks(documents, SPECS)) == CALLS
    assert any(f"calls stand within more than {CALLS} calls" in told for told in problems(*chain(26 - 1)))


def test_a_version_stands_once_and_one_version_answers() -> None:
    second = FULL.replace("version: 2", "version: 1")
    assert problems(ISOLATE, FULL, FULL) == ["c.yaml:1:11: `full` version 2 stands in `b.yaml` too"]
    assert problems(ISOLATE, FULL, second) == ["c.yaml:5:7: another version, in `b.yaml`, answers findings too"]
    callable_only = second.replace('when: finding.category == "exfiltration"\n', "")
    documents = [parse(text, "x", SIZE_LIMIT, DEPTH) for text in (ISOLATE, FULL, callable_only)]
    assert [playbook.version for playbook in compile_playbooks(documents, SPECS)] == [3, 2, 1]


HEAD = "playbook: p\nversion: 1\ndescription: d\nowner: o\n"


def nested(levels: int) -> str:
    text = "[{name: inmost, wait: 1s, because: b}]"
    for level in range(levels):
        text = f"[{{name: n{level}, if: 'true', because: b, then: {text}}}]"
    return f"{HEAD}steps: {text}\n"


def test_blocks_within_blocks_are_bounded() -> None:
    assert len(list(walk(parse_playbook(nested(NESTING - 1), "p", SPECS).block))) == NESTING
    assert problems(nested(NESTING))[0].endswith(f"stands within more than {NESTING} blocks")


def test_the_number_of_steps_is_bounded() -> None:
    def holding(steps: int) -> str:
        blocks = range(steps // 100)
        inner = [", ".join(f"{{name: s{b}-{n}, wait: 1s, because: b}}" for n in range(99)) for b in blocks]
        outer = (f"{{name: o{b}, if: 'true', because: b, then: [{inner[b]}]}}" for b in blocks)
        return f"{HEAD}steps: [{', '.join(outer)}]\n"

    assert len(list(walk(parse_playbook(holding(STEPS), "p", SPECS).block))) == STEPS
    assert problems(holding(STEPS + 100)) == [
        f"a.yaml:5:8: {STEPS + 100} steps: at most {STEPS} may stand in a playbook"
    ]


@pytest.mark.parametrize("name", ["in", "2nd", "true", "null", "a-b.c"])
def test_a_step_of_any_name_can_be_asked_about(name: str) -> None:
    said = {"a-b.c": "a_b_c"}.get(name, f"_{name}")
    text = f"{HEAD}steps:\n  - {{name: '{name}', wait: 1s, because: b}}\n"
    text += f"  - {{name: z, wait: 1s, because: b, when: step.{said}.outcome == 'done'}}\n"
    assert parse_playbook(text, "p", SPECS).facts[f"step.{said}.outcome"] == "string"

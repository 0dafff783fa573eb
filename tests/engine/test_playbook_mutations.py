"""Whatever a playbook file holds: it is a playbook, or every mistake in it is told at a place in it."""

import json
from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from actions.registry import ActionSpecs
from engine.documents import SIZE_LIMIT, parse
from engine.errors import InvalidFile
from engine.model.base import Json
from engine.model.steps import KEYS
from engine.playbook import Playbook
from engine.playbook_file import DEPTH, load_playbook, parse_playbook
from engine.playbook_set import compile_playbooks

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent / "playbooks"
SPECS = ActionSpecs()
CALLED = parse_playbook((HERE / "isolate-and-ask.yaml").read_text(), "i.yaml", SPECS)
TEXTS = [path.read_text() for folder in (HERE, ROOT / "workflows" / "playbooks") for path in folder.glob("*.yaml")]
TREES: list[Json] = [parse(text, "t", SIZE_LIMIT, DEPTH).data for text in TEXTS]


def judge(text: str) -> Playbook | None:
    """The playbook, or nothing where every mistake has its place."""
    try:
        return parse_playbook(text, "m.yaml", SPECS, [CALLED])
    except InvalidFile as error:
        assert error.problems
        assert all(problem.line > 0 and str(problem).startswith("m.yaml:") for problem in error.problems)
        assert all("\n" not in str(problem) for problem in error.problems)
        return None


SCRAPS = st.one_of(
    st.text(max_size=6),
    st.text(alphabet="abz01 :-[]{}'\"|>&*!#%\n\t?,.\\=\0é", max_size=8),
    st.sampled_from(["&a ", "*a", "!!python/object:os.system ", "<<: *a", "---\n", "...\n", "= ", "{{ x }}", "\ud800"]),
    st.sampled_from([f"{key}: " for key in KEYS]),
)


@settings(max_examples=100, deadline=None)
@given(text=st.sampled_from(TEXTS), cuts=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 30), SCRAPS), max_size=3))
def test_characters_taken_out_and_put_in(text: str, cuts: list[tuple[float, int, str]]) -> None:
    for where, length, scrap in cuts:
        start = int(where * len(text))
        text = text[:start] + scrap + text[start + length :]
    judge(text)


@settings(max_examples=60, deadline=None)
@given(text=st.sampled_from(TEXTS), data=st.data())
def test_lines_moved_doubled_and_indented(text: str, data: st.DataObject) -> None:
    lines = text.splitlines()
    source, goal = (data.draw(st.integers(0, len(lines) - 1)) for _ in range(2))
    indent = data.draw(st.sampled_from(["", "  ", "      "]))
    lines.insert(goal, indent + lines[source].lstrip())
    judge("\n".join(lines))


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "= 1", "= finding.hosts", "= answer.ask.clean", "stop", "30m", "true", "a b", "x" * 500])
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from([*KEYS, "name", "x"]), inner, max_size=2)
    ),
    max_leaves=4,
)  # fmt: skip


def places(tree: JsonValue) -> list[tuple[dict[str, JsonValue] | list[JsonValue], str | int]]:
    """Every key and index in a tree, with what holds it."""
    match tree:
        case dict():
            return [pair for key, item in tree.items() for pair in [(tree, key), *places(item)]]
        case list():
            return [pair for index, item in enumerate(tree) for pair in [(tree, index), *places(item)]]
    return []


def change(tree: Json, data: st.DataObject) -> None:
    """Another value in one place, or a part of the tree in another part of it."""
    holder, key = data.draw(st.sampled_from(places(tree)))
    other, where = data.draw(st.sampled_from(places(tree)))
    taken = deepcopy(other[where])  # type: ignore[index]
    holder[key] = data.draw(st.one_of(VALUES, st.just(taken)))  # type: ignore[index]


@settings(max_examples=100, deadline=None)
@given(tree=st.sampled_from(TREES), data=st.data())
def test_values_and_steps_in_places_that_are_not_theirs(tree: Json, data: st.DataObject) -> None:
    changed = deepcopy(tree)
    for _ in range(data.draw(st.integers(1, 3))):
        change(changed, data)
    judge(json.dumps(changed))


NAMES = st.from_regex(r"[a-z0-9][a-z0-9_.-]{0,8}", fullmatch=True)
DURATIONS = st.sampled_from(["1s", "90s", "1h30m", "7d"])
LEAVES: st.SearchStrategy[Json] = st.one_of(
    st.fixed_dictionaries({"wait": DURATIONS}),
    st.fixed_dictionaries({"verdict": st.sampled_from(["test", "true_positive", "false_positive"])}),
    st.fixed_dictionaries({"notify": st.just(["soc"]), "text": st.sampled_from(["look", "= finding.title"])}),
    st.fixed_dictionaries({"action": st.just("host.isolate"), "target": st.sampled_from(["h", "= finding.host"])}),
    st.fixed_dictionaries(
        {"task": st.just("look"), "questions": st.just([{"id": "q", "text": "?", "type": "yes_no"}])},
        optional={"groups": st.just(["soc"]), "timeout": DURATIONS},
    ),
    st.fixed_dictionaries({"playbook": st.just(CALLED.id), "version": st.just(3), "inputs": st.just({"host": "h"})}),
)  # fmt: skip


ITEMS = st.uuids().map(lambda made: f"i{made.hex}")


def holders(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    block = st.lists(inner, min_size=1, max_size=3)
    cases = st.dictionaries(NAMES, block, min_size=1, max_size=2)
    branches = st.lists(block, min_size=2, max_size=2).map(
        lambda blocks: [{"name": f"b{number}", "steps": one} for number, one in enumerate(blocks)]
    )
    bound = {"at_most": st.just(9), "do": block}
    return st.one_of(
        st.fixed_dictionaries({"if": st.just("finding.hand_fed"), "then": block}, optional={"else": block}),
        st.fixed_dictionaries({"switch": st.just("= finding.category"), "cases": cases}),
        st.fixed_dictionaries({"while": st.just("round < 3"), "every": DURATIONS, **bound}),
        st.fixed_dictionaries({"for_each": st.just("= finding.hosts"), "as": ITEMS, **bound}),
        st.fixed_dictionaries({"parallel": branches}),
    )


STEPS = st.lists(st.recursive(LEAVES, holders, max_leaves=6), min_size=1, max_size=4)


def whole(steps: list[Json]) -> Json:
    """A file of these steps, each with what all steps need and a name of its own."""
    written: list[JsonValue] = [*deepcopy(steps)]
    content: Json = {"playbook": "made", "version": 1, "description": "d", "owner": "o", "steps": written}
    kinds = [item for holder, key in places(content) if isinstance(item := holder[key], dict) and {*item} & {*KEYS}]  # type: ignore[index]
    for number, step in enumerate(kinds):
        step |= {"name": f"s{number}", "because": "b"}
    return content


@settings(max_examples=50, deadline=None)
@given(steps=STEPS)
def test_whatever_is_built_by_the_rules_is_a_playbook(steps: list[Json]) -> None:
    text = json.dumps(whole(steps))
    found = judge(text)
    assert found is not None
    assert found.identity == parse_playbook(text, "again", SPECS, [CALLED]).identity


@settings(max_examples=50, deadline=None)
@given(steps=STEPS, data=st.data())
def test_one_change_to_what_was_built_by_the_rules(steps: list[Json], data: st.DataObject) -> None:
    content = whole(steps)
    change(content, data)
    judge(json.dumps(content))


@settings(max_examples=25, deadline=None)
@given(trees=st.lists(st.sampled_from(TREES), min_size=2, max_size=3), data=st.data())
def test_sets_of_changed_files_call_each_other_or_are_told_why_not(trees: list[Json], data: st.DataObject) -> None:
    changed = [deepcopy(tree) for tree in trees]
    change(changed[0], data)
    texts = [json.dumps(tree) for tree in changed]
    try:
        compile_playbooks([parse(text, f"{n}.yaml", SIZE_LIMIT, DEPTH) for n, text in enumerate(texts)], SPECS)
    except InvalidFile as error:
        assert all(problem.line > 0 for problem in error.problems)


HEAD = "playbook: p\nversion: 1\ndescription: d\nowner: o\n"
WAIT = "{name: w, wait: 1s, because: b}"


REFUSED = {
    "anchor": (f"steps: [&a {WAIT}]", "5:9: anchor `&a`: write the value where it belongs"),
    "alias": (f"x: &a 1\nsteps: [{WAIT}, *a]", "6:42: alias `*a`: write the value itself"),
    "tag": (f"steps: [!!python/object/apply:os.system {WAIT}]", "5:9: tag `tag:yaml.org,2002:python/object/apply:os."),
    "key": (f"owner: other\nsteps: [{WAIT}]", "5:1: key `owner` stands here twice"),
    "inner key": ("steps: [{name: w, wait: 1s, because: b, wait: 2s}]", "5:41: key `wait` stands here twice"),
    "documents": (f"steps: [{WAIT}]\n---\n{HEAD}", "6:1: only one document may stand in a file"),
    "deep lists": (f"steps: {'[' * 5000}", f"5:{8 + DEPTH}: is nested more than {DEPTH} levels deep"),
    "deep maps": (f"steps: {'{a: ' * 5000}", f"5:{5 + 4 * DEPTH}: is nested more than {DEPTH} levels deep"),
    "long scalar": (
        f"steps: [{WAIT[:-1]}, when: {'a' * 90_000}}}]",
        "5:47: `steps.0.when`: string should have at most",
    ),
    "many steps": (f"steps: [{', '.join([WAIT] * 101)}]", "5:8: `steps`: tuple should have at most 100 items"),
    "template": ("steps: [{name: w, wait: '{{ x }}', because: b}]", "5:25: `steps.0.wait`: `{{ x }}` is no duration"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_plain_and_surveyable_file_is_refused(kind: str) -> None:
    text, told = REFUSED[kind]
    with pytest.raises(InvalidFile) as caught:
        parse_playbook(f"{HEAD}{text}\n", "f.yaml", SPECS)
    assert any(str(problem).startswith(f"f.yaml:{told}") for problem in caught.value.problems), caught.value


@pytest.mark.parametrize("text", ["", "[]", "\0", "- a\n- b", "a: b: c", "\ufeff", "%YAML 9.9\n---\na: b"])
def test_what_is_no_playbook_at_all_is_refused(text: str) -> None:
    assert judge(text) is None


def test_a_file_of_ten_megabytes_is_refused_unread(tmp_path: Path) -> None:
    (tmp_path / "big.yaml").write_text(HEAD + f"steps: [{WAIT}]\n#" + "x" * 10_000_000)
    with pytest.raises(InvalidFile, match=rf"big\.yaml:1:1: the file is larger than {SIZE_LIMIT} bytes$"):
        load_playbook(tmp_path / "big.yaml", SPECS)


def test_bytes_that_are_no_text_are_refused_at_their_place(tmp_path: Path) -> None:
    (tmp_path / "raw.yaml").write_bytes(HEAD.encode() + b"when: \xff\xfe")
    with pytest.raises(InvalidFile, match=r"raw\.yaml:5:7: is not UTF-8 text$"):
        load_playbook(tmp_path / "raw.yaml", SPECS)

"""The page about policy: every example on it loads, and what it quotes is what is said."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from actions.registry import ActionSpecs
from engine import documents
from engine.errors import InvalidFile
from engine.expiring import endings
from engine.fact_table import FACTS
from engine.model.base import Json
from engine.model.decision import Tier
from engine.model.policy import PolicyDocument, Row, TierTerms
from engine.policy_cases import load_cases
from engine.policy_diff import compare
from engine.policy_file import Policy, compile_policy, load_policy, parse_policy
from engine.policy_trial import try_policy

PAGE = (Path(__file__).parent.parent / "docs" / "policy.md").read_text()
WHOLE, *PARTS, CASES = re.findall(r"(?ms)^```yaml\n(.*?)^```", PAGE)
LAYERS = dict(re.findall(r"(?ms)^```yaml (\S+)\n(.*?)^```", PAGE))
QUOTED = re.findall(r"(?ms)^```text\n(.*?)\n```", PAGE)


def data(text: str) -> Json:
    return documents.parse(text, "policy.md").data


def load(*parts: str) -> Policy:
    """The page's whole policy with these sections in place of its own; JSON is YAML too."""
    content: Json = data(WHOLE)
    for part in parts:
        content |= data(part)
    return parse_policy(json.dumps(content), "policy.md", ActionSpecs())


def paths(content: object, prefix: str = "") -> Iterator[str]:
    if isinstance(content, dict):
        for name, value in content.items():
            yield f"{prefix}{name}"
            yield from paths(value, f"{prefix}{name}.")


def test_the_whole_policy_is_one() -> None:
    policy = parse_policy(WHOLE, "mine.yaml", ActionSpecs())
    assert policy.name == "mine"
    assert policy.document.enforcement.default == "observe"


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.partition(":")[0])
def test_every_example_fits_into_it(part: str) -> None:
    assert load(part).digest != load().digest


def test_the_examples_fit_together() -> None:
    policy = load(*PARTS)
    assert {rule.kind for rule in policy.document.rules} == {"forbid", "raise", "observe", "exception"}
    assert all(policy.terms[row.id].interim for row in policy.document.matrix if row.interim)


def test_every_section_of_a_policy_has_an_example() -> None:
    shown = set().union(*(data(text) for text in (WHOLE, *PARTS, *LAYERS.values()))) - {"layer", "on"}
    assert shown == set(PolicyDocument.model_fields)


def test_a_mistake_is_told_as_quoted() -> None:
    with pytest.raises(InvalidFile) as caught:
        parse_policy(WHOLE.replace("network.block_ip", "network.blok_ip"), "mine.yaml", ActionSpecs())
    assert str(caught.value) == QUOTED[0]


def test_the_layers_are_those_of_the_whole_policy_and_what_they_relax_is_told_as_quoted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [refusal] = re.findall(r"(?ms)^```console\n(.*?)\n```", PAGE)
    monkeypatch.chdir(tmp_path)
    for name, text in {"mine.yaml": WHOLE, **LAYERS}.items():
        Path(name).write_text(text)
    with pytest.raises(InvalidFile) as caught:
        load_policy(Path("team.yaml"), ActionSpecs())
    assert str(caught.value) == refusal
    kept = "\n".join(LAYERS["team.yaml"].splitlines()[:-2])
    Path("team.yaml").write_text(kept)
    policy = load_policy(Path("team.yaml"), ActionSpecs())
    assert [(row.id, row.tier) for row in policy.document.matrix] == [("look", 0), ("block-outside", 3)]


def test_the_cases_are_those_of_the_whole_policy(tmp_path: Path) -> None:
    (tmp_path / "mine.cases.yaml").write_text(CASES)
    policy = parse_policy(WHOLE, "mine.yaml", ActionSpecs())
    trial = try_policy(policy, load_cases(tmp_path / "mine.cases.yaml", policy, ActionSpecs()), ActionSpecs())
    assert (trial.failures, trial.untested, trial.cases) == ((), (), 3)


def test_differences_are_told_as_quoted() -> None:
    stricter = [part for part in PARTS if "at-night" in part]
    night = [rule for rule in data(stricter[0])["rules"] if rule["id"] == "at-night"]  # type: ignore[union-attr,index,call-overload]
    changed: Json = {**data(WHOLE), "rules": night}
    mine = json.dumps(changed).replace('"act": 0.9,', '"act": 0.85,')
    new = parse_policy(mine, "mine.yaml", ActionSpecs())
    assert "\n".join(map(str, compare(load().document, new.document))) == QUOTED[2]


def test_every_family_of_facts_is_named() -> None:
    assert set(re.findall(r"`(\w+)\.\*`", PAGE)) == {name.partition(".")[0] for name in FACTS}


def test_every_tier_and_every_obligation_is_explained() -> None:
    names = re.findall(r"(?m)^\| (\d) \| `(\w+)` \|", PAGE)
    assert names == [(str(int(tier)), tier.name.lower()) for tier in Tier]
    terms = set(TierTerms.model_fields) & set(Row.model_fields)
    assert [term for term in terms if f"`{term}`" not in PAGE] == []


def test_what_is_said_to_be_read_by_nothing_is_part_of_a_policy() -> None:
    named = re.findall(r"`([\w.]+)`", PAGE.partition("not yet acted on\n")[2])
    assert named
    assert set(named) <= set(paths(data(WHOLE)))


def test_what_has_ended_is_told_as_quoted() -> None:
    [part] = [part for part in PARTS if part.startswith("exclusions:")]
    document = documents.parse(WHOLE + part, "mine.yaml")
    [first, *_] = endings(compile_policy(document, ActionSpecs()).document, datetime(2027, 1, 12, 6, tzinfo=UTC))
    told = first.at(document).error(f"warning: {first} and counts no more")
    assert re.sub(r":\d+:", ":", str(told), count=1) == re.sub(r":\d+:", ":", QUOTED[1], count=1)

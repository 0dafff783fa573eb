"""A policy of several files, as its commands take it: one policy, whose pieces know where they were written."""

from pathlib import Path

import pytest

from tests.console.cli.conftest import Run

ORGANISATION = """\
policy: ours
version: 1
description: stricter about hosts
owner: us
layer: organisation
on: baseline
final: [rules]
matrix:
  - {id: isolate-standard, tier: 3, decide_in: 10m}
"""
CASES = """\
policy: ours
start: {finding.present: true, finding.confidence: 0.97, autonomy.right: 400, autonomy.verdicts: 400,
        source.quality: healthy}
cases:
"""
CASE = """\
  - id: {}
    action: host.isolate
    given: {{target.criticality: standard}}
    expect: {{tier: 3, effect: observe, rules: [isolate-standard], budget: {{id: isolate-standard}}}}
"""
STALE = """\
  - id: stale-context
    action: network.block_ip
    given: {target.zone: outside, intel.independent_origins: 2, target.stale: true}
    expect: {tier: 3, effect: observe, rules: [stale-context]}
"""
ISOLATED = (
    "isolate-standard",
    "isolate-low",
    "isolate-one-of-few",
    "carries-nothing",
    "stale-context-weakens-confidence",
    "unrecorded-traffic-of-a-host",
)
ASKED = CASES + "".join(map(CASE.format, ISOLATED)) + STALE
TEAM = ORGANISATION.replace("ours", "team").replace("organisation", "team").replace("baseline", "organisation.yaml")


@pytest.fixture
def organisation(tmp_path: Path) -> Path:
    path = tmp_path / "organisation.yaml"
    path.write_text(ORGANISATION)
    return path


def test_the_merged_policy_is_shown_with_the_place_of_every_value_and_is_the_same_policy(
    run: Run, home: Path, organisation: Path, tmp_path: Path
) -> None:
    shown = run("policy", "show", str(organisation))
    assert f"    tier: 3  # {organisation}:9" in shown.out.splitlines()
    assert shown.out.splitlines()[0].startswith("# ours (organisation) < baseline (baseline), digest ")
    merged = tmp_path / "merged.yaml"
    merged.write_text(shown.out)
    digests = [run("policy", "check", str(path), "--json").json["digest"] for path in (organisation, merged)]
    assert digests[0] == digests[1]


def test_what_is_shown_as_json_says_the_same(run: Run, home: Path, organisation: Path) -> None:
    answer = run("policy", "show", str(organisation), "--json").json
    origins = answer["origins"]
    assert isinstance(origins, dict)
    assert origins["owner"] == f"{organisation}:4"
    assert [layer["policy"] for layer in answer["layers"]] == ["baseline", "ours"]  # type: ignore[union-attr,index,call-overload]


def test_a_layer_that_relaxes_what_is_final_is_refused_by_every_command(
    run: Run, home: Path, organisation: Path, tmp_path: Path
) -> None:
    team = tmp_path / "team.yaml"
    team.write_text(TEAM.partition("final:")[0] + "rules: [{id: break-glass, kind: observe}]\n")
    told = f"{team}:7:9: relaxes `rules.break-glass`, which {organisation}:7 marks final"
    for command in (["check"], ["test"], ["prove"], ["show"], ["diff", "baseline"], ["what-if", "--policy"]):
        done = run("policy", *command, str(team))
        assert (done.code, told in done.err) == (2, True)


def test_the_cases_of_all_layers_are_decided_together(run: Run, home: Path, organisation: Path, tmp_path: Path) -> None:
    failing = run("policy", "test", str(organisation))
    assert failing.code == 1
    assert "case `isolate-standard` (isolate-standard): tier 3, expected 2" in failing.out
    (tmp_path / "organisation.cases.yaml").write_text(ASKED)
    done = run("policy", "test", str(organisation))
    assert (done.code, " cases pass; " in done.out) == (0, True)


def test_wrong_cases_of_a_layer_are_told_at_their_place(
    run: Run, home: Path, organisation: Path, tmp_path: Path
) -> None:
    cases = tmp_path / "organisation.cases.yaml"
    cases.write_text(ASKED.replace("policy: ours", "policy: baseline"))
    done = run("policy", "test", str(organisation))
    assert done.code == 2
    assert f"{cases}:1:9: these are cases of `baseline`, and the policy is `ours`" in done.err


def test_the_engine_starts_with_all_layers(run: Run, home: Path, organisation: Path) -> None:
    explained = run("policy", "test", str(organisation), "--json").json
    home.mkdir()
    (home / "fireline.yaml").write_text(f"policy: {organisation}\n")
    assert run("policy", "test", "--json").json == explained

"""Policies of several layers: what comes out of them, whence, and what none of them may relax."""

from itertools import permutations
from pathlib import Path

import pytest

from actions.registry import ActionSpecs
from engine.decide import decide
from engine.documents import parse, read
from engine.errors import InvalidFile
from engine.model.decision import Effect
from engine.model.policy import PolicyDocument
from engine.policy_cases import beside, facts_of, load_cases, spec_of
from engine.policy_diff import compare
from engine.policy_file import Policy, compile_layers, load_policy, parse_policy
from engine.policy_layers import Layer, read_layers, stack
from engine.policy_merge import SECTIONS

SPECS = ActionSpecs()
SHIPPED = Path(__file__).parents[2] / "policies"
BASELINE = (SHIPPED / "baseline.yaml").read_text()

HEAD = "policy: {layer}\nversion: 1\ndescription: ours\nowner: us\nlayer: {layer}\n"
ORGANISATION = HEAD.format(layer="organisation") + "on: baseline\n"
TEAM = HEAD.format(layer="team") + "on: organisation.yaml\n"


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def layered(folder: Path, organisation: str, team: str = "") -> Policy:
    """The baseline, an organisation's layer on it, and a team's on that."""
    write(folder, "organisation.yaml", ORGANISATION + organisation)
    return load_policy(write(folder, "team.yaml", TEAM + team), SPECS, SHIPPED)


def refused(folder: Path, organisation: str, team: str) -> list[str]:
    """What is wrong with the team's layer, without the folder."""
    with pytest.raises(InvalidFile) as caught:
        layered(folder, organisation, team)
    return str(caught.value).replace(f"{folder}/", "").splitlines()


def row(policy: Policy, name: str) -> object:
    return next(row for row in policy.document.matrix if row.id == name)


def test_a_lower_layer_changes_clauses_by_their_id_and_adds_its_own(tmp_path: Path) -> None:
    policy = layered(
        tmp_path,
        "matrix: [{id: isolate-standard, tier: 3, decide_in: 10m}]\n",
        "rules: [{id: ours, kind: observe, when: target.zone == 'lab', because: ours}]\nconfidence: {ask: 0.65}\n",
    )
    document, plain = policy.document, parse_policy(BASELINE, "baseline.yaml", SPECS).document
    changed = next(row for row in document.matrix if row.id == "isolate-standard")
    assert (changed.tier, changed.because) == (3, "a standard host")
    assert [rule.id for rule in document.rules] == [*(rule.id for rule in plain.rules), "ours"]
    assert document.confidence == plain.confidence.model_copy(update={"ask": 0.65})
    assert (policy.name, document.budgets, document.foreseen) == ("team", plain.budgets, plain.foreseen)


def test_the_order_in_which_layers_are_handed_in_means_nothing(tmp_path: Path) -> None:
    digest = layered(tmp_path, "confidence: {ask: 0.65}\n", "confidence: {ask: 0.7}\n").digest
    files = read_layers(tmp_path / "team.yaml", SHIPPED)
    assert [one.layer for one in stack(files)] == [Layer.BASELINE, Layer.ORGANISATION, Layer.TEAM]
    assert {compile_layers(order, SPECS).digest for order in permutations(files)} == {digest}


def test_the_same_policy_has_the_same_digest_however_it_is_written(tmp_path: Path) -> None:
    whole = BASELINE.replace("policy: baseline", "policy: organisation").replace("owner: governance", "owner: us", 1)
    whole = whole.replace("description: Decides everything", "description: ours # Decides everything", 1)
    one = parse_policy(whole.replace("decide_in: 60m", "decide_in: 1h"), "one.yaml", SPECS)
    two = load_policy(write(tmp_path, "organisation.yaml", ORGANISATION), SPECS, SHIPPED)
    assert one.digest == two.digest
    assert one.digest != parse_policy(whole.replace("decide_in: 60m", "decide_in: 61m"), "one.yaml", SPECS).digest
    assert two.digest != parse_policy(whole + "\nfinal: [rules]\n", "one.yaml", SPECS).digest


def test_an_error_stands_in_the_file_of_the_layer_that_made_it(tmp_path: Path) -> None:
    organisation = "rules: [{id: ours, kind: forbid, when: target.zoen == 'x', because: ours}]\n"
    with pytest.raises(InvalidFile) as caught:
        layered(tmp_path, organisation, "matrix: [{id: isolate-standard, tier: 5}]\n")
    assert str(caught.value).startswith(f"{tmp_path}/team.yaml:7:39: `matrix.17.tier`")
    with pytest.raises(InvalidFile) as caught:
        layered(tmp_path, organisation)
    assert str(caught.value).startswith(f"{tmp_path}/organisation.yaml:7:46: ")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (ORGANISATION.replace("layer: organisation\n", ""), "5:1: a policy that stands on another says its `layer`"),
        (ORGANISATION.replace("layer: organisation", "layer: baseline"), "5:8: layer `baseline` cannot stand on"),
        (ORGANISATION.replace("on: baseline", "on: nowhere"), "6:5: there is no policy `nowhere`"),
        (ORGANISATION.replace("owner: us\n", ""), "1:1: `owner` is missing"),
        (ORGANISATION + "final: [rules.gone]\n", "7:9: there is nothing in the policy that is called `rules.gone`"),
        (ORGANISATION + "final: [owner]\n", "7:9: there is nothing in the policy that is called `owner`"),
        (ORGANISATION + "rules: [{id: a, kind: observe, when: 'true', because: a}, "
         "{id: a, kind: observe, when: 'true', because: a}]\n", "7:64: `a` stands here twice"),
    ],
)  # fmt: skip
def test_a_layer_that_does_not_fit_is_refused_at_its_place(tmp_path: Path, text: str, complaint: str) -> None:
    path = write(tmp_path, "organisation.yaml", text.replace("1:1: ", ""))
    with pytest.raises(InvalidFile) as caught:
        load_policy(path, SPECS, SHIPPED)
    assert complaint in str(caught.value)


def test_a_layer_alone_is_no_policy() -> None:
    with pytest.raises(InvalidFile, match="`baseline` is missing: a layer is read with all above it"):
        parse_policy(ORGANISATION, "organisation.yaml", SPECS)


def test_a_section_that_nobody_can_merge_is_said_by_one_layer_only(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {name: how for name, how in SECTIONS.items() if name not in ("learning", "grants")}
    monkeypatch.setattr("engine.policy_merge.SECTIONS", known)
    above = parse(BASELINE, "baseline.yaml")
    below = parse(ORGANISATION + f"learning: {{at_least: 22d}}\ngrants: [{GRANT}]\n", "organisation.yaml")
    with pytest.raises(InvalidFile) as caught:
        stack([above, below])
    line = BASELINE[: BASELINE.index("\nlearning:")].count("\n") + 2
    assert str(caught.value) == (
        f"organisation.yaml:7:1: `learning` stands in baseline.yaml:{line} already, and only one layer may say it"
    )


def test_every_section_there_is_can_be_merged() -> None:
    assert set(PolicyDocument.model_fields) <= set(SECTIONS)


FINAL = (
    "final: [matrix.isolate-critical, rules, confidence, budgets.rows.isolate-high, budgets.rows.mail, enforcement, "
    "grants]\n"
)
EXCEPTION = (
    "{id: sure, kind: exception, enabled: true, actions: [ACTION], floor: 2, confidence: 0.99, veto: 2m, lease: 15m, "
    "conditions: ['true'], because: sure}"
)
HIGHEST = "{id: new, actions: [host.isolate], tier: 4, when: WHEN, lease: 30m, because: new"
LOW = "target.criticality == 'low'"
GRANT = "{id: ours, detector: x, version: any, tier: 1, owner: us, reason: ours, expires_at: 2030-01-01T00:00:00Z}"


@pytest.mark.parametrize(
    ("team", "place"),
    [
        ("matrix: [{id: isolate-critical, tier: 3}]", "matrix.isolate-critical.tier"),
        ("matrix: [{id: isolate-critical, ceiling: 5h}]", "matrix.isolate-critical.ceiling"),
        ("matrix: [{id: isolate-critical, quorum: 2, groups: [others]}]", "matrix.isolate-critical.groups"),
        ("matrix: [{id: isolate-critical, when: target.criticality == 'critical'}]", "matrix.isolate-critical.when"),
        ("matrix: [{id: isolate-critical, actions: [host.contain_ports]}]", "matrix.isolate-critical.actions"),
        ("matrix: [{id: isolate-critical, interim: [{action: host.isolate, target: = target.value}]}]",
         "matrix.isolate-critical.interim"),
        ("matrix: [{id: isolate-critical, decide_in: 3d}]", "matrix.isolate-critical.decide_in"),
        (f"matrix: [{HIGHEST.replace('WHEN', 'target.zone == inside')}, groups: [us]}}]".replace("inside", "'inside'"),
         "matrix.isolate-critical.groups"),
        ("tiers: {ask_two: {ceiling: 5h}}", "tiers.ask_two.ceiling"),
        (f"rules: [{EXCEPTION.replace('ACTION', 'host.isolate')}]", "rules.sure"),
        ("rules: [{id: never-protected, actions: [host.isolate]}]", "rules.never-protected.actions"),
        ("rules: [{id: never-protected, when: target.protected && target.zone == 'inside'}]",
         "rules.never-protected.when"),
        ("rules: [{id: never-protected, when: target.value.matches('a')}]", "rules.never-protected.when"),
        ("rules: [{id: untouchable, kind: observe}]", "rules.untouchable"),
        ("rules: [{id: learning, to: 2}]", "rules.learning.to"),
        ("rules: [{id: extremely-sure, enabled: true}]", "rules.extremely-sure.enabled"),
        ("confidence: {act: 0.89}", "confidence.act"),
        ("budgets: {rows: [{id: isolate-high, hour: 3}]}", "budgets.rows.isolate-high.hour"),
        ("budgets: {rows: [{id: isolate-high, in_force: 50, share: null}]}", "budgets.rows.isolate-high.in_force"),
        ("budgets: {rows: [{id: mail, counts: effects}]}", "budgets.rows.mail.counts"),
        ("budgets: {rows: [{id: apart, actions: [host.isolate], hour: 1, when: target.zone == 'x'}]}",
         "budgets.rows.isolate-high.when"),
        ("enforcement: {default: enforce}", "enforcement.default"),
        ("enforcement: {scopes: [{id: lab, when: 'true', mode: enforce}]}", "enforcement.scopes.lab"),
        (f"grants: [{GRANT}]", "grants.ours"),
    ],
)  # fmt: skip
def test_what_is_final_is_never_relaxed(tmp_path: Path, team: str, place: str) -> None:
    problems = refused(tmp_path, FINAL, f"{team}\n")
    assert [line for line in problems if f"relaxes `{place}`" in line and line.startswith("team.yaml:7:")] != []
    assert [line for line in problems if not line.endswith("which organisation.yaml:7 marks final")] == []


@pytest.mark.parametrize(
    "team",
    [
        "matrix: [{id: isolate-critical, quorum: 3, lease: 15m, on_expiry: deny, because: stricter}]",
        "matrix: [{id: isolate-critical, tell: [chief], interim: []}]",
        f"matrix: [{HIGHEST.replace('WHEN', 'request.person')}, ceiling: 1h, groups: [= target.owner]}}]",
        f"matrix: [{HIGHEST.replace('WHEN', LOW)}, groups: [us]}}]",
        "matrix: [{id: mail, ceiling: 300d}]",
        "tiers: {ask_two: {quorum: 3, lease: 15m}, act: {lease: 2h}}",
        "rules: [{id: never-protected, when: target.protected || target.zone == 'inside'}]",
        "rules: [{id: never-protected, actions: [host.isolate, identity.disable_account, process.kill]}]",
        "rules: [{id: learning, to: 4}, {id: ours, kind: forbid, when: 'true', because: ours}]",
        f"rules: [{EXCEPTION.replace('ACTION', 'mail.quarantine').replace('enabled: true', 'enabled: false')}]",
        "confidence: {act: 0.91, unproven_at_most: 0.8}",
        "budgets: {rows: [{id: isolate-high, hour: 1, share: 0.01}]}",
        "budgets: {rows: [{id: apart, actions: [host.isolate], hour: 9, when: target.zone == 'x'}]}",
        "budgets: {rows: [{id: tight, actions: [host.isolate], hour: 1, day: 2, in_force: 2}]}",
        "enforcement: {scopes: [{id: lab, when: 'true', mode: observe}]}",
    ],
)  # fmt: skip
def test_what_is_final_may_be_restricted_and_the_rest_changed(tmp_path: Path, team: str) -> None:
    assert layered(tmp_path, FINAL, f"{team}\n").digest != layered(tmp_path, FINAL).digest


def test_an_exception_never_newly_lowers_a_final_row(tmp_path: Path) -> None:
    sure = f"rules: [{EXCEPTION}]\n"
    problems = refused(tmp_path, "final: [matrix.isolate-critical]\n", sure.replace("ACTION", "host.isolate"))
    assert problems == ["team.yaml:7:9: relaxes `rules.sure`, which organisation.yaml:7 marks final"]
    assert layered(tmp_path, "final: [matrix.isolate-critical]\n", sure.replace("ACTION", "mail.quarantine"))


def test_where_the_whole_matrix_is_final_nothing_new_is_opened(tmp_path: Path) -> None:
    new = "matrix: [{id: new, actions: [process.kill], tier: TIER, because: new}]\n"
    final = "final: [matrix]\nforeseen: [disk.wipe]\n"
    opened = new.replace("process.kill", "disk.wipe")
    assert refused(tmp_path, final, opened.replace("TIER", "3"))[0] == (
        "team.yaml:7:48: relaxes `matrix` (`new` speaks where no row did), which organisation.yaml:7 marks final"
    )
    assert layered(tmp_path, final, opened.replace("TIER", "4"))
    assert layered(tmp_path, final, new.replace("TIER", "1"))  # `for-good` is higher, and holds wherever this does


def test_a_final_row_that_is_lifted_lasts_no_longer_than_it_did_where_a_rule_raised_it(tmp_path: Path) -> None:
    problems = refused(tmp_path, "final: [matrix]\n", "matrix: [{id: isolate-standard, tier: 3}]\n")
    assert {line.partition(" ")[0] for line in problems} == {"team.yaml:7:10:"}
    assert {line.split("`")[1] for line in problems} == {
        f"matrix.isolate-standard.{name}" for name in ("lease", "ceiling")
    }


def test_all_marks_everything_but_words(tmp_path: Path) -> None:
    assert refused(tmp_path, "final: [all]\n", "learning: {at_least: 20d}\nautonomy: {sampled: 0.2}\n") == [
        "team.yaml:8:21: relaxes `autonomy.sampled` (0.1 -> 0.2), which organisation.yaml:7 marks final",
        "team.yaml:7:22: relaxes `learning.at_least` (21 days, 0:00:00 -> 20 days, 0:00:00), "
        "which organisation.yaml:7 marks final",
    ]
    assert layered(tmp_path, "final: [all]\n", "rules: [{id: learning, because: other words}]\n")


def test_more_marks_allow_no_more_and_fewer_might(tmp_path: Path) -> None:
    final, rules, free = (layered(tmp_path, mark).document for mark in ("final: [all]\n", "final: [rules]\n", ""))
    assert [change.can_allow_more for change in compare(free, rules)] == [False]
    assert [change.can_allow_more for change in compare(final, free)] == [True]


def test_a_mark_binds_only_the_layers_below_its_own(tmp_path: Path) -> None:
    assert layered(tmp_path, "final: [confidence]\nconfidence: {act: 0.85}\n").document.confidence.act == 0.85


def test_marks_of_all_layers_stay(tmp_path: Path) -> None:
    assert layered(tmp_path, "final: [rules]\n", "final: [grants]\n").document.final == ("rules", "grants")


def test_a_layer_read_from_its_file_is_the_one_that_was_written(tmp_path: Path) -> None:
    layered(tmp_path, "")
    assert [one.policy for one in stack([read(SHIPPED / "baseline.yaml")])] == ["baseline"]


STRICTER = [
    "matrix: [{id: isolate-standard, tier: 3, lease: 1h, ceiling: 8h}, "
    "{id: evidence, tier: 4, lease: 30m, ceiling: 4h}]",
    "matrix: [{id: outside-shared, lease: 5m, quorum: 2}]",
    "confidence: {act: 0.98, tell: 0.99, ask: 0.7}\nautonomy: {act: 0.97, demotion: {lasts: 20d}}",
    "rules: [{id: learning, to: 4}, {id: new, kind: observe, when: target.zone == 'outside', because: new}]",
    "rules: [{id: new, kind: forbid, actions: [host.isolate], when: target.criticality != 'low', because: new}]",
    "tiers: {ask: {quorum: 2, lease: 30m, ceiling: 2h}, ask_two: {quorum: 3}}",
]


@pytest.mark.parametrize("team", STRICTER)
def test_whatever_may_be_laid_on_a_policy_that_is_all_final_allows_no_more_in_any_case(
    tmp_path: Path, team: str
) -> None:
    before, after = layered(tmp_path, "final: [all]\n"), layered(tmp_path, "final: [all]\n", f"{team}\n")
    cases = load_cases(beside(SHIPPED / "baseline.yaml"), before, SPECS, "baseline").content
    rank = [Effect.DENY, Effect.OBSERVE, Effect.QUEUE, Effect.ASK, Effect.EXECUTE]
    changed = 0
    for case in cases.cases:
        spec = spec_of(case, SPECS)
        facts = facts_of(cases, case, spec)
        old, new = decide(before, facts, spec), decide(after, facts, spec)
        changed += old.obligations != new.obligations or (old.tier, old.effect) != (new.tier, new.effect)
        assert (new.tier >= old.tier, rank.index(new.effect) <= max(rank.index(old.effect), 2)) == (True, True)
        assert new.obligations.lease <= old.obligations.lease
        assert new.obligations.ceiling <= old.obligations.ceiling
        assert new.obligations.quorum >= old.obligations.quorum
    assert changed > 0

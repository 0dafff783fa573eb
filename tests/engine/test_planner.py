"""Plans: what a playbook would do now, what depends on later facts, and what fails for sure."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from actions.registry import ActionSpecs
from engine.errors import InvalidInput
from engine.facts import finding_facts
from engine.model.base import Json
from engine.model.finding import Endpoint, Finding, Observable, ObservableType, Origin, Severity
from engine.model.foreseen import Bound, Chance, Foreseen, ForeseenStep
from engine.model.incident import Incident, IncidentState
from engine.planner import MOST, Judged, actions, foresee
from engine.playbook import Playbook
from engine.playbook_file import load_files, parse_playbook

NOW = datetime(2026, 11, 21, 3, 11, 2, tzinfo=UTC)
INCIDENT = Incident(
    id="INC-3", key="host:files-02", generation=1, state=IncidentState.OPEN, title="exfiltration",
    severity=Severity.HIGH, confidence=0.9, opened_at=NOW, first_seen=NOW, last_seen=NOW, finding_ids=("F-1",),
)  # fmt: skip
HEAD = "playbook: p\nversion: 3\ndescription: d\nowner: o\n"
PLAYBOOKS = Path(__file__).parent / "playbooks"
SPECS = ActionSpecs()


def finding(**changes: object) -> Finding:
    usual: dict[str, object] = {
        "id": "F-1", "detector": "exfiltration.volume", "detector_version": "4", "time": NOW, "reported_time": "",
        "severity": Severity.HIGH, "confidence": 0.97, "category": "exfiltration", "title": "much data",
        "source": Endpoint(ip="10.20.4.17", host="files-02"), "destination": Endpoint(ip="203.0.113.44", port=443),
        "origin": Origin(product="fireline"),
        "observables": [Observable(type=ObservableType.HOST, value=name) for name in ("files-02", "hr-07", "hr-08")],
    }  # fmt: skip
    return Finding.model_validate({**usual, **changes})


def agreed(_: Bound) -> Judged:
    return Judged({"tier": 1})


def seen(playbook: Playbook, found: Finding, judge: object = agreed) -> Foreseen:
    assert callable(judge)
    return foresee(playbook, {**finding_facts(found, INCIDENT), "incident.verdict": ""}, judge)


def plan(steps: str, head: str = HEAD, **changes: object) -> dict[str, ForeseenStep]:
    foreseen = seen(parse_playbook(f"{head}steps:\n{steps}", "p.yaml", SPECS), finding(**changes))
    return {step.name: step for step in flat(foreseen.steps)}


def flat(steps: tuple[ForeseenStep, ...]) -> Iterator[ForeseenStep]:
    for step in steps:
        yield step
        for block in step.blocks:
            yield from flat(block.steps)


@pytest.fixture(scope="module")
def full() -> Playbook:
    return load_files([PLAYBOOKS / "full.yaml", PLAYBOOKS / "isolate-and-ask.yaml"], SPECS)[0]


def test_what_is_sure_is_bound_and_judged(full: Playbook) -> None:
    foreseen = seen(full, finding())
    assert (foreseen.answers, foreseen.playbook, foreseen.version) == (Chance.YES, "full", 2)
    assert [(bound.action, bound.target) for bound in actions(foreseen.steps)] == [
        ("host.isolate", "files-02"),
        ("network.block_ip", "203.0.113.44"),
        ("host.isolate", "hr-07"),
        ("host.isolate", "hr-08"),
    ]
    block = next(step for step in flat(foreseen.steps) if step.name == "block")
    assert block.bound is not None
    assert (block.bound.params["port"], block.decision) == (443, {"tier": 1})


def test_what_depends_on_later_facts_is_told_with_every_way_it_may_go(full: Playbook) -> None:
    steps = {step.name: step for step in seen(full, finding()).steps}
    asked, switched = steps["if-clean"], steps["by-kind"]
    assert (asked.chance, asked.why) == (Chance.YES, "depends on `answer.ask.clean`")
    assert [(block.label, block.chance) for block in asked.blocks] == [("then", "later"), ("else", "later")]
    assert [(block.label, block.chance) for block in switched.blocks] == [("case ours", "later"), ("default", "later")]


def test_a_playbook_that_does_not_answer_is_told_so_and_read_ahead_all_the_same(full: Playbook) -> None:
    other = seen(full, finding(category="noise"))
    assert (other.answers, other.why, len(other.steps)) == (Chance.NO, "its condition does not hold", 5)
    called = parse_playbook((PLAYBOOKS / "isolate-and-ask.yaml").read_text(), "i", SPECS)
    assert (seen(called, finding()).answers, seen(called, finding()).why) == (Chance.NO, "it is only called by others")


def test_planning_is_deterministic(full: Playbook) -> None:
    assert seen(full, finding()) == seen(full, finding())


def test_what_a_skipped_step_leaves_is_sure() -> None:
    steps = plan(
        "  - {name: ask, task: t, questions: [{id: ok, text: q, type: yes_no}], because: b, when: 'false'}\n"
        "  - {name: after, if: answer.ask.ok, because: b, then: [{name: a, wait: 1s, because: b}]}\n"
        "  - {name: z, wait: 1s, because: b, when: step.ask.outcome == 'skipped'}\n"
    )
    assert (steps["ask"].chance, steps["ask"].why) == (Chance.NO, "`false` does not hold")
    assert (steps["after"].why, steps["after"].blocks) == ("nothing to do", ())
    assert steps["z"].chance is Chance.YES


ISOLATE = "  - {name: i, action: host.isolate, target: = finding.source.host, lease: 30m, because: b}\n"
WAIT = "  - {name: w, wait: 1s, because: b}\n"


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (None, "`target`: `finding.source.host` has no value here"),
        (Endpoint(host="= finding.id"), "`target`: `finding.source.host` begins with `=`"),
        (Endpoint(host="files 02; reboot"), "`target`: string should match pattern '^[A-Za-z0-9]"),
    ],
)
def test_a_value_that_is_none_fails_its_step_and_what_follows_is_not_begun(source: Endpoint | None, why: str) -> None:
    steps = plan(ISOLATE + WAIT, source=source)
    assert steps["i"].chance is Chance.FAILS
    assert steps["i"].why.startswith(why)
    assert (steps["w"].chance, steps["w"].why) == (Chance.NO, "`i` fails before")


def test_a_failure_within_a_block_is_its_owners_unless_it_is_handled() -> None:
    inner = ISOLATE.strip().removeprefix("- ")
    outer = f"  - {{name: o, if: 'true', because: b, then: [{inner}]}}\n"
    assert plan(outer + WAIT, source=None)["o"].why == "`i` fails; then"
    assert plan(outer + WAIT, source=None)["w"].chance is Chance.NO
    handled = plan(outer.replace("lease: 30m", "on_failure: continue") + WAIT, source=None)
    assert (handled["i"].chance, handled["o"].chance, handled["w"].chance) == (Chance.FAILS, Chance.YES, Chance.YES)


def test_a_condition_without_an_answer_fails_its_step() -> None:
    step = plan("  - {name: w, wait: 1s, because: b, when: \"finding.tags[0] == 'x'\"}\n")["w"]
    assert (step.chance, step.why) == (Chance.FAILS, "`finding.tags[0] == 'x'`: Index error: index=0 size=0")


def test_what_policy_refuses_fails_its_step() -> None:
    playbook = parse_playbook(f"{HEAD}steps:\n{ISOLATE}", "p.yaml", SPECS)
    [step] = seen(playbook, finding(), lambda _: Judged({"effect": "deny"}, "policy denies it")).steps
    assert (step.chance, step.why, step.decision) == (Chance.FAILS, "policy denies it", {"effect": "deny"})
    assert step.bound is not None
    assert step.bound.lease == timedelta(minutes=30)


EACH = "  - {name: e, for_each: = finding.hosts, as: h, at_most: 3, because: b, do: [%s]}\n"
EACH_HOST = "{name: i, action: host.isolate, target: = each.h, because: b}"


def test_a_list_that_is_longer_than_foreseen_fails_before_its_first_item() -> None:
    step = plan((EACH % EACH_HOST).replace("at_most: 3", "at_most: 2"))["e"]
    assert (step.chance, step.why, step.blocks) == (Chance.FAILS, "3 items, more than 2", ())


def test_items_after_one_that_fails_are_not_begun_unless_they_go_together() -> None:
    def judge(bound: Bound) -> Judged:
        return Judged({}, "no" if bound.target == "hr-07" else "")

    def chances(text: str) -> list[str]:
        [step] = seen(parse_playbook(f"{HEAD}steps:\n{text}", "p", SPECS), finding(), judge).steps
        return [block.chance for block in step.blocks]

    assert chances(EACH % EACH_HOST) == ["yes", "yes", "no"]
    assert chances((EACH % EACH_HOST).replace("as: h", "as: h, together: true")) == ["yes", "yes", "yes"]


@pytest.mark.parametrize(
    ("condition", "chance", "why"),
    [
        ("round < 2", Chance.YES, ""),
        ("!answer.q.ok", Chance.YES, ""),
        ("answer.q.ok", Chance.YES, "no round: `answer.q.ok` does not hold"),
        ("answer.before.ok", Chance.YES, "`answer.before.ok` depends on `answer.before.ok`"),
    ],
)
def test_the_first_round_is_as_sure_as_its_condition(condition: str, chance: Chance, why: str) -> None:
    question = "questions: [{id: ok, text: q, type: yes_no}], because: b}"
    steps = plan(
        f"  - {{name: before, task: t, {question}\n"
        f"  - {{name: l, while: {condition!r}, at_most: 3, every: 1s, because: b,"
        f" do: [{{name: q, task: t, {question}]}}\n"
    )
    assert (steps["l"].chance, steps["l"].why) == (chance, why)


def test_a_called_playbook_is_read_ahead_with_what_it_is_given(full: Playbook) -> None:
    call = next(step for step in flat(seen(full, finding()).steps) if step.name == "contain")
    assert [block.label for block in call.blocks] == ["isolate-and-ask version 3"]
    assert [step.what for step in call.blocks[0].steps][0] == "host.isolate files-02"
    nobody = next(step for step in flat(seen(full, finding(source=None)).steps) if step.name == "contain")
    assert (nobody.chance, nobody.why) == (Chance.FAILS, "`isolate` fails")


def test_a_plan_that_nobody_could_read_is_refused() -> None:
    text = "{name: w, wait: 1s, because: b}"
    for level in range(4):
        text = (
            (EACH.strip().removeprefix("- ") % text)
            .replace("name: e", f"name: e{level}")
            .replace("as: h", f"as: h{level}")
        )
    found = finding(observables=[Observable(type=ObservableType.HOST, value=f"h-{n}") for n in range(8)])
    playbook = parse_playbook(f"{HEAD}steps: [{text.replace('at_most: 3', 'at_most: 9')}]\n", "p.yaml", SPECS)
    with pytest.raises(InvalidInput, match=f"^would come to more than {MOST} steps"):
        seen(playbook, found)


def test_facts_that_are_missing_fail_what_asks_for_them(full: Playbook) -> None:
    empty: Json = {}
    assert foresee(full, empty, agreed).answers is Chance.NO

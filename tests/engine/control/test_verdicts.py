"""What people judge teaches: a detector earns its autonomy by verdicts, and loses it by rules."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from engine.control.accept import accept
from engine.control.learning import standing_of
from engine.control.verdicts import judge_action, judge_finding, judge_incident, release_by_hand
from engine.errors import Denied, FirelineError, InvalidInput, NotFound
from engine.model.decision import Effect
from engine.model.feedback import ActionVerdictKind, Trust
from engine.model.finding import Endpoint, Finding, Observable, ObservableType, VerdictKind
from engine.model.incident import Incident
from engine.model.request import Request, RequestState
from engine.policy_file import Policy, parse_policy
from engine.store.tx import Tx
from tests.bench import Bench

ROOT = Path(__file__).parents[3]
FP, TP, TEST = VerdictKind.FALSE_POSITIVE, VerdictKind.TRUE_POSITIVE, VerdictKind.TEST
CORRECT, HARMFUL = ActionVerdictKind.CORRECT, ActionVerdictKind.HARMFUL
BLOCK, CONTAIN = "network.block_ip", "host.contain_ports"
TWO_ORIGINS = "198.51.100.23"


@pytest.fixture
def untrusting(bench: Bench) -> Bench:
    """Under the demo's policy without what it grants itself and without its history."""
    policy = amended(bench, version=1)
    bench.parts = replace(bench.parts, desk=replace(bench.desk, policy=policy))
    return bench


def amended(bench: Bench, version: int) -> Policy:
    text = (ROOT / "policies" / "demo.yaml").read_text().replace("\nversion: 1\n", f"\nversion: {version}\n")
    return parse_policy(text[: text.index("# Trust the demo grants itself")], "demo.yaml", bench.desk.specs)


def copies(finding: Finding, count: int, first: int = 0, **changes: object) -> list[Finding]:
    """As many findings of the same detector version, each about a host of its own."""
    made = []
    for number in range(first, first + count):
        host = f"10.77.{number // 250}.{number % 250 + 1}"
        seen = tuple(Observable(type=ObservableType.IP, value=value) for value in (host, TWO_ORIGINS))
        own = {"id": f"F-{number}", "source": Endpoint(ip=host), "observables": seen}
        made.append(finding.model_copy(update={**own, **changes}))
    return made


async def known(bench: Bench, findings: list[Finding]) -> None:
    await bench.write(lambda tx: accept(tx, bench.desk, findings, "siem-bot", bench.now))


async def judged(bench: Bench, findings: list[Finding], kind: VerdictKind = TP, by: str = "anna") -> None:
    def work(tx: Tx) -> None:
        for finding in findings:
            judge_finding(tx, bench.desk, bench.person(by), finding.id, kind, "seen", bench.now)

    await bench.write(work)


async def action_judged(bench: Bench, request: str, kind: ActionVerdictKind, by: str = "anna") -> Request:
    return await bench.write(
        lambda tx: judge_action(tx, bench.desk, bench.person(by), request, kind, "seen", bench.now)
    )


async def earned(bench: Bench, like: Finding, count: int = 52) -> None:
    """Its detector version has so many verdicts, all true."""
    found = copies(like, count)
    await known(bench, found)
    await judged(bench, found)


async def asked(bench: Bench, finding: Finding) -> Request:
    """The block that a finding leads to."""
    incident = await bench.feed(finding)
    return bench.requests(incident, BLOCK)[-1]


def trust(bench: Bench, finding: Finding) -> Trust | None:
    return bench.read(lambda tx: tx.trusts.get(finding.detector, finding.detector_version))


def counted(bench: Bench, finding: Finding) -> list[tuple[int, int]]:
    found = bench.read(lambda tx: tx.cases.counts(finding.detector, finding.detector_version))
    return [(count.right, count.verdicts) for count in found]


@pytest.mark.parametrize(
    ("count", "effect", "tier"), [(0, Effect.ASK, 3), (51, Effect.ASK, 3), (52, Effect.EXECUTE, 1)]
)
async def test_52_of_52_verdicts_let_a_detector_version_act_by_itself_at_tier_1(
    untrusting: Bench, beacon: Finding, count: int, effect: Effect, tier: int
) -> None:
    await earned(untrusting, beacon, count)
    request = await asked(untrusting, beacon)
    assert request.target == TWO_ORIGINS
    assert request.decision is not None
    assert (request.decision.effect, request.decision.tier) == (effect, tier)
    assert (request.decision.facts["autonomy.right"], request.decision.facts["autonomy.verdicts"]) == (count, count)


async def test_another_version_has_earned_nothing(untrusting: Bench, beacon: Finding) -> None:
    await earned(untrusting, beacon)
    request = await asked(untrusting, beacon.model_copy(update={"detector_version": "4"}))
    assert request.decision is not None
    assert request.decision.effect is not Effect.EXECUTE


async def test_a_bound_under_the_bar_takes_it_back_and_says_so(untrusting: Bench, beacon: Finding) -> None:
    await earned(untrusting, beacon)
    wrong = copies(beacon, 1, first=100)
    await known(untrusting, wrong)
    await judged(untrusting, wrong, FP)
    request = await asked(untrusting, beacon)
    [lost] = untrusting.entries("autonomy.lost")
    assert request.decision is not None
    assert (request.decision.effect, request.decision.tier) == (Effect.ASK, 3)
    assert "autonomy taken back: its precision's bound fell to 0.9" in request.decision.why_asked
    assert (lost.subject, lost.body["tier"]) == (f"detector/{beacon.detector}@3", 1)


async def test_what_was_taken_back_needs_its_time_and_another_policy(untrusting: Bench, beacon: Finding) -> None:
    bench = untrusting
    await earned(bench, beacon)
    wrong = copies(beacon, 1, first=100)
    await known(bench, wrong)
    await judged(bench, wrong, FP)
    await judged(bench, wrong, TP)
    await bench.later(timedelta(days=15))
    same = bench.read(lambda tx: standing_of(tx, bench.desk, beacon, bench.now).demoted)
    voted = replace(bench.desk, policy=amended(bench, version=2))
    other = bench.read(lambda tx: standing_of(tx, voted, beacon, bench.now).demoted)
    assert same is not None
    assert other is None


@pytest.fixture
async def acted(untrusting: Bench, beacon: Finding) -> Request:
    """An action that an earned detector took by itself."""
    await earned(untrusting, beacon)
    request = await asked(untrusting, beacon)
    assert untrusting.request(request.id).state is RequestState.HELD
    return untrusting.request(request.id)


async def another(bench: Bench, beacon: Finding, number: int) -> Request:
    [finding] = copies(beacon, 1, first=200 + number, confidence=0.99)
    return bench.request((await asked(bench, finding)).id)


async def test_a_correct_action_adds_nothing_to_the_count(untrusting: Bench, acted: Request, beacon: Finding) -> None:
    await action_judged(untrusting, acted.id, CORRECT)
    assert counted(untrusting, beacon) == [(52, 52)]
    assert [entry.body["kind"] for entry in untrusting.entries("request.verdict")] == ["correct"]


async def test_an_unnecessary_action_counts_against_its_action_only(
    untrusting: Bench, acted: Request, beacon: Finding
) -> None:
    await action_judged(untrusting, acted.id, ActionVerdictKind.UNNECESSARY)
    request = await another(untrusting, beacon, 1)
    assert sorted(counted(untrusting, beacon)) == [(0, 1), (52, 52)]
    assert request.decision is not None
    assert (request.decision.facts["autonomy.right"], request.decision.facts["autonomy.verdicts"]) == (52, 53)
    assert trust(untrusting, beacon) == Trust(detector=beacon.detector, version="3", earned=1)


async def test_a_changed_mind_takes_the_case_away_again(untrusting: Bench, acted: Request, beacon: Finding) -> None:
    await action_judged(untrusting, acted.id, ActionVerdictKind.UNNECESSARY)
    await action_judged(untrusting, acted.id, CORRECT)
    assert counted(untrusting, beacon) == [(52, 52)]


async def test_one_harmful_action_on_a_low_asset_is_not_yet_a_reason(
    untrusting: Bench, acted: Request, beacon: Finding
) -> None:
    await action_judged(untrusting, acted.id, HARMFUL)
    standing = trust(untrusting, beacon)
    assert standing is not None
    assert standing.demoted is None


async def test_one_harmful_action_on_a_high_asset_takes_autonomy_back(
    untrusting: Bench, acted: Request, beacon: Finding
) -> None:
    assert acted.decision is not None
    facts = acted.decision.facts | {"target.criticality": "high"}
    grave = acted.model_copy(update={"decision": acted.decision.model_copy(update={"facts": facts})})
    await untrusting.write(lambda tx: tx.requests.save(grave, before=acted.state))
    await action_judged(untrusting, acted.id, HARMFUL)
    request = await another(untrusting, beacon, 1)
    assert request.decision is not None
    assert (request.decision.effect, request.decision.tier) == (Effect.ASK, 3)
    assert request.decision.facts["autonomy.demoted_tier"] == 1
    assert "1 did harm on an asset of class high or above" in request.decision.why_asked


async def released(bench: Bench, request: Request) -> None:
    """An analyst ends it."""
    lease = request.lease_id or ""
    await bench.write(lambda tx: release_by_hand(tx, bench.desk, bench.person("anna"), lease, "it is ours", bench.now))
    await bench.settle(request.incident_id)


async def test_two_overrides_among_the_latest_take_autonomy_back(
    untrusting: Bench, acted: Request, beacon: Finding
) -> None:
    bench = untrusting
    await released(bench, acted)
    assert trust(bench, beacon) == Trust(detector=beacon.detector, version="3", earned=1)
    await released(bench, await another(bench, beacon, 1))
    standing = trust(bench, beacon)
    assert standing is not None
    assert standing.demoted is not None
    assert standing.demoted.because == "2 of the last 20 responses were overridden"


async def test_what_was_fed_by_hand_teaches_nothing(untrusting: Bench, beacon: Finding) -> None:
    found = copies(beacon, 3, submitter="jonas")
    await known(untrusting, found)
    await judged(untrusting, found)
    assert counted(untrusting, beacon) == []


async def test_a_test_is_neither_right_nor_wrong(untrusting: Bench, beacon: Finding) -> None:
    found = copies(beacon, 2)
    await known(untrusting, found)
    await judged(untrusting, found)
    await judged(untrusting, found[:1], TEST)
    assert counted(untrusting, beacon) == [(1, 1)]


async def test_where_people_disagree_the_finding_was_not_right(untrusting: Bench, beacon: Finding) -> None:
    found = copies(beacon, 1)
    await known(untrusting, found)
    for by, kind in (("anna", FP), ("tom", TP)):
        await judged(untrusting, found, kind, by)
    assert counted(untrusting, beacon) == [(0, 1)]
    await judged(untrusting, found, TP, "anna")
    assert counted(untrusting, beacon) == [(1, 1)]


async def incident_judged(bench: Bench, incident: str, kind: VerdictKind, by: str = "anna") -> Incident:
    return await bench.write(
        lambda tx: judge_incident(tx, bench.desk, bench.person(by), incident, kind, "seen", bench.now)
    )


async def test_an_incidents_verdict_counts_once_however_many_findings_it_holds(bench: Bench, beacon: Finding) -> None:
    incident = await bench.feed(beacon, *(beacon.model_copy(update={"id": f"F-{n}"}) for n in range(5)))
    await incident_judged(bench, incident, TP)
    assert counted(bench, beacon) == [(1, 1)]
    await judged(bench, [beacon], FP)
    assert counted(bench, beacon) == [(0, 1)]
    await incident_judged(bench, incident, TP)
    assert counted(bench, beacon) == [(0, 1)]


async def test_an_incident_judged_by_who_fed_it_teaches_nothing(bench: Bench, beacon: Finding) -> None:
    by_hand = beacon.model_copy(update={"id": "F-2", "submitter": "jonas"})
    incident = await bench.feed(beacon, by_hand)
    await incident_judged(bench, incident, TP, "jonas")
    assert counted(bench, beacon) == []


@pytest.mark.parametrize(
    ("by", "finding", "reason", "error", "said"),
    [
        ("siem-bot", "F-0", "r", Denied, "`siem-bot` is a bot"),
        ("samir", "F-0", "r", Denied, "takes analyst"),
        ("jonas", "F-0", "r", Denied, "`jonas` submitted F-0"),
        ("anna", "F-9", "r", NotFound, "there is no finding `F-9`"),
        ("anna", "F-0", " ", InvalidInput, "a reason is needed"),
    ],
)
async def test_a_verdict_on_a_finding_is_refused(
    bench: Bench, beacon: Finding, by: str, finding: str, reason: str, error: type[FirelineError], said: str
) -> None:
    await known(bench, copies(beacon, 1, submitter="jonas"))
    with pytest.raises(error, match=said):
        await bench.write(lambda tx: judge_finding(tx, bench.desk, bench.person(by), finding, TP, reason, bench.now))
    assert bench.entries("finding.verdict") == []


async def test_a_verdict_on_an_action_is_refused(bench: Bench, takeover: Finding) -> None:
    incident = await bench.feed(takeover)
    [waiting] = bench.requests(incident, "identity.disable_account")
    own = await bench.ask("tom")
    await bench.respond(own.incident_id)
    for by, request, said in (
        ("anna", waiting.id, "was never carried out"),
        ("tom", own.id, "`tom` asked for"),
        ("siem-bot", own.id, "is a bot"),
        ("samir", own.id, "takes analyst"),
        ("anna", "AR-9999", "there is no request"),
    ):
        with pytest.raises(Denied, match=said):
            await action_judged(bench, request, CORRECT, by)
    assert (await action_judged(bench, own.id, CORRECT)).id == own.id


async def test_a_confidence_bin_of_its_own_is_measured_for_exceptions(untrusting: Bench, beacon: Finding) -> None:
    sure, less = copies(beacon, 3, confidence=0.995), copies(beacon, 4, first=10, confidence=0.9)
    await known(untrusting, [*sure, *less])
    await judged(untrusting, [*sure, *less])
    history = untrusting.read(lambda tx: standing_of(tx, untrusting.desk, beacon, untrusting.now).history)
    assert [(count.confidence_from, count.right, count.verdicts) for count in history] == [(None, 7, 7), (0.99, 3, 3)]

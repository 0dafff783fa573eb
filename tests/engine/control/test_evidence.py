"""Nothing is destroyed of which nothing was taken down: the receipt stands in the ledger first, or people waive it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from actions.registry import ActionSpecs, bind
from actions.written import RecordParams, Written
from console.cli.simulation import SITE
from engine.control.doors import Wanted, request_action
from engine.hands import Hands
from engine.model.action import ActionSpec, Executor, Impact, Reversal, TargetKind
from engine.model.check import CheckOutcome
from engine.model.request import Request, RequestState
from engine.token import TokenVerifier
from tests.bench import Bench

HOST = "ws-203"


class ReimageParams(RecordParams):
    """Which host."""


class Reimage(Written[ReimageParams]):
    """Stands for whatever puts another installation in a host's place."""

    spec = ActionSpec(
        id="host.reimage",
        summary="install a host anew",
        params=ReimageParams,
        target=TargetKind.HOST,
        impact=Impact.IRREVERSIBLE,
        reversal=Reversal.IRREVERSIBLE,
        lasting=False,
        d3fend="D3-RD",
        mitigations=("M1053",),
    )


@pytest.fixture
def bench(bench: Bench) -> Bench:
    """A bench that can re-image hosts as well."""
    actions, connectors = bind(SITE, bench.site.ports, (Reimage,)), {SITE: bench.site}
    verifier = TokenVerifier(bench.desk.signer.public_key)
    hands = Hands(actions, connectors, verifier, lambda: bench.now)
    desk = replace(
        bench.desk, specs=ActionSpecs((Reimage,)), routes={**bench.desk.routes, Reimage.spec.id: SITE}
    )  # fmt: skip
    bench.parts = replace(bench.parts, desk=desk, hands={SITE: hands})
    return bench


async def reimage(bench: Bench, without_evidence: str = "", target: str = HOST) -> Request:
    wanted = Wanted("host.reimage", target, {}, None, "rooted", without_evidence)
    return await bench.write(lambda tx: request_action(tx, bench.desks(tx), bench.person("tom"), wanted, bench.now))


async def capture(bench: Bench, target: str = HOST) -> Request:
    asked = await bench.ask(action="evidence.capture", target=target, kind="processes")
    await bench.settle(asked.incident_id)
    return bench.request(asked.id)


def answer(request: Request) -> tuple[CheckOutcome, str]:
    [found] = [check for check in request.checks if check.check == "evidence-captured"]
    return found.outcome, found.summary


async def test_the_receipt_stands_in_the_ledger_with_its_digest(bench: Bench) -> None:
    taken = await capture(bench)
    assert taken.state is RequestState.ENDED
    [entry] = bench.entries("lease.active")
    receipt = entry.body["receipt"]
    assert isinstance(receipt, dict)
    assert (receipt["kind"], receipt["target"], receipt["truncated"]) == ("processes", HOST, False)
    kept = [file.name for file in (bench.settings.home / "site" / "evidence" / "sha256").iterdir()]
    assert kept == [receipt["digest"]]


async def test_without_a_receipt_it_is_denied_and_says_what_to_do(bench: Bench) -> None:
    asked = await reimage(bench)
    assert asked.state is RequestState.DENIED
    assert f"nothing was taken down of `{HOST}`: capture evidence first" in asked.outcome


async def test_with_a_receipt_people_are_asked(bench: Bench) -> None:
    await capture(bench)
    asked = await reimage(bench)
    assert asked.state is RequestState.AWAITING_APPROVAL
    assert answer(asked)[0] is CheckOutcome.PASS


async def test_evidence_of_another_host_is_none_of_this_one(bench: Bench) -> None:
    await capture(bench, "ws-114")
    assert (await reimage(bench)).state is RequestState.DENIED


async def test_evidence_by_another_name_of_the_same_host_counts(bench: Bench) -> None:
    await capture(bench)
    assert answer(await reimage(bench, target=HOST.upper()))[0] is CheckOutcome.PASS


async def test_evidence_goes_stale(bench: Bench) -> None:
    await capture(bench)
    await bench.later(timedelta(days=1, hours=1))  # the site has a clock of its own
    assert (await reimage(bench)).state is RequestState.DENIED


async def test_evidence_taken_at_a_simulated_site_is_none_of_anything_real(bench: Bench) -> None:
    await capture(bench)
    real = replace(bench.desk, executors={**bench.desk.executors, SITE: Executor.REAL})
    bench.parts = replace(bench.parts, desk=real)
    assert answer(await reimage(bench))[0] is CheckOutcome.BLOCK


async def test_a_capture_that_was_a_lie_opens_nothing(bench: Bench) -> None:
    from actions.simulators.faults import FaultKind

    bench.site.faults.switch_on(FaultKind.LIE, "evidence.capture")
    asked = await bench.ask(action="evidence.capture", target=HOST, kind="processes")
    await bench.settle(asked.incident_id)
    assert not bench.entries("lease.active")
    assert answer(await reimage(bench))[0] is CheckOutcome.BLOCK


async def test_a_waiver_is_shown_recorded_and_carried_out_only_by_approval(bench: Bench) -> None:
    asked = await reimage(bench, "the disk is encrypted and the host is off")
    assert asked.state is RequestState.AWAITING_APPROVAL
    outcome, summary = answer(asked)
    assert outcome is CheckOutcome.WARN
    assert summary == f"nothing was taken down of `{HOST}`; waived by tom: the disk is encrypted and the host is off"
    requested = bench.entries("request.requested")[-1].body
    assert requested["evidence_waiver"] == {"owner": "tom", "reason": "the disk is encrypted and the host is off"}

"""Detectors that earn their autonomy by verdicts, for tests about keeping it and losing it."""

from dataclasses import replace
from pathlib import Path

from engine.control.accept import accept
from engine.control.verdicts import judge_action, judge_finding
from engine.model.feedback import ActionVerdictKind, Trust
from engine.model.finding import Endpoint, Finding, Observable, ObservableType, VerdictKind
from engine.model.request import Request
from engine.policy_file import Policy, parse_policy
from engine.store.tx import Tx
from tests.bench import Bench

ROOT = Path(__file__).parents[3]
FP, TP, TEST = VerdictKind.FALSE_POSITIVE, VerdictKind.TRUE_POSITIVE, VerdictKind.TEST
CORRECT, HARMFUL = ActionVerdictKind.CORRECT, ActionVerdictKind.HARMFUL
BLOCK, CONTAIN = "network.block_ip", "host.contain_ports"
TWO_ORIGINS = "198.51.100.23"


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


def untrust(bench: Bench) -> Bench:
    """The bench under the demo's policy without what it grants itself and without its history."""
    bench.parts = replace(bench.parts, desk=replace(bench.desk, policy=amended(bench, version=1)))
    return bench

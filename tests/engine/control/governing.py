"""Policies that are proposed, voted on and taken back on the bench."""

from pathlib import Path

from actions.registry import ActionSpecs
from engine.approvals import Ballot
from engine.bundles import policy_bundle, policy_of
from engine.control.governance import Standing, Wish, cast_vote, propose, roll_back
from engine.model.approval import VoteKind
from engine.model.governance import Activation, Bundle, Kind, Proposal, ProposalState, SourceText
from tests.bench import Bench

SPECS = ActionSpecs()
ROOT = Path(__file__).parents[3]
DEMO = (ROOT / "policies" / "demo.yaml").read_text()
RULE = "rules:\n  - {{id: {}, kind: raise, to: 4, when: action.impact > 0, because: {}}}\n"


def policy(name: str = "all-four", more: str = "") -> Bundle:
    """The demo's policy with one more rule, and perhaps another section."""
    assert "\nrules:\n" in DEMO
    files = [SourceText(name=f"{name}.yaml", text=DEMO.replace("rules:\n", RULE.format(name, "new"), 1) + more)]
    return policy_bundle(files, policy_of(files, SPECS))


async def proposed(bench: Bench, bundle: Bundle, by: str = "anna") -> Proposal:
    base = bench.read(lambda tx: tx.governance.active()[bundle.kind])
    wish = Wish(bundle, base, "mine.yaml", "tighter", {"test": {"passed": True}})
    return await bench.write(lambda tx: propose(tx, bench.desks, bench.person(by), wish, bench.now))


async def vote(
    bench: Bench, proposal: Proposal, name: str, kind: str = "approve", reason: str = "read it",
    digest: str | None = None,
) -> Standing:  # fmt: skip
    ballot = Ballot(bench.person(name), VoteKind(kind), reason, digest, bench.now)
    return await bench.write(lambda tx: cast_vote(tx, bench.desks, proposal.id, ballot, "test"))


async def activated(bench: Bench, bundle: Bundle) -> Proposal:
    proposal = await proposed(bench, bundle)
    await vote(bench, proposal, "admin")
    return (await vote(bench, proposal, "lena")).proposal


async def back(
    bench: Bench, name: str, digest: str | None = None, kind: Kind = Kind.POLICY, reason: str = "it asks too much"
) -> Standing:
    return await bench.write(lambda tx: roll_back(tx, bench.desks, bench.person(name), kind, digest, reason, bench.now))


def active(bench: Bench, kind: Kind = Kind.POLICY) -> str:
    return bench.read(lambda tx: tx.governance.active()[kind])


def history(bench: Bench, kind: Kind = Kind.POLICY) -> list[Activation]:
    return [*bench.read(lambda tx: tx.governance.history(kind))]


def state(bench: Bench, proposal: Proposal) -> ProposalState:
    found = bench.read(lambda tx: tx.governance.proposal(proposal.id))
    assert found is not None
    return found.state

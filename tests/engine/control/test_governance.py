"""Proposals, votes and activations in the database: what counts, what is recorded, and from when it is decided by."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from actions.registry import ActionSpecs
from engine.approvals import Ballot
from engine.bundles import amended, playbooks_bundle, playbooks_of, policy_bundle, policy_of
from engine.control.advance import advance_incident
from engine.control.desks import Desks
from engine.control.governance import Standing, Wish, begin, cast_vote, expire, find_version, propose, roll_back
from engine.errors import Denied, InvalidInput, NotFound, StaleState
from engine.model.approval import VoteKind
from engine.model.finding import Finding
from engine.model.governance import Activation, Bundle, Kind, Proposal, ProposalState, SourceText
from engine.store.store import Store
from engine.store.tx import Tx
from tests.bench import Bench, on_bench

SPECS = ActionSpecs()
ROOT = Path(__file__).parents[3]
DEMO = (ROOT / "policies" / "demo.yaml").read_text()
RULE = "rules:\n  - {{id: {}, kind: raise, to: 4, when: action.impact > 0, because: {}}}\n"


def policy(name: str = "all-four", more: str = "") -> Bundle:
    """The demo's policy with one more rule, and perhaps another section."""
    assert "\nrules:\n" in DEMO
    files = [SourceText(name=f"{name}.yaml", text=DEMO.replace("rules:\n", RULE.format(name, "new"), 1) + more)]
    return policy_bundle(files, policy_of(files, SPECS))


@pytest.fixture
async def governed(bench: Bench) -> Bench:
    """The bench after its first start."""
    assert await bench.write(lambda tx: begin(tx, bench.parts.given, bench.now)) == ()
    return bench


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


async def test_what_is_given_at_the_first_start_is_version_1_and_recorded(governed: Bench) -> None:
    [first] = history(governed)
    assert (first.number, first.digest, first.before) == (1, governed.parts.desk.policy.digest, None)
    entry = governed.entries("policy.activated")[0]
    assert (entry.seq, entry.body["digest"], entry.body["came"]) == (first.entry, first.digest, "started")
    assert [one.digest for one in history(governed, Kind.PLAYBOOKS)] == [governed.parts.given[1].digest]


async def test_at_a_later_start_another_file_is_set_aside_and_changes_nothing(governed: Bench) -> None:
    other = policy()
    assert await governed.write(lambda tx: begin(tx, [other], governed.now)) == (other,)
    assert active(governed) == governed.parts.desk.policy.digest
    assert governed.read(governed.desks).policy is governed.parts.desk.policy


async def test_two_of_governance_besides_the_proposer_activate_and_the_next_decision_is_by_it(
    governed: Bench, beacon: Finding
) -> None:
    new = policy()
    proposal = await proposed(governed, new)
    first = await vote(governed, proposal, "admin")
    assert (first.accepted, first.missing, first.proposal.state) == (True, 1, "open")
    assert active(governed) != new.digest
    second = await vote(governed, proposal, "lena")
    assert (second.missing, second.proposal.state) == (0, "activated")
    request = governed.requests(await governed.feed(beacon), "network.block_ip")[0]
    assert request.decision is not None
    assert (request.decision.policy_digest, request.decision.tier) == (new.digest, 4)


async def test_the_history_says_who_proposed_who_voted_and_which_entry_says_so(governed: Bench) -> None:
    proposal = await activated(governed, policy())
    first, second = history(governed)
    assert (second.number, second.before, second.proposal) == (2, first.digest, proposal.id)
    assert (second.proposer, second.voters, second.came) == ("anna", ("admin", "lena"), "voted")
    entry = governed.entries("policy.activated")[1]
    assert (entry.seq, entry.actor, entry.body["voters"]) == (second.entry, "anna", ["admin", "lena"])
    [opened] = governed.entries("proposal.opened")
    assert (opened.subject, opened.actor, opened.body["binding"]) == (
        f"proposal/{proposal.id}",
        "anna",
        proposal.binding,
    )


@pytest.mark.parametrize(
    ("name", "kind", "reason", "digest", "because"),
    [
        ("siem-bot", "approve", "beep", None, "a bot may not vote"),
        ("lena", "approve", "", None, "proposed this"),
        ("anna", "approve", "", None, "is not in governance"),
        ("anna", "deny", "no", None, "is not in governance"),
        ("admin", "deny", "  ", None, "a reason is needed"),
        ("admin", "approve", "", "0000-0000", "this answers another proposal"),
    ],
)
async def test_a_vote_that_does_not_count_changes_nothing_and_is_recorded(
    governed: Bench, name: str, kind: str, reason: str, digest: str | None, because: str
) -> None:
    proposal = await proposed(governed, policy(), by="lena")
    answer = await vote(governed, proposal, name, kind, reason, digest)
    assert not answer.accepted
    assert because in answer.because
    [entry] = governed.entries("vote.refused")
    assert (entry.subject, entry.body["because"]) == (f"proposal/{proposal.id}", answer.because)
    assert governed.read(lambda tx: tx.votes.of(proposal.id)) == []
    assert state(governed, proposal) == "open"


async def test_one_no_ends_it_and_the_proposer_takes_it_back(governed: Bench) -> None:
    denied, taken = await proposed(governed, policy("a")), await proposed(governed, policy("b"))
    await vote(governed, denied, "lena")
    assert (await vote(governed, denied, "lena", "deny", "thought better")).proposal.state == "rejected"
    assert (await vote(governed, taken, "anna", "deny", "a slip")).proposal.state == "withdrawn"
    assert "nobody is asked any more" in (await vote(governed, denied, "admin")).because
    assert len(history(governed)) == 1


async def test_whoever_has_left_the_group_meanwhile_is_not_counted(governed: Bench) -> None:
    proposal = await proposed(governed, policy())
    await vote(governed, proposal, "lena")
    people = governed.settings.people_file
    people.write_text(people.read_text().replace("groups: [identity-owners, governance]", "groups: [identity-owners]")
                      .replace("  - {principal: lena, group: governance}\n", ""))  # fmt: skip
    answer = await vote(governed, proposal, "admin")
    assert (answer.accepted, answer.missing, answer.proposal.state) == (True, 1, "open")


async def test_after_its_deadline_nobody_can_vote_and_the_round_ends_it(governed: Bench) -> None:
    proposal = await proposed(governed, policy())
    await governed.later(timedelta(days=7))
    assert "deadline has passed" in (await vote(governed, proposal, "admin")).because
    await governed.write(lambda tx: expire(tx, governed.now))
    assert state(governed, proposal) == "expired"


async def test_of_two_approved_at_once_one_is_active_and_the_other_has_to_be_compared_again(governed: Bench) -> None:
    one, two = await proposed(governed, policy("one")), await proposed(governed, policy("two"))
    await asyncio.gather(*(vote(governed, which, name) for which in (one, two) for name in ("admin", "lena")))
    assert sorted([state(governed, one), state(governed, two)]) == ["activated", "superseded"]
    assert len(history(governed)) == 2
    assert len(governed.entries("proposal.superseded")) == 1


async def test_votes_for_what_was_compared_with_another_policy_count_for_nothing(governed: Bench) -> None:
    one, two = await proposed(governed, policy("one")), await proposed(governed, policy("two"))
    await vote(governed, two, "admin")
    await vote(governed, one, "admin")
    await vote(governed, one, "lena")
    assert "is superseded" in (await vote(governed, two, "lena")).because
    assert active(governed) == one.digest


async def test_what_was_compared_before_another_was_activated_is_not_opened(governed: Bench) -> None:
    base = active(governed)
    await activated(governed, policy("one"))
    wish = Wish(policy("two"), base, "two.yaml", "", {})
    with pytest.raises(Denied, match="propose it again"):
        await governed.write(lambda tx: propose(tx, governed.desks, governed.person("anna"), wish, governed.now))


async def test_what_is_active_is_not_proposed_and_a_viewer_proposes_nothing(governed: Bench) -> None:
    with pytest.raises(InvalidInput, match="active already"):
        await proposed(governed, governed.parts.given[0])
    people = governed.settings.people_file
    people.write_text(people.read_text().replace("roles: [viewer, responder, approver]", "roles: [viewer]"))
    with pytest.raises(Denied, match="not allowed"):
        await proposed(governed, policy(), by="samir")


async def test_a_proposal_cannot_lower_the_votes_that_it_takes_itself(governed: Bench) -> None:
    weak = policy("weak", "governance: {quorum: 1, groups: [responders]}\n")
    proposal = await proposed(governed, weak)
    assert (proposal.quorum, proposal.groups) == (2, ("governance",))
    assert "is not in governance" in (await vote(governed, proposal, "tom")).because
    assert (await vote(governed, proposal, "lena")).missing == 1


async def test_going_back_takes_one_vote_of_governance_at_once(governed: Bench) -> None:
    first = active(governed)
    await activated(governed, policy())
    assert (await back(governed, "lena")).proposal.state == "activated"
    assert active(governed) == first
    assert history(governed)[-1].voters == ("lena",)
    assert governed.entries("policy.rolled_back")[0].body["reason"] == "it asks too much"
    assert governed.read(governed.desks).policy.digest == first


async def test_somebody_else_may_ask_to_go_back_and_one_of_governance_votes(governed: Bench) -> None:
    first = active(governed)
    await activated(governed, policy())
    asked = await back(governed, "anna", first[:8])
    assert (asked.proposal.state, asked.missing) == ("open", 1)
    assert (await vote(governed, asked.proposal, "lena")).proposal.state == "activated"


async def test_going_back_to_where_changes_took_fewer_votes_takes_all_of_them(governed: Bench) -> None:
    first = active(governed)
    await activated(governed, policy("strict", "governance: {quorum: 2, rollback: 2}\n"))
    asked = await back(governed, "lena", first)
    assert (asked.proposal.state, asked.missing) == ("open", 1)
    assert (await vote(governed, asked.proposal, "admin")).proposal.state == "activated"


async def test_nobody_goes_back_to_what_was_never_active(governed: Bench) -> None:
    proposal = await proposed(governed, policy())
    with pytest.raises(Denied, match="never active"):
        await back(governed, "lena", proposal.digest)
    with pytest.raises(NotFound, match="nothing else was ever active"):
        await back(governed, "lena")
    with pytest.raises(NotFound, match="there is no policy `ffffffff`"):
        await back(governed, "lena", "ffffffff")
    with pytest.raises(InvalidInput, match="active already"):
        await back(governed, "lena", active(governed))
    with pytest.raises(InvalidInput, match="a reason is needed"):
        await back(governed, "lena", reason=" ")


async def test_an_approval_under_the_older_policy_is_void_and_asked_again(
    governed: Bench, exfiltration: Finding
) -> None:
    incident = await governed.feed(exfiltration)
    asked = governed.requests(incident, "host.isolate")[-1]
    await governed.vote(asked.id, "anna")
    await activated(governed, policy())
    await governed.vote(asked.id, "samir")
    await governed.respond(incident)
    assert governed.request(asked.id).state == "superseded"
    assert "the policy was changed" in governed.request(asked.id).outcome
    again = governed.requests(incident, "host.isolate")[-1]
    assert (again.supersedes, again.state) == (asked.id, "awaiting_approval")


async def test_what_was_authorised_under_the_older_policy_is_not_committed(
    governed: Bench, exfiltration: Finding
) -> None:
    incident = await governed.feed(exfiltration)
    asked = governed.requests(incident, "host.isolate")[-1]
    await governed.vote(asked.id, "anna")
    await governed.vote(asked.id, "samir")
    order = await governed.write(lambda tx: advance_incident(tx, governed.desks(tx), incident, governed.now))
    assert governed.request(asked.id).state == "authorised"
    await activated(governed, policy())
    for lease in order.start:
        await governed.carry(lease.key)
    assert governed.request(asked.id).state == "blocked"
    assert "the policy was changed" in governed.request(asked.id).outcome
    assert "host.isolate" not in await governed.standing()


async def test_an_activation_that_is_not_committed_takes_nothing_along(governed: Bench) -> None:
    before, proposal = active(governed), await proposed(governed, policy())
    await vote(governed, proposal, "admin")

    def broken_off(tx: Tx) -> None:
        ballot = Ballot(governed.person("lena"), VoteKind.APPROVE, "", None, governed.now)
        assert cast_vote(tx, governed.desks, proposal.id, ballot, "test").proposal.state == "activated"
        assert governed.desks(tx).policy.digest == proposal.digest
        raise StaleState("killed before the commit")

    with pytest.raises(StaleState):
        await governed.write(broken_off)
    assert (active(governed), governed.read(governed.desks).policy.digest) == (before, before)
    assert [one.principal for one in governed.read(lambda tx: tx.votes.of(proposal.id))] == ["admin"]
    assert (await vote(governed, proposal, "lena")).proposal.state == "activated"


async def test_what_follows_in_the_same_commit_is_decided_by_it(governed: Bench) -> None:
    proposal = await proposed(governed, policy())
    await vote(governed, proposal, "admin")
    _, seen = await asyncio.gather(
        vote(governed, proposal, "lena"), governed.write(lambda tx: governed.desks(tx).policy.digest)
    )
    assert seen == proposal.digest


async def test_another_process_finds_what_is_active_in_the_database_alone(governed: Bench) -> None:
    new = policy()
    await activated(governed, new)
    governed.store.close()
    store = Store(governed.settings.database_url)
    try:
        desks = Desks(governed.parts.desk)
        await desks.follow(store)
        assert desks().policy.digest == new.digest
        assert set(desks().policy.document.rules) - set(governed.parts.desk.policy.document.rules)
    finally:
        store.close()


PLAYBOOK = (ROOT / "workflows" / "playbooks" / "known-bad-address.yaml").read_text()


async def test_playbooks_change_as_a_set_under_the_same_votes(governed: Bench, beacon: Finding) -> None:
    _, given = governed.parts.given
    newer = [SourceText(name="mine.yaml", text=PLAYBOOK.replace("\nversion: ", "\nversion: 9"))]
    files = amended(given, newer)
    assert len(files) == len(given.files)
    bundle = playbooks_bundle(files, playbooks_of(files, SPECS))
    await activated(governed, bundle)
    assert active(governed, Kind.PLAYBOOKS) == bundle.digest
    await governed.feed(beacon)
    planned = governed.entries("plan.built")[-1].body
    assert "known-bad-address@9" in str(planned)
    assert (await back(governed, "lena", kind=Kind.PLAYBOOKS)).proposal.state == "activated"
    assert active(governed, Kind.PLAYBOOKS) == given.digest


async def test_a_new_policy_has_playbooks_compared_and_voted_on_again(governed: Bench) -> None:
    _, given = governed.parts.given
    files = given.files[1:]
    proposal = await proposed(governed, playbooks_bundle(files, playbooks_of(files, SPECS)))
    await activated(governed, policy())
    assert state(governed, proposal) == "superseded"


async def test_a_stored_text_is_found_by_its_first_digits(governed: Bench) -> None:
    new = policy()
    await proposed(governed, new)
    assert governed.read(lambda tx: find_version(tx, Kind.POLICY, new.digest[:8])) == new
    assert governed.read(lambda tx: find_version(tx, Kind.POLICY, f"{new.digest[:4]}-{new.digest[4:8]}")) == new
    with pytest.raises(NotFound):
        governed.read(lambda tx: find_version(tx, Kind.POLICY, new.digest[:7]))


async def test_a_bench_that_never_started_decides_by_what_it_was_given(tmp_path: Path, bench: Bench) -> None:
    with on_bench(tmp_path / "other", bench.now) as other:
        assert other.read(other.desks) is other.parts.desk


async def test_what_this_version_does_not_take_is_never_replaced_by_something_else(governed: Bench) -> None:
    broken = Bundle(kind=Kind.POLICY, digest="0" * 64, label="older", files=(SourceText(name="old.yaml", text="a: b"),))
    old = history(governed)[0].model_copy(update={"number": 2, "digest": broken.digest})
    await governed.write(lambda tx: tx.governance.keep(broken))
    await governed.write(lambda tx: tx.governance.activate(old))
    with pytest.raises(InvalidInput, match=r"(?s)old\.yaml:.*does not fit this version of Fireline"):
        await Desks(governed.parts.desk).follow(governed.store)

"""Proposals and votes in the database: what counts, what is recorded, and what is superseded."""

import asyncio
from datetime import timedelta

import pytest

from engine.control.governance import Wish, begin, expire, propose
from engine.errors import Denied, InvalidInput
from engine.model.finding import Finding
from engine.model.governance import Kind
from tests.bench import Bench
from tests.engine.control.governing import (
    activated,
    active,
    history,
    policy,
    proposed,
    state,
    vote,
)


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

"""What is active: from when it is decided by, what becomes of older approvals, and how one goes back."""

import asyncio
from pathlib import Path

import pytest

from engine.approvals import Ballot
from engine.bundles import amended, playbooks_bundle, playbooks_of
from engine.control.advance import advance_incident
from engine.control.desks import Desks
from engine.control.governance import cast_vote, find_version
from engine.errors import Denied, InvalidInput, NotFound, StaleState
from engine.model.approval import VoteKind
from engine.model.finding import Finding
from engine.model.governance import Bundle, Kind, SourceText
from engine.store.store import Store
from engine.store.tx import Tx
from tests.bench import Bench, on_bench
from tests.engine.control.governing import (
    ROOT,
    SPECS,
    activated,
    active,
    back,
    history,
    policy,
    proposed,
    state,
    vote,
)


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

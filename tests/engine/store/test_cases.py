"""Findings, incidents, requests and votes as they were put in, each once, and changed only from where they were."""

import pytest

from engine.errors import StaleState
from engine.model.approval import VoteKind
from engine.model.incident import IncidentState
from engine.model.request import Request, RequestState
from engine.store.store import Store
from engine.store.tx import Tx
from tests.engine.store.samples import NOON, every, finding, incident, request, vote

AWAITING, AUTHORISED, HELD = RequestState.AWAITING_APPROVAL, RequestState.AUTHORISED, RequestState.HELD


async def put(store: Store, *requests: Request, lease_key: str = "lease/x") -> None:
    await store.write(lambda tx: every(lambda each: tx.requests.insert(each, lease_key), *requests))


def names(requests: object) -> list[str]:
    assert isinstance(requests, list)
    return [each.id for each in requests]


async def test_a_finding_is_kept_with_the_incident_it_joined(store: Store) -> None:
    await store.write(lambda tx: tx.findings.insert(finding(), "INC-0001"))
    assert store.ask(lambda tx: tx.findings.get("F-1")) == finding()
    assert store.ask(lambda tx: tx.findings.incident_of("F-1")) == "INC-0001"
    assert store.ask(lambda tx: (tx.findings.get("F-2"), tx.findings.incident_of("F-2"))) == (None, None)


async def test_findings_are_listed_by_incident(store: Store) -> None:
    def work(tx: Tx) -> None:
        for name, case in (("F-1", "INC-0001"), ("F-2", "INC-0002"), ("F-3", "INC-0001")):
            tx.findings.insert(finding(name), case)

    await store.write(work)
    assert names(store.ask(lambda tx: tx.findings.of("INC-0001"))) == ["F-1", "F-3"]


async def test_the_same_finding_is_accepted_once(store: Store) -> None:
    await store.write(lambda tx: tx.findings.insert(finding(), "INC-0001"))
    with pytest.raises(StaleState):
        await store.write(lambda tx: tx.findings.insert(finding(), "INC-0002"))
    assert store.ask(lambda tx: tx.findings.incident_of("F-1")) == "INC-0001"


async def test_the_latest_incident_of_a_key_is_its_highest_generation(store: Store) -> None:
    def work(tx: Tx) -> None:
        for name, key, generation in (("INC-1", "a", 1), ("INC-3", "a", 10), ("INC-2", "a", 9), ("INC-4", "b", 11)):
            tx.incidents.insert(incident(name, key=key, generation=generation))

    await store.write(work)
    assert store.ask(lambda tx: tx.incidents.latest("a")) == incident("INC-3", key="a", generation=10)
    assert store.ask(lambda tx: tx.incidents.latest("c")) is None


async def test_a_closed_incident_is_not_changed_any_more(store: Store) -> None:
    closed = incident(state=IncidentState.CLOSED, closed_at=NOON)
    await store.write(lambda tx: tx.incidents.insert(incident()))
    await store.write(lambda tx: tx.incidents.save(closed))
    with pytest.raises(StaleState):
        await store.write(lambda tx: tx.incidents.save(incident(title="again")))
    assert store.ask(lambda tx: tx.incidents.all(IncidentState.CLOSED)) == [closed]
    assert store.ask(lambda tx: tx.incidents.all(IncidentState.OPEN)) == []


async def test_a_request_is_changed_only_from_the_state_it_was_read_in(store: Store) -> None:
    await put(store, request())
    await store.write(lambda tx: tx.requests.save(request(state=AUTHORISED), before=RequestState.REQUESTED))
    with pytest.raises(StaleState):
        await store.write(lambda tx: tx.requests.save(request(state=HELD), before=RequestState.REQUESTED))
    assert store.ask(lambda tx: tx.requests.get("AR-0001")) == request(state=AUTHORISED)


async def test_changing_one_request_leaves_the_others(store: Store) -> None:
    await put(store, request("AR-1"), request("AR-2"))
    await store.write(lambda tx: tx.requests.save(request("AR-1", state=HELD), before=RequestState.REQUESTED))
    assert store.ask(lambda tx: tx.requests.get("AR-2")) == request("AR-2")


async def test_changing_what_is_not_there_is_stale(store: Store) -> None:
    with pytest.raises(StaleState):
        await store.write(lambda tx: tx.requests.save(request(), before=RequestState.REQUESTED))


async def test_requests_are_listed_oldest_first_beyond_the_ten_thousandth(store: Store) -> None:
    await put(store, request("AR-10000"), request("AR-9999"), request("AR-0002"), request("AR-10001"))
    in_order = ["AR-0002", "AR-9999", "AR-10000", "AR-10001"]
    assert names(store.ask(lambda tx: tx.requests.of("INC-0001"))) == in_order
    assert names(store.ask(lambda tx: tx.requests.all())) == in_order
    assert names(store.ask(lambda tx: tx.requests.all([RequestState.REQUESTED]))) == in_order


async def test_requests_are_listed_by_their_states(store: Store) -> None:
    await put(store, *(request(f"AR-{state}", state=state) for state in RequestState))
    assert names(store.ask(lambda tx: tx.requests.all({AUTHORISED, HELD}))) == ["AR-held", "AR-authorised"]
    assert len(store.ask(lambda tx: tx.requests.all())) == len(RequestState)


async def test_only_authorised_requests_wait_for_a_lease_of_theirs(store: Store) -> None:
    await put(store, request("AR-1", state=AUTHORISED), request("AR-2", state=HELD), request("AR-3", state=AWAITING))
    await put(store, request("AR-4", state=AUTHORISED), lease_key="lease/y")
    assert names(store.ask(lambda tx: tx.requests.waiting_for("lease/x"))) == ["AR-1"]


async def test_a_person_has_one_vote_on_a_request(store: Store) -> None:
    await store.write(lambda tx: every(tx.votes.insert, vote("ana"), vote("ben")))
    await store.write(lambda tx: tx.votes.insert(vote("ana", request_id="AR-0002")))
    with pytest.raises(StaleState):
        await store.write(lambda tx: tx.votes.insert(vote("ana", kind=VoteKind.DENY)))
    assert store.ask(lambda tx: tx.votes.of("AR-0001")) == [vote("ana"), vote("ben")]


async def test_a_vote_is_replaced_by_its_persons_next(store: Store) -> None:
    await store.write(lambda tx: every(tx.votes.insert, vote("ana"), vote("ben")))
    retracted = vote("ana", retracted_at=NOON)
    await store.write(lambda tx: tx.votes.replace(retracted))
    assert store.ask(lambda tx: tx.votes.of("AR-0001")) == [retracted, vote("ben")]
    with pytest.raises(StaleState):
        await store.write(lambda tx: tx.votes.replace(vote("cleo")))

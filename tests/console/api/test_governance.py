"""The doors of governance: who comes through, what they are shown, and what is kept of it."""

from pathlib import Path

import pytest

from engine import proposal_reports
from engine.control.governance import begin
from engine.errors import StoreUnavailable
from engine.model.base import Json
from engine.policy_file import Policy
from engine.policy_prove import Proof, prove
from engine.ports import Specs
from tests.bench import Bench
from tests.console.api.conftest import BOT, VIEWER, Api

ROOT = Path(__file__).parents[3]
DEMO = (ROOT / "policies" / "demo.yaml").read_text()
CASES = (ROOT / "policies" / "demo.cases.yaml").read_text()
PLAYBOOK = (ROOT / "workflows" / "playbooks" / "known-bad-address.yaml").read_text()
STRICT = DEMO.replace(
    "rules:\n", "rules:\n  - {id: new, kind: raise, to: 4, when: action.impact > 0, because: new}\n", 1
)


PROVED: dict[str, Proof] = {}
"""What was proved of a policy, by its digest: all that a proof depends on here."""


def proved_once(policy: Policy, specs: Specs) -> Proof:
    if policy.digest not in PROVED:
        PROVED[policy.digest] = prove(policy, specs)
    return PROVED[policy.digest]


@pytest.fixture(autouse=True)
def _proved_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proof takes seconds, and all of these tests propose one policy."""
    monkeypatch.setattr(proposal_reports, "prove", proved_once)


@pytest.fixture(autouse=True)
async def started(bench: Bench) -> None:
    """The first start, before anybody comes."""
    await bench.write(lambda tx: begin(tx, bench.parts.given, bench.now))


def body(text: str = STRICT, **more: object) -> Json:
    files: list[object] = [{"name": "mine.yaml", "text": text}]
    given: dict[str, object] = {"files": files, "reason": "tighter", **more}
    return given  # type: ignore[return-value]


async def proposed(api: Api, kind: str = "policy", text: str = STRICT) -> Json:
    answer = await api.post(f"/governance/{kind}/proposals", body(text), person="anna")
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


async def test_a_proposal_carries_what_voters_go_by(api: Api, bench: Bench) -> None:
    answer = await api.post("/governance/policy/proposals", body(cases={"name": "c", "text": CASES}), person="anna")
    reports = answer.json()["reports"]
    assert (reports["diff"]["differences"], reports["diff"]["can_allow_more"]) == (1, 0)
    assert reports["test"]["cases"] > 0
    assert reports["prove"]["holds"] is True
    assert reports["what_if"]["decisions"] == 0
    assert reports["governance"] == {
        "quorum": 2, "groups": ["governance"], "could_vote": ["admin", "lena"], "answerable": False,
    }  # fmt: skip
    shown = await api.get(f"/governance/proposals/{answer.json()['id']}", VIEWER)
    assert shown.json() == answer.json()


async def test_an_unsound_file_is_refused_whole_with_every_place(api: Api, bench: Bench) -> None:
    text = DEMO.replace("policy: demo", "polcy: demo").replace("version: 1", "version: one")
    answer = await api.post("/governance/policy/proposals", body(text), person="anna")
    assert (answer.status_code, answer.json()["exit_code"]) == (422, 2)
    assert len([line for line in answer.json()["title"].splitlines() if line.startswith("mine.yaml:")]) >= 2
    assert (await api.get("/governance/proposals")).json() == {"proposals": [], "next": None}
    assert bench.entries("proposal.opened") == []


async def test_playbooks_are_shown_with_what_they_would_answer_otherwise(api: Api, bench: Bench) -> None:
    found = await proposed(api, "playbooks", PLAYBOOK.replace("\nversion: ", "\nversion: 9"))
    reports = found["reports"]
    assert isinstance(reports, dict) and isinstance(reports["diff"], dict)
    assert [line for line in reports["diff"]["changes"] if "known-bad-address@9" in line]  # type: ignore[union-attr,operator]
    assert found["kind"] == "playbooks"


async def test_cases_belong_to_a_policy(api: Api) -> None:
    answer = await api.post("/governance/playbooks/proposals", body(PLAYBOOK, cases={"name": "c", "text": CASES}))
    assert (answer.status_code, answer.json()["title"]) == (422, "only a policy has cases")


async def test_a_program_may_propose_and_not_vote_and_a_viewer_neither(api: Api, bench: Bench) -> None:
    answer = await api.post("/governance/policy/proposals", body(), BOT)
    assert (answer.status_code, answer.json()["proposer"]) == (200, "siem-bot")
    vote = await api.post(f"/governance/proposals/{answer.json()['id']}/votes", {"kind": "approve"}, BOT)
    assert (vote.json()["accepted"], vote.json()["because"]) == (False, "a bot may not vote")
    assert [entry.actor for entry in bench.entries("vote.refused")] == ["siem-bot"]
    assert (await api.get("/governance/policy/history", "nobody's token")).status_code == 401


async def test_the_last_vote_activates_and_the_door_decides_by_it_from_then_on(api: Api, bench: Bench) -> None:
    found = await proposed(api)
    for person in ("lena", None):
        vote = {"kind": "approve", "digest": found["short_digest"]}
        answer = await api.post(f"/governance/proposals/{found['id']}/votes", vote, person=person)
    assert (answer.json()["state"], answer.json()["approvers"]) == ("activated", ["admin", "lena"])
    assert bench.desks().policy.digest == found["digest"]
    history = (await api.get("/governance/policy/history")).json()["history"]
    assert [(line["came"], line["active"]) for line in history] == [("started", False), ("voted", True)]
    stored = (await api.get("/governance/policy/versions/active")).json()
    assert stored["files"] == [{"name": "mine.yaml", "text": STRICT}]
    back = await api.post("/governance/policy/rollback", {"reason": "too strict"}, person="lena")
    assert (back.json()["state"], back.json()["outcome"]) == ("activated", "approved by lena")
    assert bench.desks().policy.digest == bench.parts.desk.policy.digest


async def test_what_is_unknown_is_not_found(api: Api) -> None:
    assert (await api.get("/governance/proposals/PP-0009")).status_code == 404
    assert (await api.get("/governance/policy/versions/00000000")).status_code == 404
    assert (await api.post("/governance/nonsense/rollback", {"reason": "x"})).status_code == 422


async def test_a_failure_after_it_was_proposed_is_not_answered_again(
    api: Api, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = bench.store.write

    async def away(query: object) -> object:
        raise StoreUnavailable("locked")

    with monkeypatch.context() as failing:

        async def write_and_go(work: object) -> object:
            failing.setattr(bench.store, "read", away)
            return await write(work)  # type: ignore[arg-type]

        failing.setattr(bench.store, "write", write_and_go)
        assert (await api.once("/governance/policy/proposals", body(), "k-1")).status_code == 503
    again = await api.once("/governance/policy/proposals", body(), "k-1")
    assert (again.status_code, again.headers.get("idempotency-replayed")) == (409, None)
    assert "was carried out already" in again.json()["title"]
    assert len(bench.entries("proposal.opened")) == 1

"""What an answer over the API may say."""

import pytest
from pydantic import JsonValue

from engine.model.base import Json
from tests.bench import Bench
from tests.console.api.conftest import Api


async def asked(api: Api) -> str:
    """A block for four minutes, asked for by tom, which takes one approval."""
    body: Json = {"action": "network.block_ip", "target": "10.20.16.114", "reason": "please", "lease_s": 240}
    return str((await api.post("/actions", body, person="tom")).json()["id"])


async def test_a_yes_for_less_is_told_by_whoever_looks(bench: Bench, api: Api) -> None:
    request = await asked(api)
    vote: Json = {"kind": "approve", "reason": "briefly", "lease_s": 60}
    answer = (await api.post(f"/approvals/{request}/votes", vote, person="anna")).json()
    assert (answer["accepted"], answer["agreed_s"]) == (True, 60)
    shown = (await api.get(f"/approvals/{request}")).json()
    assert (shown["lease_s"], shown["agreed_s"], shown["votes"][0]["lease_s"]) == (240, 60, 60)


async def test_a_yes_for_more_is_refused(bench: Bench, api: Api) -> None:
    request = await asked(api)
    vote: Json = {"kind": "approve", "reason": "longer", "lease_s": 241}
    answer = (await api.post(f"/approvals/{request}/votes", vote, person="anna")).json()
    assert (answer["accepted"], "not for more" in answer["because"]) == (False, True)


@pytest.mark.parametrize("lease", [-1, "15m", 1e12, {}])
async def test_what_is_no_time_is_no_vote(bench: Bench, api: Api, lease: JsonValue) -> None:
    request = await asked(api)
    vote: Json = {"kind": "approve", "reason": "?", "lease_s": lease}
    answer = await api.post(f"/approvals/{request}/votes", vote, person="anna")
    assert (answer.status_code, bench.entries("vote.cast")) == (422, [])

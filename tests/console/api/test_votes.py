"""What an answer over the API may say."""

import pytest
from pydantic import JsonValue
from pyotp import TOTP

from console.cli.telling import tell_approval
from engine.model.base import Json
from engine.step_up import new_secret
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


async def test_a_yes_that_counts_no_more_says_why_to_whoever_looks(bench: Bench, api: Api) -> None:
    found = await bench.ask("tom", "host.isolate", "files-02")
    request, people = bench.requests(found.incident_id, "host.isolate")[-1].id, bench.settings.people_file
    await bench.vote(request, "anna")
    people.write_text(people.read_text().replace("[akeller]", "[akeller, files-02]"))
    await bench.respond(found.incident_id)
    shown = (await api.get(f"/approvals/{request}")).json()
    assert (shown["missing"], shown["votes"][0]["struck"]) == (2, "is the account acted on")
    [line] = [line for line in tell_approval(shown) if "approve anna" in line]
    assert line.endswith(", counts no more (is the account acted on): looked at it")


@pytest.mark.parametrize("lease", [-1, "15m", 1e12, {}])
async def test_what_is_no_time_is_no_vote(bench: Bench, api: Api, lease: JsonValue) -> None:
    request = await asked(api)
    vote: Json = {"kind": "approve", "reason": "?", "lease_s": lease}
    answer = await api.post(f"/approvals/{request}/votes", vote, person="anna")
    assert (answer.status_code, bench.entries("vote.cast")) == (422, [])


async def test_a_yes_at_tier_4_takes_the_code_of_whoever_has_one_and_repeats_none(bench: Bench, api: Api) -> None:
    secret, home = new_secret(), bench.settings.home
    (home / "anna.totp").write_text(secret)
    (home / "anna.totp").chmod(0o600)
    people = home / "people.yaml"
    people.write_text(people.read_text().replace("  anna:\n", f"  anna:\n    totp: file:{home}/anna.totp\n", 1))
    found = await bench.ask("tom", "host.isolate", "files-02")
    path = f"/approvals/{bench.requests(found.incident_id, 'host.isolate')[-1].id}/votes"
    code = TOTP(secret).at(bench.now)
    vote: Json = {"kind": "approve", "reason": "lost anyway"}
    refused = [
        await api.post(path, vote, person="anna"),
        await api.post(path, {**vote, "code": "918273"}, person="anna"),
        await api.post(path, {**vote, "code": f"{code}-and-much-too-long"}, person="anna"),
        await api.post(path, {**vote, "code": {"is": code}}, person="anna"),
    ]
    assert [(one.status_code, one.json().get("accepted")) for one in refused] == [(200, False)] * 2 + [(422, None)] * 2
    assert not any(said in one.text for one in refused for said in (code, "918273"))
    assert (await api.post(path, {**vote, "code": code}, person="anna")).json()["accepted"]

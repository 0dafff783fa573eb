"""Findings as lines: the good ones are taken whatever stands beside them, the others kept with their place."""

import json

import httpx
import pytest

from console.api.examples import BODIES
from console.api.lines import MOST
from tests.bench import Bench
from tests.console.api.conftest import BOT, Api

PATH = "/api/v1/findings/lines"
TYPED = {"Authorization": f"Bearer {BOT}", "Content-Type": "application/x-ndjson"}
FINDING = json.dumps(BODIES["/findings"]["findings"][0])  # type: ignore[index]


async def send(api: Api, content: bytes | str, **headers: str) -> httpx.Response:
    return await api.send("POST", PATH, content, TYPED | headers)


async def test_good_lines_are_taken_and_others_kept_with_their_number(api: Api, bench: Bench) -> None:
    answer = await send(api, f"{FINDING}\n\n{{\n{FINDING.replace('0.97', '9.7')}\n{FINDING.replace('4711', '4712')}\n")
    assert answer.status_code == 200
    assert [one["finding_id"] for one in answer.json()["findings"]] == ["edr-4711", "edr-4712"]
    assert [one["line"] for one in answer.json()["refused"]] == [3, 4]
    assert "`confidence`" in answer.json()["refused"][1]["said"]
    assert bench.read(lambda tx: tx.dead_letters.count()) == 2


async def test_lines_sent_again_change_nothing(api: Api, bench: Bench) -> None:
    await send(api, FINDING)
    assert (await send(api, FINDING)).json()["findings"][0]["duplicate"] is True
    assert len(bench.read(lambda tx: tx.findings.all())) == 1


@pytest.mark.parametrize("content", ["", "\n\n", b"\xff", "{}\n" * (MOST + 1)])
async def test_what_is_no_lines_is_refused_whole(api: Api, bench: Bench, content: bytes | str) -> None:
    assert (await send(api, content)).status_code == 422
    assert bench.read(lambda tx: tx.dead_letters.count()) == 0


async def test_another_kind_of_content_is_refused(api: Api) -> None:
    assert (await send(api, FINDING, **{"Content-Type": "application/json"})).status_code == 415


async def test_a_person_who_sends_lines_vouches_for_them(api: Api, bench: Bench) -> None:
    await send(
        api,
        FINDING,
        **{"X-Fireline-As": "anna", "Authorization": f"Bearer {bench.settings.token_file.read_text().strip()}"},
    )
    assert bench.read(lambda tx: tx.findings.all())[0].submitter == "anna"

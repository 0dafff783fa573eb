"""Evidence at its doors: receipts, by incident, and never what was taken."""

from tests.bench import Bench
from tests.console.api.conftest import VIEWER, Api


async def capture(bench: Bench, target: str) -> str:
    asked = await bench.ask(action="evidence.capture", target=target, kind="processes")
    await bench.settle(asked.incident_id)
    return asked.incident_id


async def test_receipts_are_listed_and_those_of_one_incident_by_themselves(api: Api, bench: Bench) -> None:
    first, second = await capture(bench, "ws-203"), await capture(bench, "ws-114")
    listed = (await api.get("/evidence", token=VIEWER)).json()["evidence"]
    assert [(one["target"], one["incidents"]) for one in listed] == [("ws-203", [first]), ("ws-114", [second])]
    assert (await api.get(f"/evidence?incident={second}")).json()["evidence"] == listed[1:]
    assert (await api.get(f"/evidence/{listed[0]['id']}")).json() == listed[0]
    assert (listed[0]["kind"], listed[0]["truncated"], listed[0]["executor"]) == ("processes", False, "simulated")


async def test_what_is_no_evidence_is_not_found(api: Api, bench: Bench) -> None:
    block = await bench.ask("tom")
    await bench.respond(block.incident_id)
    for lease in ("L-0001", "L-9999"):
        answer = await api.get(f"/evidence/{lease}")
        assert (answer.status_code, answer.json()["title"]) == (404, f"there is no evidence `{lease}`")
    assert (await api.get("/evidence")).json() == {"evidence": [], "next": None}

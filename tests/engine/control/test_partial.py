"""What was done only in part is in force, recorded target by target, and people are told."""

from actions.simulators.faults import FaultKind
from engine.model.request import RequestState
from tests.bench import Bench

FIRST, SECOND = "<20261121.0007@mail.example>", "<20261121.0008@mail.example>"


async def test_a_partial_success_is_recorded_target_by_target_and_people_are_paged(bench: Bench) -> None:
    bench.site.faults.switch_on(FaultKind.PARTLY)
    asked = await bench.ask(action="mail.quarantine", target=FIRST, messages=[FIRST, SECOND])  # type: ignore[arg-type]
    await bench.settle(asked.incident_id)
    assert bench.request(asked.id).state is RequestState.HELD
    [active] = bench.entries("lease.active")
    parts = active.body["receipt"]["parts"]  # type: ignore[index, call-overload]
    assert parts[FIRST] == "done"  # type: ignore[index, call-overload]
    assert parts[SECOND] != "done"  # type: ignore[index, call-overload]
    [paged] = bench.entries("page")
    assert str(paged.body["text"]).startswith(f"mail.quarantine on {FIRST} was done in part: 1 of 2 targets not, `")

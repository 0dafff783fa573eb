"""An effect that does harm, in a real engine that is killed in the middle of stepping down."""

from pathlib import Path

from actions.simulators.events import Op
from actions.simulators.faults import FaultKind
from engine.model.base import Json
from tests.processes import Up, run_here, until

DEMO = Path(__file__).parents[3] / "policies" / "demo.yaml"
TARGET = "203.0.113.7"
HARM = f"""
harm:
  every: 5s
  probes:
    - {{id: partner, kind: command, command: reaches, arguments: [files-01, {TARGET}], because: business}}
"""


def lease_in(engine: Up, state: str) -> Json | None:
    found = engine.ask("leases", "list")["leases"]
    assert isinstance(found, list)
    return next((lease for lease in found if isinstance(lease, dict) and lease["state"] == state), None)


def happened(engine: Up, op: Op) -> int:
    return sum(event.op is op and event.target == TARGET for event in engine.site.history())


def test_killed_in_the_middle_of_a_step_down_it_is_done_once(tmp_path: Path) -> None:
    policy = tmp_path / "harmful.yaml"
    policy.write_text(DEMO.read_text() + HARM)
    begin = ("up", "--policy", str(policy), "--site", "demo")
    engine = Up(tmp_path / "home", *begin)
    engine.site.faults.switch_on(FaultKind.RELEASE_FAILS)
    engine.ask("actions", "request", "network.block_ip", "--target", TARGET, "--lease", "5m", "--reason", "scanning")
    stuck = until(lambda: lease_in(engine, "stuck"), "it steps down, and its release fails")
    engine.kill()
    engine.site.faults.clear()
    again = Up(engine.home, *begin)
    until(lambda: lease_in(again, "released"), "it is released")
    pages = again.ask("pages", "list")["pages"]
    assert again.interrupt() == 0
    assert stuck["harm"] == {"probes": ["partner"], "failing": ["partner"], "over": "it did harm"}
    assert isinstance(pages, list)
    assert [page["kind"] for page in pages if isinstance(page, dict)].count("harm") == 1
    assert (happened(again, Op.PLACED), happened(again, Op.RELEASED)) == (1, 1)
    assert run_here(again.home, "ledger", "verify").returncode == 0

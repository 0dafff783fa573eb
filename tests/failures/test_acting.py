"""Acting and letting go: what others did twice, for ever, or before they knew."""

from datetime import timedelta

import pytest

from actions.simulators.faults import FaultKind
from console.cli.simulation import SITE
from engine.control.doors import release_lease
from engine.control.freezing import freeze
from engine.control.hypothetical import suppose
from engine.control.lease import LeasePath
from engine.control.moves import key_of
from engine.model.execution import Apply, Inspect
from engine.model.finding import Finding
from engine.store.store import Store
from tests.bench import Bench
from tests.failures.conftest import SECOND, in_force, placed


async def test_an_effect_parked_before_a_restart_is_released_after_it(bench: Bench) -> None:
    """A parked run could not be released once the server had restarted."""
    lease = await in_force(bench)
    bench.store.close()
    bench.store = Store(bench.settings.database_url)
    anna = bench.person("anna")
    await bench.write(lambda tx: release_lease(tx, anna, lease.id, "let go", bench.now))
    await bench.carry(lease.key)
    assert await bench.standing() == []


async def test_approving_runs_no_earlier_step_again(bench: Bench, exfiltration: Finding) -> None:
    """Approving ran the steps before the question a second time."""
    incident = await bench.feed(exfiltration)
    request = bench.requests(incident, "host.isolate")[-1]
    before = placed(bench)
    for name in ("anna", "samir"):
        await bench.vote(request.id, name)
        await bench.respond(incident)
    assert placed(bench) == [*before, "files-02"]
    assert len(bench.entries("plan.built")) == 1


async def test_an_action_whose_worker_died_does_not_stay_running_for_ever(bench: Bench) -> None:
    """st2 4716: it stayed *running* after its worker had died. We ask the target what was done."""
    request = await bench.ask("tom")
    order = await bench.write(lambda tx: LeasePath(tx, bench.desk, key_of(request), bench.now).advance(None))
    assert isinstance(order.command, Apply)
    await bench.parts.hands[SITE].apply(order.command.work)
    # Its answer never came: whoever takes over has nothing but the key.
    again = await bench.write(lambda tx: LeasePath(tx, bench.desk, key_of(request), bench.now).advance(None))
    assert isinstance(again.command, Inspect)
    await bench.carry(key_of(request))
    assert bench.request(request.id).state == "held"
    assert placed(bench) == [request.target]


async def test_a_lost_answer_does_not_place_a_second_effect(bench: Bench) -> None:
    """Tracecat 3266: a lost heartbeat sent a side effect again, with no idempotency key."""
    bench.site.faults.switch_on(FaultKind.APPLY_BUT_TIME_OUT, times=1)
    lease = await in_force(bench)
    assert (lease.state, placed(bench)) == ("active", [lease.target])
    assert list(await bench.site.owned()) == [lease.owner]


async def test_an_effect_is_let_go_early(bench: Bench) -> None:
    """Wazuh 1491: a block could not be lifted before its time."""
    lease = await in_force(bench)
    assert lease.expires_at is not None
    assert lease.expires_at > bench.now + 10 * SECOND
    await bench.write(lambda tx: release_lease(tx, bench.person("anna"), lease.id, "our scanner", bench.now))
    await bench.carry(lease.key)
    assert await bench.standing() == []


async def test_what_exempts_one_target_exempts_nothing_else(bench: Bench) -> None:
    """Wazuh 4422: an allow-list entry suppressed every action of the event, harmless ones too."""
    await bench.write(
        lambda tx: freeze(tx, bench.desk, bench.person("tom"), "target:203.0.113.7", "x", None, bench.now)
    )
    assert (await bench.ask(target="203.0.113.7")).state == "denied"
    assert (await bench.ask(target="203.0.113.8")).state == "authorised"
    assert (await bench.ask(action="notify", target="203.0.113.7", text="seen")).state == "authorised"


async def test_what_was_done_before_weighs_no_longer_than_its_window(bench: Bench) -> None:
    """Wazuh 15171: repeat offenders were remembered until the next restart, and only then forgotten."""
    lease = await in_force(bench)
    await bench.later(60 * SECOND)
    await bench.carry(lease.key)
    bench.store.close()
    bench.store = Store(bench.settings.database_url)
    scope = bench.read(lambda tx: tx.budgets.usage("", bench.now).points_hour)
    await bench.later(timedelta(hours=1))
    assert scope > bench.read(lambda tx: tx.budgets.usage("", bench.now).points_hour) == 0


async def test_the_state_is_written_before_the_effect_and_a_failed_write_lets_nothing_happen(bench: Bench) -> None:
    """stratus: state was written after the effect, and a failed write only warned."""
    request = await bench.ask("tom")
    order = await bench.write(lambda tx: LeasePath(tx, bench.desk, key_of(request), bench.now).advance(None))
    assert isinstance(order.command, Apply)
    assert placed(bench) == []
    assert [entry.kind for entry in bench.entries("lease.committed")] == ["lease.committed"]
    other = await bench.ask("tom", target="203.0.113.8")
    bench.store.close()
    with pytest.raises(Exception, match="closed"):
        await bench.respond(other.incident_id)
    assert placed(bench) == []


async def test_a_dry_run_runs_every_check_and_leaves_nothing(bench: Bench, exfiltration: Finding) -> None:
    """Falco Talon: the dry run returned before the checks."""
    seen = bench.read(lambda tx: suppose(tx, bench.desk, exfiltration, "host.isolate", "files-02", {}, bench.now))
    assert [check.check for check in seen.checks] == [check.id for check in bench.desk.checks]
    assert [check.check for check in seen.stopped_by] == ["legitimate-flows"]
    assert placed(bench) == []
    assert bench.read(lambda tx: tx.requests.all()) == []

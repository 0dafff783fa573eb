"""Failures that other products shipped, each tried against our path; docs/failures-of-others.md lists them all.

What another test holds already is not tried again here: the page names that test.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from actions.simulators.events import Op
from actions.simulators.faults import FaultKind
from console.api.app import build_app
from console.api.backend import Backend
from console.cli.simulation import SITE
from console.clock import now
from detectors.generators import alerts
from engine.control.doors import freeze, release_lease
from engine.control.hypothetical import suppose
from engine.control.lease import LeasePath
from engine.control.moves import key_of
from engine.errors import InvalidInput
from engine.model.execution import Apply, Inspect
from engine.model.finding import Finding
from engine.model.lease import Lease
from engine.model.request import Request
from engine.playbook_file import parse_playbook
from engine.store.store import Store
from tests.bench import Bench, findings, on_bench

SECOND = timedelta(seconds=1)
WORKSTATIONS = ("10.20.16.114", "10.20.16.115")
"""A block of one of these takes one approver."""


@pytest.fixture
async def bench(home: Path) -> AsyncIterator[Bench]:
    with on_bench(home, now()) as made:
        await made.later(timedelta(0))
        yield made


@pytest.fixture
def exfiltration(bench: Bench, tmp_path: Path) -> Finding:
    return findings(alerts.exfiltration(bench.now), tmp_path)[0]


async def asked(bench: Bench, target: str = WORKSTATIONS[0]) -> Request:
    request = await bench.ask("tom", target=target)
    assert request.state == "awaiting_approval"
    return request


async def in_force(bench: Bench, target: str = "203.0.113.7") -> Lease:
    request = await bench.ask("tom", target=target)
    await bench.respond(request.incident_id)
    return next(lease for lease in bench.read(lambda tx: tx.leases.live()) if lease.target == target)


def placed(bench: Bench) -> list[str]:
    return [event.target for event in bench.site.history() if event.op is Op.PLACED]


async def test_following_a_link_never_votes(bench: Bench) -> None:
    """n8n 27870: link previews and bots approved by a GET."""
    request = await asked(bench)

    async def ready() -> bool:
        return True

    backend = Backend(
        bench.store, lambda: bench.desk, lambda: bench.now, bench.parts.ledger_key, bench.settings.home, ready
    )
    token = bench.settings.token_file.read_text().strip()
    headers = {"Authorization": f"Bearer {token}", "X-Fireline-As": "anna"}
    transport = httpx.ASGITransport(build_app(backend))
    async with httpx.AsyncClient(transport=transport, base_url="http://engine/api/v1", headers=headers) as visitor:
        for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE"):
            for path in ("votes", "votes?kind=approve&reason=yes", "approve", ""):
                await visitor.request(method, f"/approvals/{request.id}/{path}")
    await bench.respond(request.incident_id)
    assert bench.read(lambda tx: tx.votes.of(request.id)) == []
    assert bench.request(request.id).state == "awaiting_approval"


async def test_an_answer_faster_than_the_wait_is_not_lost(bench: Bench) -> None:
    """st2 4135: an answer that came before anybody waited for it was dropped."""
    request = await asked(bench)
    await bench.vote(request.id, "anna")
    # Only now does the incident's workflow look for the first time.
    await bench.respond(request.incident_id)
    assert bench.request(request.id).state == "held"


async def test_parallel_waits_never_cross(bench: Bench) -> None:
    """Shuffle 1588: an answer to one question was taken for another's."""
    first, second = await asked(bench), await asked(bench, WORKSTATIONS[1])
    crossed = await bench.vote(second.id, "anna", digest=first.digest)
    assert not crossed.accepted
    await bench.vote(first.id, "anna", digest=first.digest)
    for request in (first, second):
        await bench.respond(request.incident_id)
    assert (bench.request(first.id).state, bench.request(second.id).state) == ("held", "awaiting_approval")
    assert placed(bench) == [WORKSTATIONS[0]]


async def test_one_person_is_counted_once_by_whatever_ways(bench: Bench, exfiltration: Finding) -> None:
    """superplane 1785, and a Vault flaw: one person twice made a quorum of two."""
    incident = await bench.feed(exfiltration)
    request = bench.requests(incident, "host.isolate")[-1]
    answers = await asyncio.gather(*(bench.vote(request.id, "samir") for _ in range(10)))
    await bench.respond(incident)
    assert sum(answer.accepted for answer in answers) == 1
    assert bench.request(request.id).state == "awaiting_approval"


async def test_who_requested_it_may_not_approve_it(bench: Bench) -> None:
    """StackStorm: whoever may run the workflow may approve it."""
    request = await asked(bench)
    assert "requested this action" in (await bench.vote(request.id, "tom")).because


async def test_who_fed_the_finding_by_hand_may_not_approve_its_action(bench: Bench, exfiltration: Finding) -> None:
    """The insider's way around the rule before."""
    incident = await bench.feed(exfiltration.model_copy(update={"submitter": "jonas"}))
    request = bench.requests(incident, "host.isolate")[-1]
    assert not (await bench.vote(request.id, "jonas")).accepted


async def test_anyone_who_can_see_it_may_not_therefore_approve_it(bench: Bench) -> None:
    """Tracecat: anyone in the channel could click."""
    request = await asked(bench)
    assert (
        "neither an approver" in (await bench.vote(request.id, "siem-bot")).because
        or "bot" in (await bench.vote(request.id, "siem-bot")).because
    )
    assert bench.read(lambda tx: tx.votes.of(request.id)) == []


async def test_what_is_approved_is_what_is_done_and_the_record_holds_it(bench: Bench) -> None:
    """Tracecat: an approver could change the arguments, and the record left the approved ones out."""
    request = await asked(bench)
    await bench.vote(request.id, "anna")
    await bench.respond(request.incident_id)
    requested = next(e for e in bench.entries("request.requested") if e.subject == f"request/{request.id}")
    committed = bench.entries("lease.committed")[0]
    assert requested.body["params"] == request.params
    assert committed.body["approved"] == request.digest == bench.entries("vote.cast")[0].body["digest"]


async def test_a_question_nobody_answers_ends(bench: Bench) -> None:
    """Tracecat: no expiry at all."""
    request = await asked(bench)
    assert request.deadline is not None
    await bench.later(request.deadline - bench.now)
    await bench.respond(request.incident_id)
    assert bench.request(request.id).state == "expired"
    assert placed(bench) == []


async def test_a_no_is_never_counted_as_success(bench: Bench) -> None:
    """SOARCA: a human's failure ended the step well."""
    request = await asked(bench)
    await bench.vote(request.id, "anna", "deny")
    await bench.vote(request.id, "jonas", "approve")
    await bench.later(61 * SECOND)
    await bench.respond(request.incident_id)
    assert bench.request(request.id).state == "rejected"
    assert placed(bench) == []


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


async def test_two_rounds_of_one_step_are_two_in_the_record(bench: Bench) -> None:
    """SOARCA: a step visited twice was recorded once."""
    for _ in range(2):
        lease = await in_force(bench)
        await bench.later(30 * SECOND)
        await bench.carry(lease.key)
    assert [entry.subject for entry in bench.entries("lease.active")] == ["lease/L-0001", "lease/L-0002"]
    assert len(placed(bench)) == 2


async def test_the_record_keeps_every_event_under_load(bench: Bench) -> None:
    """Tracecat: the audit stream dropped events under load."""
    requests = await asyncio.gather(*(bench.ask(target=f"203.0.113.{n}") for n in range(1, 101)))
    recorded = {entry.subject for entry in bench.entries("request.requested")}
    assert recorded == {f"request/{request.id}" for request in requests}


async def test_no_incident_sees_the_values_of_another(bench: Bench, exfiltration: Finding, tmp_path: Path) -> None:
    """SOARCA: variables written into a shared definition leaked one run's host into the next."""
    beacon = findings(alerts.beaconing(bench.now, beats=1), tmp_path)[0]
    first, second = await bench.feed(exfiltration), await bench.feed(beacon)
    again = await bench.feed(exfiltration.model_copy(update={"id": "again", "time": bench.now}))
    targets = {
        incident: {
            request.target for request in bench.read(lambda tx: tx.requests.all()) if request.incident_id == incident
        }
        for incident in (first, second)
    }
    assert targets == {first: {"files-02", "203.0.113.44"}, second: {"198.51.100.23"}}
    assert again == first


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("{name: do, kind: http, action: network.block_ip, target: x, because: y}", "kind"),
        ("{name: do, action: network.teleport, target: x, because: y}", "network.teleport"),
        ("{name: do, action: network.block_ip, because: y}", "target"),
        ("{name: do, action: network.block_ip, target: '', because: y}", "target"),
    ],
)
def test_a_step_of_an_unknown_kind_or_without_a_target_refuses_the_playbook(bench: Bench, step: str, said: str) -> None:
    """SOARCA: unknown step types succeeded in silence, and an action without targets reported success."""
    text = f"playbook: p\nversion: 1\ndescription: d\nowner: o\nwhen: 'true'\nsteps:\n  - {step}\n"
    with pytest.raises(InvalidInput, match=said):
        parse_playbook(text, "p.yaml", bench.desk.specs)


@pytest.mark.parametrize("target", ["", " ", "; rm -rf /", "$(id)", "203.0.113.7; drop", "203.0.113.7\n", "{{ x }}"])
async def test_a_target_never_becomes_a_command_or_a_template(bench: Bench, target: str) -> None:
    """Values were written into shell lines, JSON and URLs."""
    with pytest.raises(InvalidInput):
        await bench.ask(target=target)
    assert bench.read(lambda tx: tx.requests.all()) == []


async def test_a_dry_run_runs_every_check_and_leaves_nothing(bench: Bench, exfiltration: Finding) -> None:
    """Falco Talon: the dry run returned before the checks."""
    seen = bench.read(lambda tx: suppose(tx, bench.desk, exfiltration, "host.isolate", "files-02", {}, bench.now))
    assert [check.check for check in seen.checks] == [check.id for check in bench.desk.checks]
    assert [check.check for check in seen.stopped_by] == ["legitimate-flows"]
    assert placed(bench) == []
    assert bench.read(lambda tx: tx.requests.all()) == []


def test_the_page_names_tests_that_are_there() -> None:
    root = Path(__file__).parent
    page = (root.parent / "docs" / "failures-of-others.md").read_text()
    written = "\n".join(file.read_text() for file in root.rglob("*.py"))
    named = re.findall(r"`(test_\w+)`", page)
    assert len(named) > 25
    assert [name for name in named if f"def {name}(" not in written] == []
    assert [path for path in re.findall(r"`(tests/[\w/.]+)`", page) if not (root.parent / path).exists()] == []

"""Other effects in force count, whatever action they are of."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import Engine, event

from engine.control.elsewhere import cut_off
from engine.control.moves import key_of
from engine.model.request import Request
from tests.bench import Bench


@contextmanager
def statements() -> Iterator[list[str]]:
    """What the database is asked meanwhile."""
    asked = list[str]()

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield asked
    event.remove(Engine, "before_cursor_execute", note)


async def approved(bench: Bench, action: str, target: str) -> Request:
    request = await bench.ask(action=action, target=target)
    for person in ("anna", "samir"):
        await bench.vote(request.id, person)
    await bench.respond(request.incident_id)
    return bench.request(request.id)


@pytest.fixture(autouse=True)
def _idle(bench: Bench) -> None:
    """No flow stands in the way."""
    bench.without_check("legitimate-flows")


async def test_the_other_half_of_a_pair_is_not_cut_by_another_action(bench: Bench) -> None:
    assert (await approved(bench, "host.isolate", "files-02")).state == "held"
    other = await bench.ask(action="network.block_ip", target="10.20.4.18")
    assert (other.state, other.outcome) == ("denied", "would hit several of orders-db: files-02, files-03")


async def test_nor_does_it_stop_others_once_it_is_over(bench: Bench) -> None:
    first = await approved(bench, "host.isolate", "files-02")
    await bench.later(timedelta(hours=2))
    await bench.carry(key_of(first))
    assert await bench.standing() == []
    other = await bench.ask(action="network.block_ip", target="10.20.4.18")
    assert other.state == "awaiting_approval"


async def test_one_port_between_two_hosts_cuts_no_half_off(bench: Bench) -> None:
    narrow = await bench.ask(action="network.block_ip", target="10.20.4.17", host="10.20.16.114", port=443)
    await bench.respond(narrow.incident_id)
    assert bench.request(narrow.id).state == "held"
    assert (await bench.ask(action="host.isolate", target="files-03")).state == "awaiting_approval"


async def test_what_is_cut_off_is_looked_up_for_a_host_with_a_part_and_for_no_other(bench: Bench) -> None:
    assert (await approved(bench, "host.isolate", "ws-127")).state == "held"
    collector = await bench.ask(action="host.isolate", target="siem-01")
    desk = await bench.ask(action="host.isolate", target="ws-114")
    assert bench.read(lambda tx: cut_off(tx, bench.desk, collector)) == ("ws-127",)
    assert bench.read(lambda tx: cut_off(tx, bench.desk, desk)) == ()


async def test_a_host_on_which_nobody_depends_takes_no_more_looks_however_much_stands(bench: Bench) -> None:
    assert (await approved(bench, "host.contain_ports", "lab-07")).state == "held"
    with statements() as beside_one:
        await bench.ask(action="host.contain_ports", target="ws-114")
    for target in ("ws-127", "ws-203"):
        assert (await approved(bench, "host.isolate", target)).state == "held"
    with statements() as beside_three:
        await bench.ask(action="host.contain_ports", target="kiosk-01")
    assert beside_three == beside_one

"""Other effects in force count, whatever action they are of."""

from datetime import timedelta

import pytest

from engine.control.moves import key_of
from engine.model.request import Request
from tests.bench import Bench


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

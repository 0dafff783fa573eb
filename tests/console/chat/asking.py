"""More questions of one incident, and questions in the place of others."""

from engine.control.moves import move_request
from engine.control.request_path import RequestPath, new_request
from engine.model.base import Json
from engine.model.request import Request, RequestState
from engine.store.tx import Tx
from tests.bench import Bench


async def beside(bench: Bench, asked: Request, target: str) -> Request:
    """Another block that the same person asks for in the same incident."""

    def work(tx: Tx) -> Request:
        params: Json = {**asked.params, "target": target}
        more = new_request(asked, tx.counters.next("AR"), bench.now, target=target, params=params)
        return path_of(bench, tx, asked).open(more)

    return await bench.write(work)


async def several(bench: Bench, count: int) -> list[Request]:
    """So many blocks that are asked for in one incident."""
    first = await bench.ask("tom", target="10.20.16.101")
    more = [await beside(bench, first, f"10.20.16.{101 + number}") for number in range(1, count)]
    return [bench.request(one.id) for one in (first, *more)]


async def again(bench: Bench, asked: Request, *changed: str) -> Request:
    """The same asked anew, because something changed since; what is asked now."""

    def work(tx: Tx) -> None:
        old = move_request(tx, bench.request(asked.id), RequestState.SUPERSEDED, bench.now, {"changed": [*changed]})
        path_of(bench, tx, asked).ask_again(old, old.params, changed)

    await bench.write(work)
    return bench.read(lambda tx: tx.requests.of(asked.incident_id))[-1]


def path_of(bench: Bench, tx: Tx, asked: Request) -> RequestPath:
    incident = tx.incidents.get(asked.incident_id)
    assert incident is not None
    return RequestPath(tx, bench.desks(tx), incident, bench.now)

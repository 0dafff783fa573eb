"""A process that says on its standard output which writes were acknowledged to it, until it is killed."""

import os
import sys
from concurrent.futures import Future
from functools import partial
from itertools import count

from engine.store.store import Store
from engine.store.tx import Tx
from tests.engine.store.samples import draft, incident


def work(number: int, tx: Tx) -> None:
    """One row, and two entries of which one belongs to a subject that others write to as well."""
    tx.incidents.insert(incident(f"INC-{number}", key=f"host:{number}"))
    tx.record(draft(f"incident/{number}", number))
    tx.record(draft("everybody", number))


def acknowledge(number: int, done: "Future[None]") -> None:
    """Say so, in the writer's own thread, as soon as it says so."""
    done.result()
    os.write(1, b"%d\n" % number)


def main(url: str) -> None:
    """Write as fast as it goes, a few hundred at once."""
    store = Store(url)

    for number in count():
        done = store._writer.submit(partial(work, number))
        done.add_done_callback(partial(acknowledge, number))
        if number % 300 == 299:
            done.result()


if __name__ == "__main__":
    main(sys.argv[1])

"""The order of release as a table: what others need comes first, then what of one incident was laid last."""

import pytest

from engine.control.release_order import Standing, release_order
from tests.bench import Bench

ONE = frozenset({"INC-0001"})
TWO = frozenset({"INC-0002"})


def on(target: str, incidents: frozenset[str] = frozenset()) -> Standing:
    return Standing(f"L-{target}", target, incidents)


@pytest.mark.parametrize(
    ("latest_first", "order"),
    [
        ([], {}),
        ([on("laptop-1"), on("laptop-2")], {"L-laptop-1": (), "L-laptop-2": ()}),
        ([on("laptop-1", ONE), on("laptop-2", ONE)], {"L-laptop-1": (), "L-laptop-2": ("L-laptop-1",)}),
        ([on("laptop-1", ONE), on("laptop-2", TWO)], {"L-laptop-1": (), "L-laptop-2": ()}),
        # The application was cut last, but works again only once its database does.
        ([on("orders-api"), on("files-02")], {"L-files-02": (), "L-orders-api": ("L-files-02",)}),
        ([on("orders-api", ONE), on("files-02", ONE)], {"L-files-02": (), "L-orders-api": ("L-files-02",)}),
        ([on("laptop-1", ONE), on("orders-api", TWO), on("files-02", ONE)],
         {"L-laptop-1": (), "L-files-02": ("L-laptop-1",), "L-orders-api": ("L-files-02",)}),
    ],
)  # fmt: skip
def test_order(bench: Bench, latest_first: list[Standing], order: dict[str, tuple[str, ...]]) -> None:
    found = release_order(bench.desk.context, latest_first)
    assert (dict(found), [*found]) == (order, [*order])


def test_an_address_stands_for_the_asset_that_has_it(bench: Bench) -> None:
    database = next(asset for asset in bench.desk.context.assets() if asset.name == "files-02")
    address = str(database.addresses[0])
    assert [*release_order(bench.desk.context, [on("orders-api"), on(address)])] == [f"L-{address}", "L-orders-api"]

"""By what a target may be meant, and whether one of a list of things is it."""

from pathlib import Path

import pytest

from engine.context.file import load
from engine.context.static import StaticContext
from engine.model.base import Json
from engine.ports import Context
from engine.scopes import covers, instant, names_of

SITE = Path(__file__).parents[2] / "actions" / "simulators" / "sites" / "demo.yaml"


@pytest.fixture(scope="module")
def place() -> Context:
    """Demo's company, where files-02 has another address besides."""
    site = load(SITE)
    more = [
        asset.model_copy(update={"addresses": (*asset.addresses, "fd00::17")}) if asset.name == "files-02" else asset
        for asset in site.assets
    ]
    return StaticContext(site.model_copy(update={"assets": tuple(more)}), {})


@pytest.mark.parametrize(
    ("targets", "names"),
    [
        (("files-02",), ["10.20.4.17", "fd00::17", "files-02"]),
        (("FILES-02.",), ["10.20.4.17", "fd00::17", "files-02"]),
        (("10.20.4.17",), ["10.20.4.17", "fd00::17", "files-02"]),
        (("::ffff:10.20.4.17",), ["10.20.4.17", "fd00::17", "files-02"]),
        (("203.0.113.44",), ["203.0.113.44"]),
        (("nobody", None, ""), ["nobody"]),
        ((None,), []),
        (("10.20.4.17/32",), ["10.20.4.17", "fd00::17", "files-02"]),
    ],
)
def test_a_host_is_meant_by_its_name_and_every_address(
    targets: tuple[str | None, ...], names: list[str], place: Context
) -> None:
    assert [*names_of(place, *targets)] == names


def test_a_network_is_meant_by_the_names_of_what_stands_in_it(place: Context) -> None:
    names = names_of(place, "10.20.4.0/24")
    assert {"10.20.4.0/24", "files-02", "bkp-02"} <= {*names}
    assert "10.20.4.17" not in names


@pytest.mark.parametrize(
    ("things", "names", "covered"),
    [
        (["files-02"], ["files-02"], True),
        (["FILES-02"], ["files-02"], True),
        (["files-0"], ["files-02"], False),
        (["10.20.4.0/24"], ["10.20.4.17"], True),
        (["10.20.4.17"], ["10.20.4.0/24"], True),
        (["10.20.4.0/24"], ["10.20.5.1"], False),
        (["0.0.0.0/0"], ["fd00::17"], False),
        (["::ffff:10.20.4.0/120"], ["10.20.4.17"], True),
        ([], ["files-02"], False),
        (["files-02"], [], False),
    ],
)
def test_covers(things: list[str], names: list[str], covered: bool) -> None:
    assert covers(things, names) is covered


@pytest.mark.parametrize(
    ("now", "known"),
    [
        ("2026-11-20T01:00:00+00:00", True),
        ("2026-11-20T01:00:00", False),
        ("", False),
        ("soon", False),
        (None, False),
        (7, False),
    ],
)
def test_an_instant_is_known_or_not(now: str | int | None, known: bool) -> None:
    facts: Json = {"time.now": now}
    assert (instant(facts) is not None) is known

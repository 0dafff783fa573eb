"""The context file: read with positions, checked against itself, moved and shifted."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.context.file import ContextFile, load
from engine.errors import InvalidFile, InvalidInput
from engine.model.context import Criticality

DEMO = Path(__file__).parents[3] / "actions" / "simulators" / "sites" / "demo.yaml"
LATER = datetime(2027, 2, 3, 4, 5, tzinfo=UTC)


def refused(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "site.yaml"
    path.write_text(text)
    with pytest.raises(InvalidFile) as caught:
        load(path)
    return [str(problem).removeprefix(f"{tmp_path}/") for problem in caught.value.problems]


def test_the_shipped_site_loads() -> None:
    site = load(DEMO)
    assert {asset.name for asset in site.assets} >= {"files-01", "files-02", "files-03", "bkp-02", "dc-01", "dc-02"}
    assert all(asset.criticality is not Criticality.UNKNOWN for asset in site.assets)


def test_an_empty_file_is_a_place_nothing_is_known_of(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text("")
    assert load(path) == ContextFile()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("assets:\n  - name: a\n    colour: red\n", "site.yaml:3:5: unknown key `assets.0.colour`"),
        ("assets:\n  - {name: a}\n  - {name: A}\n", "site.yaml:3:12: `A` is named twice"),
        ("assets:\n  - {name: a, addresses: [10.0.0.900]}\n", "site.yaml:2:27: `10.0.0.900` is no address"),
        (
            "assets:\n  - {name: a, addresses: [10.0.0.1]}\n  - {name: b, addresses: ['::ffff:10.0.0.1']}\n",
            "site.yaml:3:27: `::ffff:10.0.0.1` is named twice",
        ),
        ("assets:\n  - {name: a, depends_on: [b]}\n", "site.yaml:2:28: no asset or service `b`"),
        ("assets:\n  - {name: a, segment: x}\n", "site.yaml:2:24: no segment `x`"),
        ("identities: [{name: a}, {name: a}]\n", "site.yaml:1:32: `a` is named twice"),
        (
            "indicators:\n  - {type: ip, value: 192.0.2.1, origin: o, owner: ' ', seen_at: 2026-01-01T00:00:00Z,"
            " confidence: 0.5}\n",
            "site.yaml:2:52: must not be empty: it tells independent origins from copies",
        ),
        (
            "indicators:\n  - {type: ip, value: 192.0.2.1, origin: o, owner: w, seen_at: 2026-01-01T00:00:00Z,"
            " confidence: 95}\n",
            "site.yaml:2:98: must be between 0 and 1",
        ),
        (
            "flows:\n  - {at: 2026-01-01T00:00:00Z, source: a, destination: b, port: 70000}\n",
            "site.yaml:2:65: must be between 0 and 65535",
        ),
    ],
)
def test_what_is_wrong_is_refused_at_its_place(tmp_path: Path, text: str, message: str) -> None:
    assert refused(tmp_path, text) == [message]


def test_a_naive_time_is_refused(tmp_path: Path) -> None:
    (problem,) = refused(tmp_path, "as_of: 2026-11-21T03:00:00\n")
    assert problem.startswith("site.yaml:1:8: `as_of`: input should have timezone info")


def test_a_moved_job_ends_on_one_host_and_begins_on_the_other() -> None:
    site = load(DEMO)
    moved = site.with_job_moved("nightly-backup", "files-02", LATER)
    assert moved.job("nightly-backup").source == "files-02"
    assert [(job.source, job.since, job.until) for job in moved.jobs if job.name == "nightly-backup"] == [
        ("files-01", None, LATER),
        ("files-02", LATER, None),
    ]
    assert [(flow.source, flow.destination, flow.port, flow.tag) for flow in moved.flows] == [
        ("files-02", "bkp-02", 8400, "backup")
    ]


def test_a_job_may_move_back() -> None:
    there = load(DEMO).with_job_moved("nightly-backup", "files-02", LATER)
    back = there.with_job_moved("nightly-backup", "files-01", LATER + timedelta(days=1))
    assert back.job("nightly-backup").source == "files-01"


def test_a_job_that_does_not_run_cannot_move() -> None:
    with pytest.raises(InvalidInput, match="no job `weekly` runs here"):
        load(DEMO).with_job_moved("weekly", "files-02", LATER)


def test_a_rebased_site_keeps_every_distance_in_time() -> None:
    site = load(DEMO)
    assert site.as_of is not None
    later = site.rebased(LATER)
    assert [LATER - one.seen_at for one in later.indicators] == [site.as_of - one.seen_at for one in site.indicators]
    assert later.rebased(site.as_of) == site


def test_a_site_without_a_date_cannot_be_rebased() -> None:
    with pytest.raises(InvalidInput, match="has no `as_of`"):
        ContextFile().rebased(LATER)

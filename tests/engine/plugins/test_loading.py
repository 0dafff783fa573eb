"""A plug-in runs as it was pinned or not at all, and then its report says why and what to do."""

import json
import marshal
import sys
from importlib.util import MAGIC_NUMBER
from pathlib import Path

import pytest

from engine.model.check import CheckOutcome
from engine.model.plugin import PluginKind, PluginState
from engine.plugins.missing import MissingCheck
from tests.distributions import rewrite_record
from tests.engine.plugins.conftest import NAME, Make, Place

EDITS = {
    "a byte of a module": ("acme_hours/words.py", 'SAID = "outside of office hourz"\n'),
    "a module that RECORD does not know": ("acme_hours/more.py", "print()\n"),
    "byte code without a source": ("acme_hours/more.pyc", "\0"),
    "the entry points": ("acme_hours-1.0.dist-info/entry_points.txt", "[fireline.checks]\nacme-hours = os:getcwd\n"),
    "the metadata": ("acme_hours-1.0.dist-info/METADATA", "Metadata-Version: 2.4\nName: acme-hours\nVersion: 1.0.1\n"),
}


def said(offered: object) -> object:
    return sys.modules["acme_hours.words"].SAID if offered else None


def test_pinned_as_it_is_it_is_loaded(place: Place) -> None:
    found = place.load(place.pin())
    assert [(report.name, report.state) for report in found.reports] == [(NAME, PluginState.LOADED)]
    assert [*found.of(PluginKind.CHECK)] == [NAME]
    assert found.missing == ()


def test_unpinned_nothing_of_it_runs_and_the_command_to_pin_is_told(place: Place) -> None:
    report = place.report()
    assert (report.state, report.offers) == (PluginState.UNPINNED, ("checks: acme-hours",))
    assert "fireline plugins pin acme-hours" in report.remedy
    assert "acme_hours" not in sys.modules


@pytest.mark.parametrize("edit", EDITS.values(), ids=[*EDITS])
def test_changed_in_any_byte_it_is_not_loaded_and_its_check_blocks(edit: tuple[str, str], place: Place) -> None:
    pin = place.pin()
    (place.site / edit[0]).write_text(edit[1])
    found = place.load(pin)
    (report,) = found.reports
    assert report.state is PluginState.CHANGED
    assert "fireline plugins pin acme-hours" in report.remedy
    assert "acme_hours" not in sys.modules
    assert [(check.id, NAME in check.because) for check in found.missing] == [(NAME, True)]


def test_a_record_made_to_fit_hides_no_change(place: Place) -> None:
    pin = place.pin()
    (place.package / "words.py").write_text('SAID = "fine"\n')
    rewrite_record(place.metadata)
    assert place.report(pin).state is PluginState.CHANGED


def test_a_file_taken_out_of_the_record_still_counts(place: Place) -> None:
    pin = place.pin()
    lines = (place.metadata / "RECORD").read_text().splitlines(keepends=True)
    (place.metadata / "RECORD").write_text("".join(line for line in lines if "words.py" not in line))
    assert place.report(pin).state is PluginState.LOADED
    (place.package / "words.py").write_text('SAID = "fine"\n')
    assert place.candidate().read().digest != pin.digest


def test_who_installed_it_does_not_matter(place: Place) -> None:
    pin = place.pin()
    (place.metadata / "INSTALLER").write_text("another\n")
    (place.metadata / "direct_url.json").write_text(json.dumps({"url": "file:///elsewhere.whl", "archive_info": {}}))
    (place.metadata / "RECORD").write_text((place.metadata / "RECORD").read_text() + "acme_hours/__init__.py,,\n")
    assert place.report(pin).state is PluginState.LOADED


def test_planted_byte_code_is_not_run(place: Place) -> None:
    pin, source = place.pin(), place.package / "words.py"
    stat = source.stat()
    header = MAGIC_NUMBER + b"\0" * 4 + int(stat.st_mtime).to_bytes(4, "little") + stat.st_size.to_bytes(4, "little")
    cache = place.package / "__pycache__" / f"words.{sys.implementation.cache_tag}.pyc"
    cache.parent.mkdir()
    cache.write_bytes(header + marshal.dumps(compile('SAID = "planted"', str(source), "exec")))
    found = place.load(pin)
    assert said(found.of(PluginKind.CHECK)[NAME]) == "outside of office hours"


def test_what_was_read_runs_whatever_stands_there_by_then(place: Place) -> None:
    installed = place.candidate().read()
    (place.package / "words.py").write_text('SAID = "changed since"\n')
    from engine.plugins.importing import AdmittedFinder

    spec = AdmittedFinder(installed).find_spec("acme_hours.words", [str(place.package)])
    assert spec is not None and spec.loader is not None
    assert b"office hours" in spec.loader.get_data(str(place.package / "words.py"))  # type: ignore[attr-defined]


def test_a_module_that_appeared_since_is_not_imported(make: Make) -> None:
    late = "def more():\n    import acme_hours.more\n\n\nmore()\n"
    place = make({"late.py": late, "check.py": "from pathlib import Path\nPath(__file__).with_name('more.py').touch()\n"
                  "import acme_hours.late\n"})  # fmt: skip
    report = place.report(place.pin())
    assert report.state is PluginState.BROKEN
    assert "is no part of the plug-in that was admitted" in report.because


def test_pinned_and_not_installed_is_told_and_its_check_blocks(place: Place, tmp_path: Path) -> None:
    pin = place.pin(name="acme-gone")
    found = place.load(pin)
    assert {report.name: report.state for report in found.reports} == {
        "acme-gone": PluginState.ABSENT,
        NAME: PluginState.UNPINNED,
    }
    assert [check.id for check in found.missing] == [NAME]


@pytest.mark.parametrize("raised", ["1 / 0", "raise SystemExit(3)", "import no_such_module", "def ("])
def test_whatever_its_import_raises_disables_it_alone(raised: str, make: Make) -> None:
    place = make({"words.py": f"{raised}\n"})
    found = place.load(place.pin())
    (report,) = found.reports
    assert report.state is PluginState.BROKEN
    assert "importing `acme_hours.check:CHECK` failed" in report.because
    assert (found.offers, len(found.missing)) == ({}, 1)


def test_a_name_that_ships_refuses_it_before_it_runs(make: Make) -> None:
    place = make(entries={"fireline.checks": {"freeze": "acme_hours.check:CHECK"}})
    report = place.report(place.pin(checks=["freeze"]))
    assert (report.state, report.because) == (
        PluginState.REFUSED,
        "it offers a name that is taken: checks: `freeze`",
    )
    assert "acme_hours" not in sys.modules


def test_a_pin_that_leaves_out_a_check_is_refused(place: Place) -> None:
    report = place.report(place.pin(checks=[]))
    assert report.state is PluginState.REFUSED
    assert "its pin does not name the checks it has (acme-hours)" in report.because


def test_something_called_otherwise_than_its_entry_point_is_refused(make: Make) -> None:
    place = make({"check.py": CHECK_OF_ANOTHER_NAME})
    assert "checks: `acme-hours` calls itself `other`" in place.report(place.pin()).because


CHECK_OF_ANOTHER_NAME = """
class Hours:
    id = "other"

    def run(self, subject):
        return None


CHECK = Hours()
"""


def test_an_editable_install_is_refused(place: Place) -> None:
    url = {"url": "file:///somewhere", "dir_info": {"editable": True}}
    pin = place.pin()
    (place.metadata / "direct_url.json").write_text(json.dumps(url))
    assert "editable" in place.report(pin).because


def test_code_that_runs_at_every_start_is_refused(place: Place) -> None:
    pin = place.pin()
    (place.site / "acme.pth").write_text("import acme_hours\n")
    with (place.metadata / "RECORD").open("a") as file:
        file.write("acme.pth,,\n")
    assert "runs at every start of python" in place.report(pin).because


def test_a_link_is_refused(place: Place, tmp_path: Path) -> None:
    pin = place.pin()
    (tmp_path / "elsewhere.py").write_text("")
    (place.package / "linked.py").symlink_to(tmp_path / "elsewhere.py")
    assert "`acme_hours/linked.py` is a link" in place.report(pin).because


def test_a_package_called_like_something_that_runs_here_is_refused(make: Make) -> None:
    place = make()
    (place.site / "json").mkdir()
    (place.site / "json" / "__init__.py").write_text("")
    with (place.metadata / "RECORD").open("a") as file:
        file.write("json/__init__.py,,\n")
    assert "`json` is the name of something that runs here already" in place.report(place.pin()).because


def test_installed_twice_it_is_refused(place: Place) -> None:
    pin = place.pin()
    second = place.site / "acme.hours-2.0.dist-info"
    second.mkdir()
    for name in ("METADATA", "entry_points.txt"):
        (second / name).write_text((place.metadata / name).read_text())
    assert "installed twice" in place.report(pin).because


def test_a_missing_check_blocks_what_changes_something_and_nothing_else(place: Place) -> None:
    from types import SimpleNamespace
    from typing import cast

    from engine.model.action import Impact
    from engine.ports import Subject

    missing = MissingCheck(NAME, "its files changed")
    outcomes = [
        # All that it looks at.
        missing.run(cast(Subject, SimpleNamespace(spec=SimpleNamespace(impact=impact)))).outcome
        for impact in (Impact.NONE, Impact.LOW)
    ]
    assert outcomes == [CheckOutcome.PASS, CheckOutcome.ERROR]


def test_metadata_that_is_no_text_disables_that_distribution_alone(place: Place) -> None:
    pin = place.pin()
    other = place.site / "acme_broken-1.0.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Metadata-Version: 2.4\nName: acme-broken\n")
    (other / "entry_points.txt").write_bytes(b"[fireline.checks]\n\xff\xfe = x\n")
    assert [report.state for report in place.load(pin).reports] == [PluginState.LOADED]


def test_an_entry_point_that_leads_nowhere_is_refused(place: Place) -> None:
    pin = place.pin()
    (place.metadata / "entry_points.txt").write_text("[fireline.checks]\nacme-hours = /etc/passwd\n")
    report = place.report(pin)
    assert (report.state, "which is no `module:name`" in report.because) == (PluginState.REFUSED, True)


@pytest.mark.parametrize("note", ["", "{", "[]", '{"dir_info": 1}'])
def test_a_note_of_an_installer_that_cannot_be_read_is_no_matter(note: str, place: Place) -> None:
    (place.metadata / "direct_url.json").write_text(note)
    assert place.report(place.pin()).state is PluginState.LOADED


def test_something_that_is_no_part_of_it_is_not_offered_by_it(make: Make) -> None:
    place = make(entries={"fireline.checks": {NAME: "antigravity:CHECK"}})
    report = place.report(place.pin())
    assert (report.state, report.because) == (
        PluginState.REFUSED,
        "it offers `antigravity:CHECK`, which is no part of it",
    )

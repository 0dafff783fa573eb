"""What an engine runs with: all that ships, what was pinned besides, and a block in place of what is missing."""

import json
from pathlib import Path

import pytest

from actions import ACTIONS
from console.cli import extensions
from console.cli.zone import open_zone
from detectors.intake import FORMATS
from engine.model.plugin import PluginPin
from engine.plugins.missing import MissingCheck
from engine.settings import Settings
from policies.checks import CHECKS
from tests.console.cli.conftest import Run
from tests.console.cli.plugins.conftest import NAME, Acme, Here

PLAYBOOK = """
playbook: pages
version: 1
description: Somebody is paged.
owner: governance
when: finding.category == "physical"
steps:
  - name: page
    action: acme.page
    target: = finding.title
    because: a door was forced
"""


@pytest.fixture
def pins(acme: Acme, here: Here, run: Run, home: Path) -> tuple[PluginPin, ...]:
    """The plug-in on the path of this process, pinned in its home."""
    here(acme)
    made = run("plugins", "pin", NAME, "--json").json
    return (PluginPin.model_validate({name: made[name] for name in ("name", "digest", "checks")}),)


def names(settings: Settings) -> tuple[set[str], set[str], set[str]]:
    """Of actions, checks and formats, what does not ship."""
    return (
        {spec.id for spec in extensions.specs(settings).all()} - {kind.spec.id for kind in ACTIONS},
        {check.id for check in extensions.checks(settings)} - {check.id for check in CHECKS},
        {known.name for known in extensions.formats(settings)} - {known.name for known in FORMATS},
    )


def test_pinned_it_runs_beside_all_that_ships(pins: tuple[PluginPin, ...]) -> None:
    settings = Settings(plugins=pins, site="demo")
    assert names(settings) == ({"acme.page"}, {"acme-hours"}, {"acme"})
    assert ("sim", "acme.page") in open_zone(settings).bound
    assert {*extensions.detectors(settings)} == {"acme.doors"}


def test_without_a_pin_there_is_nothing_but_what_ships(pins: tuple[PluginPin, ...]) -> None:
    assert names(Settings(plugins=())) == (set(), set(), set())


def test_changed_its_check_stays_as_a_block_and_all_else_is_gone(
    pins: tuple[PluginPin, ...], acme: Acme, capsys: pytest.CaptureFixture[str]
) -> None:
    (acme.package / "more.py").write_text("")
    settings = Settings(plugins=pins, site="demo")
    assert names(settings) == (set(), {"acme-hours"}, set())
    (missing,) = extensions.plugins(settings).missing
    assert isinstance(missing, MissingCheck)
    assert ("sim", "acme.page") not in open_zone(settings).bound
    extensions.warn(extensions.plugins(settings))
    assert f"`fireline plugins pin {NAME}`" in capsys.readouterr().err


def test_a_playbook_that_names_its_action_is_refused_while_it_is_not_loaded(
    pins: tuple[PluginPin, ...], acme: Acme, run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "pages.yaml"
    file.write_text(PLAYBOOK)
    assert run("playbook", "check", str(file)).code == 0
    (acme.package / "more.py").write_text("")
    extensions.forget()
    refused = run("playbook", "check", str(file))
    assert refused.code == 2
    assert "pages.yaml:9:13: " in refused.err and "acme.page" in refused.err


def test_pins_can_be_given_by_the_environment_alone(
    pins: tuple[PluginPin, ...], run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "fireline.yaml").unlink()
    monkeypatch.setenv("FIRELINE_PLUGINS", json.dumps([pin.model_dump() for pin in pins]))
    assert run("plugins", "list").code == 0
    done = run("plugins", "pin", NAME)
    assert (done.code, "FIRELINE_PLUGINS names the pins" in done.err) == (2, True)


def test_one_distribution_has_one_pin(pins: tuple[PluginPin, ...], run: Run, home: Path) -> None:
    file = home / "fireline.yaml"
    file.write_text(file.read_text() + "".join(file.read_text().splitlines(keepends=True)[1:]))
    done = run("plugins", "list")
    assert done.code == 2
    assert "`acme-fireline` is pinned twice" in done.err

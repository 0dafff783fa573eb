"""`fireline people totp`: a secret for one-time codes, shown once."""

import json
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from console.cli.main import app
from console.people import FilePeople
from engine.errors import InvalidInput, NotFound
from engine.secrets import reveal
from engine.step_up import setup_uri

RUN = CliRunner()


@pytest.fixture(autouse=True)
def initialised(home: Path) -> None:
    RUN.invoke(app, ["init", "--site", "demo"])


def test_a_secret_for_codes_is_shown_once_and_kept_for_its_owner_alone(home: Path) -> None:
    done = RUN.invoke(app, ["people", "totp", "anna", "--json"])
    made = json.loads(done.stdout)
    file = home / "totp" / "anna"
    assert made["totp"] == f"file:{file}"
    assert (stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(file.parent.stat().st_mode)) == (0o600, 0o700)
    assert made["uri"] == setup_uri(file.read_text().strip(), "anna")
    people = home / "people.yaml"
    people.write_text(people.read_text().replace("  anna:\n", f"  anna:\n    totp: {made['totp']}\n", 1))
    anna = FilePeople(people).get("anna")
    assert anna is not None and reveal(anna.totp) == file.read_text().strip()
    assert made["totp"] not in RUN.invoke(app, ["people", "list", "--json"]).stdout


def test_a_secret_takes_the_place_of_no_other(home: Path) -> None:
    RUN.invoke(app, ["people", "totp", "anna"])
    before = (home / "totp" / "anna").read_text()
    again = RUN.invoke(app, ["people", "totp", "anna"])
    assert isinstance(again.exception, InvalidInput)
    assert (home / "totp" / "anna").read_text() == before


@pytest.mark.parametrize(("name", "error"), [("nobody", NotFound), ("siem-bot", InvalidInput), ("../anna", NotFound)])
def test_only_people_have_codes(home: Path, name: str, error: type[Exception]) -> None:
    assert isinstance(RUN.invoke(app, ["people", "totp", name]).exception, error)


@pytest.mark.parametrize("reference", ["JBSWY3DPEHPK3PXP", "vault:secret/x#y", "file:relative"])
def test_a_secret_stands_in_people_yaml_by_reference_to_this_host(home: Path, reference: str) -> None:
    people = home / "people.yaml"
    people.write_text(people.read_text().replace("  anna:\n", f"  anna:\n    totp: {reference}\n", 1))
    with pytest.raises(InvalidInput, match="totp"):
        FilePeople(people)

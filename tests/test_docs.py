"""What the documents say can be typed, and what they list is there."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from console.cli.main import app
from console.people import FilePeople
from engine.settings import STANDARD_VARIABLES, Settings, load

ROOT = Path(__file__).parent.parent
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
TEXT = "\n".join(page.read_text() for page in PAGES)
BLOCKS = re.findall(r"(?ms)^```sh\n(.*?)^```", TEXT)
LINES = [line.partition("#")[0].strip() for block in BLOCKS for line in block.splitlines()]
COMMANDS = sorted({line for line in LINES if line.startswith("fireline ")})
TARGETS = sorted({line.split()[1] for line in LINES if line.startswith("make ")})


def words(command: str) -> list[str]:
    """The command's name, without its arguments."""
    return [word for word in command.split()[1:3] if re.fullmatch(r"[a-z-]+", word) and not word.startswith("-")]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_in_the_documents_exists(command: str) -> None:
    assert CliRunner().invoke(app, [*words(command), "--help"]).exit_code == 0


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_in_the_documents_exists(target: str) -> None:
    assert re.search(rf"(?m)^{re.escape(target)}:", (ROOT / "Makefile").read_text())


def test_every_link_leads_somewhere() -> None:
    links = [(page, link) for page in PAGES for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text())]
    assert [f"{page.name}: {link}" for page, link in links if not (page.parent / link).exists()] == []


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs" / "index.md").read_text()
    pages = [page.relative_to(ROOT / "docs").as_posix() for page in (ROOT / "docs").rglob("*.md")]
    assert [page for page in pages if page != "index.md" and f"({page})" not in index] == []


def test_every_setting_is_documented() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()
    variables = [*(f"FIRELINE_{name.upper()}" for name in Settings.model_fields), *STANDARD_VARIABLES.values()]
    assert [name for name in variables if f"`{name}`" not in page] == []


def test_the_settings_that_init_shows_are_settings(home: Path) -> None:
    template = (ROOT / "console" / "templates" / "fireline.yaml").read_text()
    shown = re.findall(r"(?m)^# (\w+):", template)
    assert set(shown) <= Settings.model_fields.keys()
    home.mkdir()
    (home / "fireline.yaml").write_text(re.sub(r"(?m)^# (?=\w+:)", "", template))
    assert load().policy == "baseline"


def test_the_people_on_the_page_are_a_good_file(tmp_path: Path) -> None:
    (example,) = re.findall(r"(?ms)^```yaml\n(.*?)^```", (ROOT / "docs" / "people.md").read_text())
    (tmp_path / "people.yaml").write_text(example)
    anna = FilePeople(tmp_path / "people.yaml").by_token("test")
    assert anna is not None
    assert anna.id == "anna"

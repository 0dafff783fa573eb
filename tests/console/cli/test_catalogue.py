"""The page of commands is what the commands are."""

from pathlib import Path

from console.cli.catalogue import rows, with_table

PAGE = Path(__file__).parent.parent.parent.parent / "docs" / "commands.md"


def test_the_page_lists_the_commands_as_they_are() -> None:
    text = PAGE.read_text()
    assert with_table(text) == text, "run `python -m console.cli.catalogue docs/commands.md`"


def test_every_command_says_what_it_does() -> None:
    assert [row for row in rows() if row.endswith("|  |")] == []


def test_writing_it_again_changes_nothing_outside_the_table() -> None:
    text = PAGE.read_text()
    assert with_table(with_table(text)) == with_table(text)
    assert with_table(text).startswith("# Commands\n")

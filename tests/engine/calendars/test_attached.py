"""A calendar beside a policy becomes part of it: its content counts, its name does not, and nothing leads elsewhere."""

from pathlib import Path

import pytest

from actions.registry import ActionSpecs
from engine.bundles import policy_of, policy_texts
from engine.calendars.ics import SIZE_LIMIT
from engine.errors import InvalidFile
from engine.policy_file import Policy, load_policy, parse_policy

SPECS = ActionSpecs()
BASELINE = (Path(__file__).parents[3] / "policies" / "baseline.yaml").read_text()
ICS = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261218T180000Z\nDURATION:P1D\nEND:VEVENT\nEND:VCALENDAR\n"
FILED = "kind: change_freeze\n    file: {}\n"


def written(folder: Path, name: str, text: str | bytes = ICS) -> Path:
    """The baseline with its freezes in this file."""
    folder.mkdir(exist_ok=True)
    (folder / "mine.yaml").write_text(BASELINE.replace("kind: change_freeze\n", FILED.format(name), 1))
    (folder / Path(name).name).write_bytes(text.encode() if isinstance(text, str) else text)
    return folder / "mine.yaml"


def load(folder: Path, name: str = "a.ics", text: str | bytes = ICS) -> Policy:
    return load_policy(written(folder, name, text), SPECS)


def refusal(folder: Path, name: str, text: str | bytes = ICS) -> str:
    with pytest.raises(InvalidFile) as caught:
        load(folder, name, text)
    return str(caught.value).replace(f"{folder}/", "")


def test_content_counts_and_name_and_line_ends_do_not(tmp_path: Path) -> None:
    one = load(tmp_path / "one")
    assert load(tmp_path / "two", "b.ics", ICS.replace("\n", "\r\n")).digest == one.digest
    assert load(tmp_path / "three", "a.ics", ICS.replace("P1D", "P2D")).digest != one.digest


def test_what_was_kept_is_the_same_policy_where_the_files_are_gone(tmp_path: Path) -> None:
    path = written(tmp_path, "a.ics")
    files = policy_texts([path])
    assert [file.name for file in files] == ["mine.yaml", "a.ics"]
    digest = load_policy(path, SPECS).digest
    path.unlink()
    (tmp_path / "a.ics").unlink()
    assert policy_of(files, SPECS).digest == digest
    with pytest.raises(InvalidFile, match="the calendar `a.ics` is not there"):
        policy_of(files[:1], SPECS)


def test_a_text_of_a_policy_reads_no_file() -> None:
    text = BASELINE.replace("kind: change_freeze\n", FILED.format("a.ics"), 1)
    with pytest.raises(InvalidFile, match="the calendar `a.ics` is not there"):
        parse_policy(text, "mine.yaml", SPECS)


@pytest.mark.parametrize("name", ["../a.ics", "/etc/a.ics", "sub/a.ics", ".ics", "a.yaml"])
def test_only_a_calendar_in_the_policys_own_folder_is_read(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "policies"
    assert "in the policy's own folder" in refusal(folder, name)


def test_a_link_that_leads_out_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside.ics"
    outside.write_text(ICS)
    path = written(tmp_path / "in", "a.ics")
    (tmp_path / "in" / "a.ics").unlink()
    (tmp_path / "in" / "a.ics").symlink_to(outside)
    with pytest.raises(InvalidFile, match="leads out of the policy's folder"):
        load_policy(path, SPECS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (ICS.replace("DURATION:P1D\n", ""), "a.ics:2:1: the event has no end: give `DTEND` or `DURATION`"),
        (b"BEGIN:VCALENDAR\n\xff", "a.ics:2:1: is not UTF-8 text"),
        ("x" * 10_000_000, f"a.ics:1:1: the calendar is larger than {SIZE_LIMIT} bytes"),
    ],
)
def test_what_is_wrong_is_told_at_its_own_line(text: str | bytes, message: str, tmp_path: Path) -> None:
    assert refusal(tmp_path, "a.ics", text) == message

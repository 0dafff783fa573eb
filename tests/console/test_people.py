"""People, their tokens and their duty, from a file that may change at any time."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from console.people import FilePeople, PeopleFile, parse, token_digest
from engine.errors import InvalidInput
from engine.model.principal import Principal
from engine.ports import People

NIGHT = datetime(2026, 11, 16, 3, tzinfo=UTC)
TEXT = f"""\
version: 1
groups: {{responders: act, db-owners: own}}
people:
  anna:
    name: Anna
    roles: [responder, approver]
    groups: [responders, db-owners]
    token_sha256: {token_digest("of anna")}
  ben:
    name: Ben
    roles: [approver]
    groups: [responders]
    token_sha256: {token_digest("of ben")}
  bot: {{name: Bot, roles: [analyst], bot: true}}
rota:
  - {{principal: ben, group: responders}}
  - {{principal: anna, group: responders, start: "02:00", end: "04:00"}}
  - {{principal: anna, group: db-owners, start: "08:00", end: "18:00"}}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "people.yaml"
    path.write_text(TEXT)
    return path


def ids(found: object) -> list[str]:
    return [who.id for who in found]  # type: ignore[attr-defined]


def test_everybody_is_found_by_id(file: Path) -> None:
    people: People = FilePeople(file)
    anna = people.get("anna")
    assert anna is not None
    assert (anna.name, anna.groups) == ("Anna", ("responders", "db-owners"))
    assert people.get("nobody") is None
    assert ids(people.all()) == ["anna", "ben", "bot"]


def test_only_the_right_token_opens(file: Path) -> None:
    people = FilePeople(file)
    assert ids(filter(None, [people.by_token("of ben")])) == ["ben"]
    assert [people.by_token(wrong) for wrong in ("of nobody", "", "-", token_digest("of ben"))] == [None] * 4


def test_duty_follows_the_rota_in_its_order(file: Path) -> None:
    people = FilePeople(file)
    assert ids(people.on_call("responders", NIGHT)) == ["ben", "anna"]
    assert ids(people.on_call("db-owners", NIGHT)) == []
    assert ids(people.on_call("strangers", NIGHT)) == []


def test_a_change_holds_at_once(file: Path) -> None:
    people = FilePeople(file)
    file.write_text(TEXT.replace("Anna", "Anna Maria"))
    assert [who.name for who in people.all()][0] == "Anna Maria"
    assert people.problem is None


@pytest.mark.parametrize("edit", ["", "version: 2\npeople: {}\n", "people: [", "version: 1\npeeple: {}\n"])
def test_a_bad_edit_changes_nothing_and_is_reported_until_mended(file: Path, edit: str) -> None:
    people = FilePeople(file)
    file.write_text(edit)
    assert people.by_token("of anna") is not None
    assert str(people.problem).startswith(f"{file}:")
    file.write_text(TEXT + "# mended\n")
    assert people.by_token("of anna") is not None
    assert people.problem is None


def test_a_file_that_is_gone_leaves_the_last_one_in_force(file: Path) -> None:
    people = FilePeople(file)
    file.unlink()
    assert ids(people.all()) == ["anna", "ben", "bot"]
    assert "cannot be read" in str(people.problem)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("version: 1", "version: 9", "people.yaml:1:10: version `9` is not known here"),
        ("groups: [responders]", "groups: [strangers]", "people.yaml:12:14: group `strangers` is not listed"),
        ("principal: ben", "principal: eve", "people.yaml:16:17: `eve` is not listed under `people`"),
        ("principal: ben, group: responders", "principal: ben, group: db-owners", "`ben` is not in group `db-owners`"),
        (token_digest("of ben"), token_digest("of anna"), "the token of `ben` is also that of `anna`"),
        (token_digest("of ben"), "fl_a-token-itself", "people.yaml:13:19: `people.ben.token_sha256`"),
        ("  ben:", "  Ben Two:", "people.Ben Two"),
        ("roles: [approver]", "roles: [emperor]", "people.ben.roles.0"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(file: Path, old: str, new: str, message: str) -> None:
    file.write_text(TEXT.replace(old, new, 1))
    with pytest.raises(InvalidInput) as caught:
        FilePeople(file)
    assert message in str(caught.value)


def test_a_token_written_by_mistake_is_not_repeated_in_the_error(file: Path) -> None:
    file.write_text(TEXT.replace(token_digest("of ben"), "fl_secret"))
    with pytest.raises(InvalidInput) as caught:
        FilePeople(file)
    assert "fl_secret" not in str(caught.value)


def test_a_file_that_others_may_write_is_refused(file: Path) -> None:
    file.chmod(0o666)
    with pytest.raises(InvalidInput, match="may be written by others"):
        FilePeople(file)


def test_who_asks_while_it_is_read_gets_people_and_duty_of_one_file(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people, told = FilePeople(file), list[list[str]]()

    def asked_meanwhile(**fields: object) -> Principal:
        monkeypatch.undo()
        told.append(ids(people.on_call("responders", NIGHT)))
        return Principal(**fields)

    monkeypatch.setattr("console.people.Principal", asked_meanwhile)
    file.write_text(TEXT.replace("ben", "benno"))
    assert ids(people.on_call("responders", NIGHT)) == ["benno", "anna"]
    assert told == [["benno", "anna"]]


def test_an_older_reading_that_ends_later_does_not_stay_in_force(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    people = FilePeople(file)

    def changed_meanwhile(path: Path) -> PeopleFile:
        monkeypatch.undo()
        older = parse(path)
        file.write_text(TEXT.replace(token_digest("of anna"), token_digest("of anna, made anew")))
        assert people.by_token("of anna") is None
        return older

    monkeypatch.setattr("console.people.parse", changed_meanwhile)
    file.write_text(TEXT.replace("Anna", "Anna Maria"))
    people.get("anna")
    assert people.by_token("of anna") is None

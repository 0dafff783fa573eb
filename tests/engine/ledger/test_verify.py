"""What a verification says: the places, the words, the counts, and keys that change."""

from __future__ import annotations

import tracemalloc
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from engine.errors import InvalidInput
from engine.ledger.entries import build
from engine.ledger.export import Header, read_lines, write_export
from engine.ledger.keys import ROTATED, rotation
from engine.ledger.note import Checkpoint, SigningKey, VerifyingKey, sign
from engine.ledger.report import LISTED
from engine.ledger.verify import Row, verify_export, verify_rows
from engine.model.entry import Draft

if TYPE_CHECKING:
    from tests.engine.ledger.conftest import Ledger, Ledgers

NEW = SigningKey("fireline.example/ledger", bytes([1] * 32))
NAMES = ["request/AR-0001", "request/AR-0002", "request/AR-0001", "request/AR-0002", "request/AR-0001", "incident"]


@pytest.fixture(scope="module")
def ledger(ledgers: Ledgers) -> Ledger:
    return ledgers.build(NAMES, [3, 6])


def problems(ledgers: Ledgers, lines: list[bytes], trusted: tuple[str, ...] = ()) -> list[str]:
    return [str(problem) for problem in verify_export(lines, ledgers.keyring, trusted).problems]


def test_the_form_of_an_export(ledger: Ledger) -> None:
    header, first, *_, last = ledger.lines()
    assert header == (
        b'{"checkpoints":2,"entries":6,"format":"fireline-ledger-export/1","origin":"fireline.example/ledger"}\n'
    )
    entry = ledger.entries[0]
    assert first == b'{"entry":' + entry.data + b',"hash":"' + entry.hash.encode() + b'"}\n'
    assert last.startswith(b'{"checkpoint":"fireline.example/ledger\\n6\\n')


def test_the_export_in_the_documentation_verifies_under_its_key() -> None:
    page = (Path(__file__).parents[3] / "docs" / "ledger.md").read_text(encoding="utf-8")
    lines = page.partition("```jsonl\n")[2].partition("```")[0].encode().splitlines(keepends=True)
    key = VerifyingKey.parse(page.partition("```vkey\n")[2].partition("\n")[0])
    assert verify_export(lines, [key]).verified


def test_an_export_holds_what_its_last_checkpoint_covers(ledgers: Ledgers, ledger: Ledger) -> None:
    file = BytesIO()
    assert write_export((entry.data for entry in ledger.entries), ledger.checkpoints[:1], file) == 3
    file.seek(0)
    assert verify_export(read_lines(file), ledgers.keyring).verified


def test_a_ledger_that_lost_its_tail_is_exported_as_it_is_and_does_not_verify(ledgers: Ledgers, ledger: Ledger) -> None:
    lines = ledgers.pair(ledger.entries[:4], ledger.checkpoints).lines()
    assert problems(ledgers, lines)[0] == "line 7: checkpoint over 6 entries: only 4 entries stand before it"


def test_without_a_readable_checkpoint_nothing_is_exported() -> None:
    with pytest.raises(InvalidInput, match="seal it first"):
        write_export([], [], BytesIO())
    with pytest.raises(InvalidInput, match="stored checkpoint 1 cannot be exported"):
        write_export([], ["nonsense"], BytesIO())


def test_an_empty_ledger_under_its_checkpoint_verifies(ledgers: Ledgers) -> None:
    ledger = ledgers.build([], [0])
    assert verify_export(ledger.lines(), ledgers.keyring, ledger.checkpoints).verified
    assert verify_rows([], ledger.checkpoints, ledgers.keyring, ledger.checkpoints).verified


def test_a_changed_entry_is_named_once_and_alone(ledgers: Ledgers, ledger: Ledger) -> None:
    lines = ledger.lines()
    lines[3] = lines[3].replace(b"authorised", b"requested!")
    assert problems(ledgers, lines, ledger.checkpoints) == [
        "line 4: entry 2 (request/AR-0001 #1): its bytes do not give the hash recorded beside it"
    ]


def test_a_changed_hash_is_named_once_and_alone(ledgers: Ledgers, ledger: Ledger) -> None:
    lines = ledger.lines()
    lines[3] = lines[3].replace(ledger.entries[2].hash.encode(), b"0" * 64)
    assert problems(ledgers, lines, ledger.checkpoints) == [
        "line 4: entry 2 (request/AR-0001 #1): its bytes do not give the hash recorded beside it"
    ]


def test_an_entry_changed_with_its_hash_is_named_with_the_one_that_follows_it(ledgers: Ledgers, ledger: Ledger) -> None:
    old = ledger.entries[0].entry
    forged = build(Draft(subject=old.subject, kind="k", actor="a", at=old.at, body={}), 0, 0, "")
    assert problems(ledgers, ledgers.pair((forged, *ledger.entries[1:]), ledger.checkpoints).lines()) == [
        "line 4: entry 2 (request/AR-0001 #1): does not follow entry 0, #0 of its subject: one of the two was changed",
        "line 5: entries 0 to 2: are not those that the checkpoint over 3 was signed for",
        "export: checkpoints not compared, because what came before them does not hold: 1",
    ]


def test_a_removed_entry_is_named_and_its_subject_too(ledgers: Ledgers, ledger: Ledger) -> None:
    lines = ledger.lines()
    del lines[2]
    assert problems(ledgers, lines, ledger.checkpoints[:1]) == [
        "line 3: entry 2 (request/AR-0001 #1): stands where entry 1 is due",
        "line 5: entry 3 (request/AR-0002 #1): is #1 of its subject where #0 is due",
        "export: checkpoints not compared, because what came before them does not hold: 3",
    ]


def test_a_changed_entry_and_a_changed_hash_under_different_checkpoints_are_both_named(
    ledgers: Ledgers, ledger: Ledger
) -> None:
    rows = ledger.rows()
    rows[0] = rows[0]._replace(data=rows[0].data.replace(b"held", b"hold"))
    rows[4] = rows[4]._replace(hash="0" * 64)
    report = verify_rows(rows, ledger.checkpoints, ledgers.keyring)
    assert [problem.place for problem in report.problems] == [
        "entry 0 (request/AR-0001 #0)",
        "entry 4 (request/AR-0001 #2)",
    ]


def test_a_header_has_one_spelling(ledgers: Ledgers, ledger: Ledger) -> None:
    header, *rest = ledger.lines()
    assert problems(ledgers, [header.replace(b",", b", "), *rest]) == [
        "line 1: header: not the canonical form of this header"
    ]


def test_a_last_line_without_its_end_is_cut_off(ledgers: Ledgers, ledger: Ledger) -> None:
    *lines, last = ledger.lines()
    assert problems(ledgers, [*lines, last.removesuffix(b"\n")])[0] == "line 9: checkpoint: the line is cut off"


def test_an_unreadable_line_is_named_once(ledgers: Ledgers, ledger: Ledger) -> None:
    lines = ledger.lines()
    lines[6] = b"\xff" + lines[6]
    assert problems(ledgers, lines)[0] == "line 7: is neither an entry nor a checkpoint"
    assert len(problems(ledgers, lines)) == 2


def test_another_ledgers_header_is_named(ledgers: Ledgers, ledger: Ledger) -> None:
    header = Header(origin="another/ledger", entries=6, checkpoints=2).render()
    assert problems(ledgers, [header, *ledger.lines()[1:]]) == [
        "line 1: header: its origin is not that of the checkpoints: fireline.example/ledger"
    ]


def test_a_checkpoint_of_another_ledger_is_named(ledgers: Ledgers, ledger: Ledger) -> None:
    foreign = sign(Checkpoint("another/ledger", 6, bytes(32)), ledgers.key)
    lines = ledgers.pair(ledger.entries, (ledger.checkpoints[0], foreign)).lines()
    assert "is of another ledger: another/ledger, not fireline.example/ledger" in problems(ledgers, lines)[0]


def test_a_key_outside_the_keyring_is_named(ledgers: Ledgers) -> None:
    lines = ledgers.build(["a"], [1], NEW).lines()
    assert problems(ledgers, lines)[0].startswith("line 3: checkpoint: signed by a key outside the keyring: `fireline")


def test_an_entry_after_the_last_checkpoint_is_not_sealed(ledgers: Ledgers, ledger: Ledger) -> None:
    lines = ledger.lines()
    assert problems(ledgers, [*lines[:5], *lines[5:7]])[0] == (
        "line 8: end: the checkpoint over the whole export is due here: 3 of 5 entries stand under one that holds"
    )


def test_time_that_runs_backwards_is_no_problem(ledgers: Ledgers) -> None:
    first, second = ledgers.draft("a", 0), ledgers.draft("a", 1)
    earlier = second.model_copy(update={"at": second.at.replace(year=1999)})
    assert verify_export(ledgers.of([first, earlier], [2]).lines(), ledgers.keyring).verified


def test_hundreds_of_problems_are_counted_not_listed(ledgers: Ledgers) -> None:
    report = verify_export([b"noise\n"] * 500, ledgers.keyring)
    assert len(report.problems) == LISTED + 1
    assert str(report.problems[-1]) == f"ledger: {500 - LISTED} more problems are not listed"


def test_a_file_without_a_line_is_no_export(ledgers: Ledgers, ledger: Ledger) -> None:
    assert problems(ledgers, [], ledger.checkpoints[:1]) == [
        "export: is empty",
        "trusted checkpoint 1: tail cut: the checkpoint covers 3 entries, the export holds 0",
    ]


def test_text_of_the_record_cannot_steer_the_terminal(ledgers: Ledgers) -> None:
    lines = ledgers.build(["red\x1b[31m"], [1]).lines()
    lines[1] = lines[1].replace(b"held", b"hold")
    assert "('red\\x1b[31m' #0)" in problems(ledgers, lines)[0]


def test_a_trusted_copy_shows_a_history_signed_anew_with_the_stolen_key(ledgers: Ledgers, ledger: Ledger) -> None:
    forged = ledgers.build(["x", *NAMES[1:]], [3, 6])
    assert verify_export(forged.lines(), ledgers.keyring).verified
    assert problems(ledgers, forged.lines(), ledger.checkpoints[:1]) == [
        "trusted checkpoint 1: the first 3 entries are not those it was signed for"
    ]


def test_a_trusted_copy_must_itself_hold(ledgers: Ledgers, ledger: Ledger) -> None:
    other = sign(Checkpoint("another/ledger", 3, bytes(32)), ledgers.key)
    assert problems(ledgers, ledger.lines(), ("nonsense", ledger.checkpoints[0].replace("3", "4", 1), other)) == [
        "trusted checkpoint 1: not a signed note: a text, a blank line and signature lines are due",
        "trusted checkpoint 2: the signature of `fireline.example/ledger` does not hold for this text",
        "trusted checkpoint 3: is of another ledger: another/ledger, not fireline.example/ledger",
    ]


def test_a_new_key_is_learnt_from_the_entry_that_the_old_one_sealed(ledgers: Ledgers) -> None:
    handover = rotation(ledgers.key.verifying, NEW.verifying, "admin", ledgers.draft("a", 0).at)
    drafts = [ledgers.draft("a", 0), handover, ledgers.draft("a", 1)]
    before, after = ledgers.of(drafts, [2]), ledgers.of(drafts, [3], NEW)
    whole = ledgers.pair(after.entries, before.checkpoints + after.checkpoints)
    assert verify_export(whole.lines(), ledgers.keyring, whole.checkpoints).verified
    assert verify_rows(whole.rows(), whole.checkpoints, ledgers.keyring, whole.checkpoints).verified
    assert "a key outside the keyring" in problems(ledgers, after.lines())[0]


def test_a_retired_key_seals_nothing_any_more(ledgers: Ledgers) -> None:
    handover = rotation(ledgers.key.verifying, NEW.verifying, "admin", ledgers.draft("a", 0).at)
    ledger = ledgers.of([handover, ledgers.draft("a", 0)], [1, 2])
    assert problems(ledgers, ledger.lines())[0].startswith(
        "line 5: checkpoint: signed by a key that was retired before"
    )


def test_a_rotation_that_names_no_key_is_a_problem(ledgers: Ledgers) -> None:
    draft = ledgers.draft("ledger/key", 0).model_copy(update={"kind": ROTATED})
    assert "signs no key in: not a public key" in problems(ledgers, ledgers.of([draft], [1]).lines())[0]


def test_live_rows_verify_and_the_unsealed_tail_is_counted(ledgers: Ledgers, ledger: Ledger) -> None:
    report = verify_rows(ledger.rows(), ledger.checkpoints[:1], ledgers.keyring, ledger.checkpoints[:1])
    assert (report.verified, report.entries, report.sealed) == (True, 6, 3)


def test_rows_without_stored_hashes_verify_too(ledgers: Ledgers, ledger: Ledger) -> None:
    rows = [Row(seq, data) for seq, data, _ in ledger.rows()]
    assert verify_rows(rows, ledger.checkpoints, ledgers.keyring).verified


def test_a_changed_row_is_named(ledgers: Ledgers, ledger: Ledger) -> None:
    rows = ledger.rows()
    rows[1] = rows[1]._replace(data=rows[1].data.replace(b"held", b"hold"))
    rows[3] = rows[3]._replace(hash="no hash")
    rows[4] = rows[4]._replace(data=b"noise")
    report = verify_rows(rows, ledger.checkpoints, ledgers.keyring)
    assert [str(problem) for problem in report.problems] == [
        "entry 1 (request/AR-0002 #0): its bytes do not give the hash recorded beside it",
        "entry 3 (request/AR-0002 #1): its bytes do not give the hash recorded beside it",
        "row 4: not JSON: Expecting value: line 1 column 1 (char 0)",
        "ledger: checkpoints not compared, because what came before them does not hold: 1",
    ]


def test_a_row_under_another_number_is_named(ledgers: Ledgers, ledger: Ledger) -> None:
    rows = ledger.rows()
    rows[1] = rows[1]._replace(seq=7)
    report = verify_rows(rows, ledger.checkpoints, ledgers.keyring)
    assert [str(problem) for problem in report.problems] == ["row 7: holds entry 1"]


def test_rows_that_lost_their_tail_are_named_by_the_checkpoint_they_lack(ledgers: Ledgers, ledger: Ledger) -> None:
    report = verify_rows(ledger.rows()[:4], ledger.checkpoints, ledgers.keyring, ledger.checkpoints[1:])
    assert [str(problem) for problem in report.problems] == [
        "checkpoint over 6 entries: only 4 entries stand before it",
        "trusted checkpoint 1: tail cut: the checkpoint covers 6 entries, the ledger holds 4",
    ]


def test_a_stored_checkpoint_that_cannot_be_read_is_named(ledgers: Ledgers, ledger: Ledger) -> None:
    report = verify_rows(ledger.rows(), ("nonsense", ledger.checkpoints[1]), ledgers.keyring)
    assert report.problems[0].place == "stored checkpoint 1"
    assert report.sealed == 6


def test_an_export_is_never_held_in_memory(ledgers: Ledgers) -> None:
    data = b"".join(ledgers.build(["incident"] * 4000, [4000]).lines())
    tracemalloc.start()
    report = verify_export(read_lines(BytesIO(data)), ledgers.keyring)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert report.verified
    assert peak < len(data) / 10

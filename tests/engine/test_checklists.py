"""A checklist is answered whole, and by the answers it offers."""

import pytest

from engine.checklists import CHECKLISTS, parse_answers, show_checklist
from engine.errors import InvalidFile, InvalidInput
from engine.model.review import ReviewKind

GOOD = {"bytes": "not_dns", "peer": "unknown", "explained": "nothing"}


def test_every_kind_has_a_checklist_that_its_first_answers_satisfy() -> None:
    for kind in ReviewKind:
        given = {one.id: one.choices[0] for one in CHECKLISTS[kind] if one.choices}
        assert parse_answers(kind, given) == given


def test_answers_come_in_the_order_of_the_questions_without_empty_ones() -> None:
    answers = parse_answers(ReviewKind.TRAFFIC, {"note": "  ", **dict(reversed(GOOD.items()))})
    assert list(answers.items()) == list(GOOD.items())


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"peer": ""}, "`peer` is not answered: whose is the other end? it takes ours, known_service, unknown"),
        ({"bytes": "dns"}, "`bytes` takes not_dns, malformed_dns, proper_dns, cannot_tell, not `dns`"),
        ({"pear": "ours"}, "`pear` is no question of this item: bytes, peer, explained, note"),
        ({"note": "x" * 4097}, "`note` takes text of up to 4096 characters, not 4097"),
    ],
)
def test_what_is_not_answered_well_is_named_with_what_it_takes(changes: dict[str, str], problem: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_answers(ReviewKind.TRAFFIC, GOOD | changes)
    assert str(refused.value).startswith(problem)


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(InvalidFile) as refused:
        parse_answers(ReviewKind.TRAFFIC, {})
    assert len(str(refused.value).splitlines()) == len(refused.value.problems) == 3


def test_the_checklist_is_shown_with_its_choices() -> None:
    shown = show_checklist(ReviewKind.LOW_CONFIDENCE)
    assert [(one["id"], one["required"]) for one in shown] == [
        ("seen", True), ("explained", True), ("wanted", True), ("note", False),
    ]  # fmt: skip
    assert shown[0]["choices"] == ["yes", "no", "cannot_tell"]

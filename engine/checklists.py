"""The questions a reviewer answers, by kind of item: each with a closed set of answers; pure.

Whoever answers has looked: every required question needs an answer, and an answer that is none of those offered is
refused, with the question and what it takes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from engine.errors import InvalidFile, InvalidInput
from engine.model.base import TEXT_LIMIT, Json
from engine.model.review import ReviewKind


class Seen(StrEnum):
    """Whether the evidence shows it."""

    YES = "yes"
    NO = "no"
    CANNOT_TELL = "cannot_tell"


class Explained(StrEnum):
    """The ordinary thing that it was, if it was one."""

    NOTHING = "nothing"
    AUTHORISED_TEST = "authorised_test"
    MAINTENANCE = "maintenance"
    BUSINESS = "business"
    MISCONFIGURATION = "misconfiguration"
    CANNOT_TELL = "cannot_tell"


class Wanted(StrEnum):
    """What should be done about what was planned."""

    DO_IT = "do_it"
    NOT_NEEDED = "not_needed"
    DONE_BY_HAND = "done_by_hand"
    SOMETHING_ELSE = "something_else"


class Lacking(StrEnum):
    """What was missing for an answer by itself."""

    PLAYBOOK = "playbook"
    ACTION = "action"
    CONTEXT = "context"
    NOTHING = "nothing"


class Fault(StrEnum):
    """Why no plan could be made."""

    PLAYBOOK = "playbook"
    FINDING = "finding"
    ACTION = "action"
    CANNOT_TELL = "cannot_tell"


class Bytes(StrEnum):
    """What the raw bytes are."""

    NOT_DNS = "not_dns"
    MALFORMED_DNS = "malformed_dns"
    PROPER_DNS = "proper_dns"
    CANNOT_TELL = "cannot_tell"


class Peer(StrEnum):
    """Whose the other end of the flow is."""

    OURS = "ours"
    KNOWN_SERVICE = "known_service"
    UNKNOWN = "unknown"
    KNOWN_BAD = "known_bad"


class Work(StrEnum):
    """Whether the owner of the authorised activity says that it was theirs."""

    THEIRS = "theirs"
    NOT_THEIRS = "not_theirs"
    BEYOND_SCOPE = "beyond_scope"
    OWNER_NOT_REACHED = "owner_not_reached"


class Waited(StrEnum):
    """Whether there was time to ask those whose approval was skipped."""

    COULD_NOT_WAIT = "could_not_wait"
    COULD_HAVE_WAITED = "could_have_waited"
    CANNOT_TELL = "cannot_tell"


class Effect(StrEnum):
    """What should become of what was done."""

    KEEP = "keep"
    RELEASE = "release"
    OVER = "over"


class Cause(StrEnum):
    """What used a budget up."""

    BAD_DETECTOR = "bad_detector"
    ATTACK = "attack"
    BUSY_HOUR = "busy_hour"
    CANNOT_TELL = "cannot_tell"


class Waiting(StrEnum):
    """What should become of what waits under a tripped budget."""

    NOTHING = "nothing"
    SOME_BY_HAND = "some_by_hand"
    RESET = "reset"


@dataclass(frozen=True)
class Question:
    """One line of a checklist; `answers` None takes free text."""

    id: str
    text: str
    answers: type[StrEnum] | None = None
    required: bool = True

    @property
    def choices(self) -> list[str]:
        """What may be answered; empty for free text."""
        return [] if self.answers is None else [answer.value for answer in self.answers]


_SEEN = Question("seen", "Does the raw evidence show what the finding claims?", Seen)
_EXPLAINED = Question("explained", "What ordinary thing explains it?", Explained)
_NOTE = Question("note", "What should the next person know?", required=False)

CHECKLISTS: Mapping[ReviewKind, tuple[Question, ...]] = {
    ReviewKind.LOW_CONFIDENCE: (
        _SEEN, _EXPLAINED, Question("wanted", "What should become of the action that was planned?", Wanted), _NOTE,
    ),
    ReviewKind.UNANSWERED: (
        _SEEN, _EXPLAINED, Question("lacking", "What is missing for it to be answered by itself?", Lacking), _NOTE,
    ),
    ReviewKind.REFUSED_PLAN: (
        _SEEN, _EXPLAINED, Question("fault", "Where is the fault that kept a plan from being made?", Fault), _NOTE,
    ),
    ReviewKind.TRAFFIC: (
        Question("bytes", "What are the raw bytes?", Bytes),
        Question("peer", "Whose is the other end?", Peer),
        _EXPLAINED, _NOTE,
    ),
    ReviewKind.AUTHORISED_ACTIVITY: (
        Question("work", "Does the owner of the authorised activity say that this was theirs?", Work),
        _EXPLAINED, _NOTE,
    ),
    ReviewKind.BREAK_GLASS: (
        Question("waited", "Could it have waited for the people whose approval was skipped?", Waited),
        Question("borne_out", "Does the evidence bear out the reason that was given?", Seen),
        Question("effect", "What should become of the effect?", Effect),
        _NOTE,
    ),
    ReviewKind.BUDGET_TRIPPED: (
        Question("cause", "What used the budget up?", Cause),
        Question("waiting", "Does anything of what waits have to be done?", Waiting),
        _NOTE,
    ),
}  # fmt: skip
"""Every kind's questions, in the order they are asked."""


def parse_answers(kind: ReviewKind, given: Mapping[str, str]) -> dict[str, str]:
    """The answers in the checklist's order; raise `InvalidFile` naming every question that is not answered well."""
    questions = CHECKLISTS[kind]
    unknown = [name for name in given if name not in {question.id for question in questions}]
    problems = [InvalidInput(f"`{name}` is no question of this item: {_names(questions)}") for name in unknown]
    problems += [problem for question in questions if (problem := _problem(question, given.get(question.id, "")))]
    if problems:
        raise InvalidFile(tuple(problems))
    return {question.id: given[question.id].strip() for question in questions if given.get(question.id, "").strip()}


def _problem(question: Question, answer: str) -> InvalidInput | None:
    takes = "takes " + (", ".join(question.choices) or f"text of up to {TEXT_LIMIT} characters")
    if not answer.strip():
        lacking = f"`{question.id}` is not answered: {question.text.lower()} it {takes}"
        return InvalidInput(lacking) if question.required else None
    if question.answers is None:
        return InvalidInput(f"`{question.id}` {takes}, not {len(answer)}") if len(answer) > TEXT_LIMIT else None
    good = answer.strip() in question.choices
    return None if good else InvalidInput(f"`{question.id}` {takes}, not `{answer.strip()}`")


def _names(questions: Sequence[Question]) -> str:
    return ", ".join(question.id for question in questions)


def show_checklist(kind: ReviewKind) -> list[Json]:
    """The questions as programs read them."""
    return [
        {"id": one.id, "text": one.text, "choices": [*one.choices], "required": one.required}
        for one in CHECKLISTS[kind]
    ]

"""The steps a playbook is written in, after the structure of CACAO 2.0: which key a step has says what it is.

Wherever a field is called a value it is a literal, or an expression written `= …` over the facts in its scope. A
condition is CEL. Lists of steps are blocks: carried out one after the other.
"""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Discriminator, Field, JsonValue, Tag

from engine.model.authored import Count, Line, Name, Span
from engine.model.base import Json, Model
from engine.model.finding import Severity, VerdictKind


class OnFailure(StrEnum):
    """What a step's failure means where no step of its own takes its place."""

    STOP = "stop"
    CONTINUE = "continue"
    ROLL_BACK = "roll_back"


def _handling(written: JsonValue | Model) -> str:
    return "word" if isinstance(written, str) else "step"


class Common(Model):
    """What every step has.

    `timeout` is how long it may take from when it began; too long is a failure. `on_failure` is one of the three
    words, or a step that is then carried out in its place: what becomes of that is what became of this one.
    `roll_back` releases what this run of the playbook put in force, the latest first, and then stops it.
    """

    name: Name
    when: Line = "true"
    because: Line
    timeout: Annotated[Span, Field(gt=timedelta(0))] | None = None
    on_failure: Annotated[
        Annotated[OnFailure, Tag("word")] | Annotated["Step", Tag("step")], Discriminator(_handling)
    ] = OnFailure.STOP


class ActionStep(Common):
    """Ask for one action. Done when it is in force (or over, where nothing of it lasts), or was only observed."""

    action: Name
    target: Line
    params: Json = Field(default_factory=dict)
    lease: Span | None = None


class Branch(Model):
    """One branch of a `parallel` step."""

    name: Name
    steps: "Block"


class ParallelStep(Common):
    """Carry out branches side by side and wait for all of them; it failed if one of them did."""

    parallel: Annotated[tuple[Branch, ...], Field(min_length=2, max_length=20)]


class IfStep(Common):
    """One block or the other."""

    if_: Annotated[Line, Field(alias="if")]
    then: "Block"
    else_: Annotated["Block | None", Field(alias="else")] = None


class SwitchStep(Common):
    """The block of the case that equals the value, else `default`, else nothing."""

    switch: Line
    cases: Annotated[dict[str, "Block"], Field(min_length=1, max_length=50)]
    default: "Block | None" = None


class WhileStep(Common):
    """A block again and again, `every` so often, while the condition holds.

    It failed if the condition still holds after `at_most` rounds.
    """

    while_: Annotated[Line, Field(alias="while")]
    at_most: Annotated[Count, Field(ge=1, le=1000)]
    every: Annotated[Span, Field(ge=timedelta(seconds=1))]
    do: "Block"


class ForEachStep(Common):
    """A block for each item of a list value, named `as` in it; with `together` for all of them at once.

    More items than `at_most` are a failure before the first: a list that long is not what its author had in mind.
    """

    for_each: Line
    as_: Annotated[Name, Field(alias="as")]
    at_most: Annotated[Count, Field(ge=1, le=200)]
    together: bool = False
    do: "Block"


class AnswerType(StrEnum):
    """What kind of answer a question wants."""

    YES_NO = "yes_no"
    TEXT = "text"
    NUMBER = "number"
    CHOICE = "choice"


class TypedQuestion(Model):
    """One question of a task; `choices` only for a choice."""

    id: Name
    text: Line
    type: AnswerType
    choices: Annotated[tuple[Line, ...], Field(max_length=20)] = ()
    required: bool = True


class TaskStep(Common):
    """A person of one of the groups (empty: whoever is on call) does what `task` says, and answers.

    Declined or not answered in time is a failure, never a success.
    """

    task: Line
    groups: tuple[Line, ...] = ()
    questions: Annotated[tuple[TypedQuestion, ...], Field(max_length=20)] = ()
    timeout: Annotated[Span, Field(gt=timedelta(0))] | None = timedelta(hours=4)


class CallStep(Common):
    """Carry out another playbook, at this very version, with these inputs; its outputs are facts afterwards."""

    playbook: Name
    version: Count
    inputs: Json = Field(default_factory=dict)


class WaitStep(Common):
    """Nothing, for so long."""

    wait: Annotated[Span, Field(gt=timedelta(0))]


class NotifyStep(Common):
    """Tell people or groups; asked for as the action `notify`, so that it passes policy and stands in the ledger."""

    notify: Annotated[tuple[Line, ...], Field(min_length=1, max_length=20)]
    text: Line
    severity: Severity = Severity.INFORMATIONAL


class VerdictStep(Common):
    """Judge the incident. It is the playbook's word: it teaches no detector and earns no autonomy."""

    verdict: VerdictKind


KEYS = (
    "action", "parallel", "if", "switch", "while", "for_each", "task", "playbook", "wait", "notify", "verdict",
)  # fmt: skip
"""The keys that say what a step is; it has exactly one of them."""


def kind_of(step: JsonValue | Model) -> str | None:
    """The key that says what a step is; none where there is no such key, or more than one."""
    if isinstance(step, Model):
        return _KINDS.get(type(step))
    found = [key for key in KEYS if key in step] if isinstance(step, dict) else []
    return found[0] if len(found) == 1 else None


Step = Annotated[
    Annotated[ActionStep, Tag("action")]
    | Annotated[ParallelStep, Tag("parallel")]
    | Annotated[IfStep, Tag("if")]
    | Annotated[SwitchStep, Tag("switch")]
    | Annotated[WhileStep, Tag("while")]
    | Annotated[ForEachStep, Tag("for_each")]
    | Annotated[TaskStep, Tag("task")]
    | Annotated[CallStep, Tag("playbook")]
    | Annotated[WaitStep, Tag("wait")]
    | Annotated[NotifyStep, Tag("notify")]
    | Annotated[VerdictStep, Tag("verdict")],
    Discriminator(kind_of),
]
Block = Annotated[tuple[Step, ...], Field(min_length=1, max_length=100)]
_KINDS: dict[type[Model], str] = {
    ActionStep: "action",
    ParallelStep: "parallel",
    IfStep: "if",
    SwitchStep: "switch",
    WhileStep: "while",
    ForEachStep: "for_each",
    TaskStep: "task",
    CallStep: "playbook",
    WaitStep: "wait",
    NotifyStep: "notify",
    VerdictStep: "verdict",
}
for _kind in _KINDS:
    _kind.model_rebuild()
Branch.model_rebuild()


class InputType(StrEnum):
    """The types an input or output of a playbook can have; those of facts."""

    BOOL = "bool"
    INT = "int"
    DOUBLE = "double"
    STRING = "string"
    STRINGS = "list(string)"


class Input(Model):
    """One input of a playbook; without a default it has to be given, so that only a call can start the playbook."""

    type: InputType
    because: Line
    default: JsonValue = None


class Output(Model):
    """One output: an expression over the facts that stand at the end."""

    type: InputType
    value: Line


class PlaybookFile(Model):
    """One playbook file; it answers every finding for which `when` holds.

    Without `when` it answers none, and is there to be called. `techniques` are ATT&CK ids, `countermeasures` D3FEND
    ids; `never` says what it never does.
    """

    playbook: Name
    version: Count
    description: str
    owner: Line
    when: Line | None = None
    techniques: tuple[Annotated[str, Field(pattern=r"^T\d{4}(\.\d{3})?$")], ...] = ()
    countermeasures: tuple[Annotated[str, Field(pattern=r"^D3-[A-Z0-9]+$")], ...] = ()
    never: tuple[Line, ...] = ()
    inputs: Annotated[dict[Name, Input], Field(max_length=50)] = Field(default_factory=dict)
    outputs: Annotated[dict[Name, Output], Field(max_length=50)] = Field(default_factory=dict)
    steps: Block

"""A playbook compiled: the tree that a run walks, with every expression checked and every called playbook in place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from engine.authoring import Call, Value
from engine.digest import sha256
from engine.expressions import Expression, Expressions, FactType
from engine.model.base import Json
from engine.model.steps import (
    ActionStep,
    CallStep,
    Common,
    ForEachStep,
    IfStep,
    NotifyStep,
    OnFailure,
    ParallelStep,
    PlaybookFile,
    SwitchStep,
    TaskStep,
    VerdictStep,
    WaitStep,
    WhileStep,
)


@dataclass(frozen=True, repr=False)
class Compiled:
    """What every compiled step has.

    `path` is unique in its file and stays the same from run to run: the names of the steps it stands in, and its own
    (`contain/each-host/isolate`); what takes its place on failure stands in it.
    """

    step: Common
    path: str
    when: Expression
    on_failure: "OnFailure | CompiledStep"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.path})"

    @property
    def blocks(self) -> "Mapping[str, Block]":
        """The blocks it holds, by what says when they are carried out (`then`, a case, a branch's name)."""
        return {}


@dataclass(frozen=True, repr=False)
class CompiledAction(Compiled):
    """One action; `call` binds its target and parameters."""

    step: ActionStep
    call: Call


@dataclass(frozen=True, repr=False)
class CompiledParallel(Compiled):
    """Branches by their names, in the order of the file."""

    step: ParallelStep
    branches: "Mapping[str, Block]"

    @property
    def blocks(self) -> "Mapping[str, Block]":
        """Its branches."""
        return self.branches


@dataclass(frozen=True, repr=False)
class CompiledIf(Compiled):
    """One block or the other; `otherwise` may be empty."""

    step: IfStep
    condition: Expression
    then: "Block"
    otherwise: "Block"

    @property
    def blocks(self) -> "Mapping[str, Block]":
        """`then`, and `else` where there is one."""
        return {"then": self.then, "else": self.otherwise} if self.otherwise else {"then": self.then}


@dataclass(frozen=True, repr=False)
class CompiledSwitch(Compiled):
    """The block of the case that equals the text `value` gives; `default` may be empty."""

    step: SwitchStep
    value: Value
    cases: "Mapping[str, Block]"
    default: "Block"

    @property
    def blocks(self) -> "Mapping[str, Block]":
        """`case …` for each case, and `default` where there is one."""
        cases = {f"case {name}": block for name, block in self.cases.items()}
        return {**cases, "default": self.default} if self.default else cases


@dataclass(frozen=True, repr=False)
class CompiledWhile(Compiled):
    """A block again and again while the condition holds; `round` counts from 0 in both."""

    step: WhileStep
    condition: Expression
    do: "Block"

    @property
    def blocks(self) -> "Mapping[str, Block]":
        """`do`."""
        return {"do": self.do}


@dataclass(frozen=True, repr=False)
class CompiledForEach(Compiled):
    """A block for each item of the list that `items` gives; `item` is the name of the fact that holds it."""

    step: ForEachStep
    items: Value
    item: str
    do: "Block"

    @property
    def blocks(self) -> "Mapping[str, Block]":
        """`do`."""
        return {"do": self.do}


@dataclass(frozen=True, repr=False)
class CompiledTask(Compiled):
    """A person's work; `answers` gives the name of the fact that holds the answer to each question, by its id."""

    step: TaskStep
    answers: Mapping[str, str]


@dataclass(frozen=True, repr=False)
class CompiledCall(Compiled):
    """Another playbook, at the very content it had when this one was compiled.

    `inputs` holds what is given; the rest has defaults. `outputs` gives the name of the fact of each output.
    """

    step: CallStep
    playbook: "Playbook"
    inputs: Mapping[str, Value]
    outputs: Mapping[str, str]


@dataclass(frozen=True, repr=False)
class CompiledWait(Compiled):
    """Nothing, for so long."""

    step: WaitStep


@dataclass(frozen=True, repr=False)
class CompiledNotify(Compiled):
    """A notice: the action `notify`, its target the incident's id."""

    step: NotifyStep
    call: Call


@dataclass(frozen=True, repr=False)
class CompiledVerdict(Compiled):
    """A verdict on the incident."""

    step: VerdictStep


CompiledStep = (
    CompiledAction
    | CompiledParallel
    | CompiledIf
    | CompiledSwitch
    | CompiledWhile
    | CompiledForEach
    | CompiledTask
    | CompiledCall
    | CompiledWait
    | CompiledNotify
    | CompiledVerdict
)
Block = tuple[CompiledStep, ...]


@dataclass(frozen=True, repr=False)
class Playbook:
    """A playbook ready to be carried out.

    `content` is the file's plain content, and `digest` is over it: comments and layout do not change it. `facts` are
    all that any of its expressions may ask for; `language` prepares them, wherever in it the expression stands.
    """

    document: PlaybookFile
    content: Json
    digest: str
    language: Expressions
    facts: Mapping[str, FactType]
    when: Expression | None
    block: Block
    outputs: Mapping[str, Value]

    def __repr__(self) -> str:
        return f"Playbook({self.id}@{self.version}, {self.digest[:8]})"

    @property
    def id(self) -> str:
        """The playbook's own name."""
        return self.document.playbook

    @property
    def version(self) -> int:
        """Its version, as its author counts."""
        return self.document.version

    @cached_property
    def closing(self) -> frozenset[str]:
        """The names of steps after which nothing follows, on whatever way a run comes to them."""
        return frozenset(_closing(self.block))

    @cached_property
    def called(self) -> "tuple[Playbook, ...]":
        """The playbooks it calls itself, each once, in the order of the file."""
        calls = (step.playbook for step in walk(self.block) if isinstance(step, CompiledCall))
        return tuple({playbook.digest: playbook for playbook in calls}.values())

    @cached_property
    def calls_within(self) -> int:
        """How many calls stand within each other at most."""
        return max((1 + called.calls_within for called in self.called), default=0)

    @cached_property
    def identity(self) -> str:
        """The digest over what it does: its own content, and that of every playbook it calls."""
        return sha256({"playbook": self.digest, "calls": [called.identity for called in self.called]})


def _closing(block: Block) -> Iterator[str]:
    last = block[-1]
    yield last.step.name
    # What a loop does last may be followed by what it does first.
    if not isinstance(last, CompiledWhile | CompiledForEach):
        for inner in last.blocks.values():
            yield from _closing(inner)


def walk(block: Block) -> Iterator[CompiledStep]:
    """Every step of a block and within its steps, in the order of the file; also those that stand in on failure."""
    for step in block:
        yield step
        for inner in step.blocks.values():
            yield from walk(inner)
        if not isinstance(step.on_failure, OnFailure):
            yield from walk((step.on_failure,))

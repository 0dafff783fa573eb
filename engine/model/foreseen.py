"""What a playbook would do for one finding, as far as it can be told before anything of it is done."""

from datetime import timedelta
from enum import StrEnum

from engine.model.base import Json, Model


class Chance(StrEnum):
    """Whether a step is carried out, once what it stands in is: that may depend on what later facts say."""

    YES = "yes"
    NO = "no"
    LATER = "later"
    FAILS = "fails"


class Bound(Model):
    """An action that a step would ask for: nothing in it is an expression any more."""

    action: str
    target: str
    params: Json
    lease: timedelta | None = None


class ForeseenBlock(Model):
    """Steps of one block; `label` says which (`then`, a case, a branch, an item)."""

    label: str
    chance: Chance
    steps: "tuple[ForeseenStep, ...]"


class ForeseenStep(Model):
    """One step. `why` says what its chance rests on; `decision` is the policy's answer and every check's, as of now."""

    name: str
    kind: str
    because: str
    chance: Chance
    why: str = ""
    what: str = ""
    bound: Bound | None = None
    decision: Json | None = None
    blocks: tuple[ForeseenBlock, ...] = ()
    on_failure: "str | ForeseenStep" = "stop"


class Foreseen(Model):
    """One playbook and one finding; `answers` says whether it would be started by it."""

    playbook: str
    version: int
    digest: str
    answers: Chance
    why: str = ""
    steps: tuple[ForeseenStep, ...] = ()


ForeseenBlock.model_rebuild()
ForeseenStep.model_rebuild()

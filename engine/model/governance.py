"""How policies and playbooks change: what is proposed, who voted for it, and what is active."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from engine.model.authored import Count, Line, Span
from engine.model.base import AwareDatetime, Json, Model, Said

FileName = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f/]+$")]


class GovernanceTerms(Model):
    """The `governance` section of a policy: who has to agree before another one, or other playbooks, are active.

    `quorum` people of the `groups` besides the proposer; `rollback` of them, whoever asked for it included, to go back
    to what was active before.
    """

    quorum: Annotated[Count, Field(ge=1)] = 2
    groups: Annotated[tuple[Line, ...], Field(min_length=1)] = ("governance",)
    decide_in: Annotated[Span, Field(gt=timedelta(0))] = timedelta(days=7)
    rollback: Annotated[Count, Field(ge=1)] = 1


class Kind(StrEnum):
    """What changes by proposal: the policy, and the playbooks and the sources of context, each as one set."""

    POLICY = "policy"
    PLAYBOOKS = "playbooks"
    CONTEXT = "context"


class SourceText(Model):
    """One file as it was handed in, word by word."""

    name: FileName
    text: str


class Bundle(Model):
    """Every file of one policy, or of one set of playbooks; `digest` is what decisions and votes name it by."""

    kind: Kind
    digest: str
    label: str
    files: tuple[SourceText, ...]


class ProposalState(StrEnum):
    """Where a proposal stands; only an open one changes, and only once."""

    OPEN = "open"
    ACTIVATED = "activated"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


class Proposal(Model):
    """What somebody wants to be active. `base` is what it was compared with, `policy` the policy it is voted under.

    `binding` is the digest that a vote is for: over the three of them. `reports` is what voters go by.
    """

    id: str
    kind: Kind
    digest: str
    base: str
    policy: str
    binding: str
    label: str
    reason: Said
    proposer: str
    going_back: bool
    quorum: int
    groups: tuple[str, ...]
    state: ProposalState
    proposed_at: AwareDatetime
    deadline: AwareDatetime
    changed_at: AwareDatetime
    outcome: str = ""
    reports: Json = Field(default_factory=dict)


class Came(StrEnum):
    """How something became active."""

    STARTED = "started"
    IMPORTED = "imported"
    VOTED = "voted"
    WENT_BACK = "went_back"


class Activation(Model):
    """One line of the history; `number` counts those of its kind from 1, `entry` is the ledger's number of it."""

    number: int
    kind: Kind
    digest: str
    before: str | None
    label: str
    came: Came
    proposal: str | None
    proposer: str
    voters: tuple[str, ...]
    reason: Said
    at: AwareDatetime
    entry: int

"""The model of the truth: what the load had acknowledged, and what may come of it. It never asks the engine."""

from dataclasses import dataclass, field

from engine.model.approval import VoteKind
from engine.model.request import RequestState as R
from tests.crash.steps import Step

WHOLE_LIFE = frozenset({R.ENDED})


def steps(text: str) -> tuple[Step, ...]:
    """Steps as they are written here: `request awaiting_approval expired`, several separated by commas."""
    return tuple(Step(*part.split()) for part in text.split(","))


@dataclass(frozen=True)
class Recipe:
    """One way through the tables: the finding that begins it, what it leads to, and how its first request may end."""

    category: str
    leads_to: tuple[Step, ...]
    ends: frozenset[R] = WHOLE_LIFE
    tags: tuple[str, ...] = ()
    confidence: float = 0.99
    effect: bool = True
    """Whether an effect on its target may ever stand at the site."""
    asks: int = 1
    """How many actions its playbook asks for."""
    cut_short: bool = False
    """Whether a verdict may come before it has asked for all of them."""
    rolled_back: bool = False
    """Whether its playbook takes back what it did, before its time."""

    @property
    def quorum(self) -> int:
        """How many people have to approve it."""
        asked = {"asked": 1, "raised": 1, "asked-two": 2, "unanswered": 2}
        return asked.get(self.category.rpartition(".")[2], 0)

    @property
    def lasts_s(self) -> float:
        """How long its effect stands, if nobody intervenes."""
        return next((lasts for tag, lasts in LASTING.items() if tag in self.tags), 2.0)


LASTING = {"long": 9.0, "standing": 20.0}
"""By the tag that the playbooks go by."""
BEGUN = "request requested authorised,request authorised held,lease applying active"
OVER = "lease active releasing,lease releasing released"
PLAYED = f"{BEGUN},{OVER},request held ended,run running done"
ASKED = "request requested awaiting_approval"

WALKED = "walked"
"""The recipe whose playbook has branches, items and rounds."""
STANDING = "standing"
"""The recipe that is in flight for long and asks little of anybody."""

RECIPES = {
    "plain": Recipe("block.alone", steps(PLAYED)),
    STANDING: Recipe("block.alone", steps(PLAYED), tags=("standing",)),
    "forbidden": Recipe("block.forbidden", steps("request requested denied"), frozenset({R.DENIED}), effect=False),
    "watched": Recipe("block.watched", steps("request requested observed"), frozenset({R.OBSERVED}), effect=False),
    "unsure": Recipe(
        "block.alone", steps("request requested queued"), frozenset({R.QUEUED}), confidence=0.3, effect=False
    ),
    "approved": Recipe(
        "block.asked-two",
        steps(f"{ASKED},request awaiting_approval authorised,vote none cast"),
        frozenset({R.ENDED, R.EXPIRED}),
    ),
    "denied": Recipe(
        "block.asked",
        steps(f"{ASKED},request awaiting_approval rejected"),
        frozenset({R.REJECTED, R.EXPIRED}),
        effect=False,
    ),
    "unanswered": Recipe(
        "block.unanswered", steps(f"{ASKED},request awaiting_approval expired"), frozenset({R.EXPIRED}), effect=False
    ),
    "voided": Recipe(
        "block.raised",
        steps(f"{ASKED},request awaiting_approval superseded"),
        frozenset({R.SUPERSEDED, R.EXPIRED, R.ENDED}),
    ),
    "taken-back": Recipe(
        "block.asked",
        steps(f"{ASKED},request awaiting_approval withdrawn,run running withdrawn"),
        frozenset({R.WITHDRAWN, R.EXPIRED}),
        effect=False,
    ),
    "frozen": Recipe(
        "block.asked",
        steps(f"{ASKED},request awaiting_approval authorised,request authorised blocked"),
        frozenset({R.BLOCKED, R.EXPIRED}),
        effect=False,
    ),
    "hasty": Recipe("block.alone", steps("request authorised blocked"), frozenset({R.BLOCKED, R.WITHDRAWN, R.ENDED})),
    "vetoed": Recipe("block.told", steps(f"{BEGUN},request held vetoed"), frozenset({R.VETOED, R.ENDED}), ("long",)),
    "mistaken": Recipe(
        "block.alone", steps(f"{BEGUN},request held withdrawn"), frozenset({R.WITHDRAWN, R.ENDED}), ("long",)
    ),
    "drifting": Recipe("block.alone", steps("lease active drifted,lease drifted active"), tags=("long",)),
    "surrendered": Recipe(
        "block.alone", steps("lease active drifted,lease drifted active,lease drifted surrendered"), tags=("long",)
    ),
    "shared": Recipe("block.alone", steps(PLAYED)),
    WALKED: Recipe("walk.alone", steps(PLAYED), asks=6),
    "refused": Recipe(
        "host.refused",
        steps("lease applying failed,request authorised failed,run running failed"),
        frozenset({R.FAILED}),
        effect=False,
    ),
    "rolled": Recipe(
        "roll.alone",
        steps("run running rolling_back,run rolling_back rolled_back"),
        frozenset({R.ENDED, R.DENIED, R.BLOCKED}),
        tags=("long",),
        asks=2,
        rolled_back=True,
    ),
    "regretted": Recipe(
        "roll.alone",
        steps("run running rolling_back,run rolling_back withdrawn"),
        frozenset({R.ENDED, R.DENIED, R.BLOCKED, R.WITHDRAWN}),
        tags=("long",),
        asks=2,
        cut_short=True,
        rolled_back=True,
    ),
    "stuck": Recipe("host.stuck", steps("lease releasing stuck,lease stuck released")),
    "lied": Recipe("account.lied", steps("lease applying unknown,lease unknown failed"), frozenset({R.FAILED})),
    "silent": Recipe("message.silent", steps("lease applying unknown,lease unknown active")),
}
"""Every way the load takes."""


@dataclass
class Case:
    """One use of a recipe: what was sent, what was acknowledged, and what others did to its effect."""

    recipe: Recipe
    name: str
    target: str
    number: int
    findings: dict[str, str] = field(default_factory=dict)
    """Accepted findings, with the incident that the engine said."""
    meddled: bool = False
    """Somebody lifted its effect at the site."""
    ended_by_people: dict[str, str] = field(default_factory=dict)
    """Leases whose release was acknowledged, or incidents judged false positive, and by which door."""


@dataclass
class Truth:
    """Everything acknowledged."""

    cases: list[Case] = field(default_factory=list)
    votes: dict[tuple[str, str], VoteKind] = field(default_factory=dict)
    """Votes that count: by request and person."""
    unsure: set[tuple[str, str]] = field(default_factory=set)
    """Votes refused when they were sent again, after a crash had swallowed the first answer."""

    @property
    def accepted(self) -> dict[str, str]:
        """Every accepted finding, with its incident."""
        return {finding: incident for case in self.cases for finding, incident in case.findings.items()}

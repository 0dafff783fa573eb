"""A tripped budget: what it held back, and who has it act by itself again."""

from engine.model.base import AwareDatetime, Model, Said, Text

SITE = "site"
"""The scope of the whole site's budget."""
TRIPPED = "budget-tripped"
"""The rule by which people are asked about what would act by itself, were its budget not tripped; no policy's own."""


def detector_scope(detector: str, version: str) -> str:
    """What a detector version is called among budgets, and as a requester."""
    return f"detector:{detector}@{version}"


def segment_scope(kind: str) -> str:
    """What the segments of one kind are called among budgets."""
    return f"segment:{kind}"


class Trip(Model):
    """Since `at` nothing in `scope` is done without approval, until two people have reset it.

    `scope` is the id of a budget, `detector:NAME@VERSION`, `segment:KIND` or `site`. `gathers` says that findings of
    the detector version are taken in and not answered. `asked` counts those requests that were put to people one by
    one, `waiting` those after them that wait together, `gathered` the findings. `caused_by` asked for what did not fit.
    """

    id: str
    scope: str
    why: Text
    gathers: bool = False
    caused_by: str
    at: AwareDatetime
    finding_id: str
    incident_id: str
    review_id: str
    asked: int = 0
    waiting: int = 0
    gathered: int = 0
    reset_at: AwareDatetime | None = None
    reset_by: tuple[str, ...] = ()
    reason: Said = ""

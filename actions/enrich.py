"""Record what was found out about something."""

from actions.fields import PlainText
from actions.written import RecordParams, Written
from engine.model.action import ActionSpec, Impact, Reversal, TargetKind


class EnrichParams(RecordParams):
    """What it is about, who says so, and the facts by name."""

    source: PlainText = ""
    facts: dict[PlainText, PlainText] = {}


class Enrich(Written[EnrichParams]):
    """Write facts down; nothing at the site changes."""

    spec = ActionSpec(
        id="enrich",
        summary="record facts about something seen",
        params=EnrichParams,
        target=TargetKind.RECORD,
        impact=Impact.NONE,
        reversal=Reversal.SELF_HEALING,
        lasting=False,
    )

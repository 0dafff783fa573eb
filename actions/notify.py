"""Tell people something."""

from actions.fields import Peer, PlainText
from actions.written import RecordParams, Written
from engine.model.action import ActionSpec, Impact, Reversal, TargetKind
from engine.model.finding import Severity


class NotifyParams(RecordParams):
    """What it is about, the text, and which people or groups it is for (empty: whoever is on duty)."""

    text: PlainText = ""
    to: tuple[Peer, ...] = ()
    severity: Severity = Severity.INFORMATIONAL


class Notify(Written[NotifyParams]):
    """Write a notice; nothing at the site changes."""

    spec = ActionSpec(
        id="notify",
        summary="tell people",
        params=NotifyParams,
        target=TargetKind.RECORD,
        impact=Impact.NONE,
        reversal=Reversal.SELF_HEALING,
        lasting=False,
    )

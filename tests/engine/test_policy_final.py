"""What gives a final rule its facts: calendars, protected things, the learning period, authorised activity."""

from pathlib import Path

import pytest

from actions.registry import ActionSpecs
from engine.errors import InvalidFile
from engine.policy_file import Policy, load_policy

SHIPPED = Path(__file__).parents[2] / "policies"
HEAD = "policy: {layer}\nversion: 1\ndescription: ours\nowner: us\nlayer: {layer}\non: {on}\n"


def layered(folder: Path, organisation: str, team: str = "") -> Policy:
    """The baseline, an organisation's layer on it, and a team's on that."""
    (folder / "organisation.yaml").write_text(HEAD.format(layer="organisation", on="baseline") + organisation)
    (folder / "team.yaml").write_text(HEAD.format(layer="team", on="organisation.yaml") + team)
    return load_policy(folder / "team.yaml", ActionSpecs(), SHIPPED)


READ = """final: [rules]
calendars: [{id: year-end, kind: change_freeze, owner: us, events: [{starts: 2026-12-15, lasts: 20d}]}]
protected: [{id: vault, targets: [vault-1], owner: us, reason: ours}]
"""
CLOSING = "events: [{starts: 2020-01-01, lasts: 1h}]"


@pytest.mark.parametrize(
    ("team", "place"),
    [
        (f"calendars: [{{id: year-end, {CLOSING}}}]", "calendars.year-end.events"),
        ("calendars: [{id: year-end, kind: occasion}]", "calendars.year-end.kind"),
        ("calendars: [{id: year-end, actions: [mail.quarantine]}]", "calendars.year-end.actions"),
        ("protected: [{id: vault, targets: [vault-2]}]", "protected.vault.targets"),
        ("learning: {at_least: 1h}", "learning.at_least"),
    ],
)
def test_what_gives_a_final_rule_its_facts_opens_nothing(tmp_path: Path, team: str, place: str) -> None:
    with pytest.raises(InvalidFile) as caught:
        layered(tmp_path, READ, f"{team}\n")
    assert f"relaxes `{place}`" in str(caught.value)
    assert layered(tmp_path, READ.replace("[rules]", "[grants]"), f"{team}\n").document.final == ("grants",)


@pytest.mark.parametrize(
    "team",
    [
        f"calendars: [{{id: month-end, {CLOSING}}}]",
        f"calendars: [{{id: ours, kind: change_freeze, owner: us, {CLOSING}}}]",
        "protected: [{id: vault, targets: [vault-1, vault-2]}]",
        "learning: {at_least: 300d, at_most: 301d}",
        "authorised_activity: [{id: scan, kind: scanner, sources: [scan-1], targets: [10.0.0.0/8], owner: us, "
        "reason: ours, expires_at: 2030-01-01T00:00:00Z}]",
    ],
)
def test_what_no_final_rule_reads_or_what_only_restricts_may_be_said(tmp_path: Path, team: str) -> None:
    assert layered(tmp_path, READ, f"{team}\n").digest != layered(tmp_path, READ).digest

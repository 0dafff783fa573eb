"""Entries of the ledger as OCSF: everything its schema asks for, nothing that the ledger does not say."""

from datetime import UTC, datetime

import pytest

from actions.registry import ActionSpecs
from engine.model.base import Json
from engine.model.entry import Entry
from engine.ocsf import STAGES, TACTICS, About, event, leaves, uid
from tests.ocsf_schema import problems

SPECS = ActionSpecs()
AT = datetime(2026, 11, 21, 3, 11, tzinfo=UTC)
BLOCK = About(
    "AR-0007", False, action="network.block_ip", spec=SPECS.get("network.block_ip"), target="203.0.113.7",
    connector="edge-1", incidents=("INC-1",), requests=("AR-0007",),
)  # fmt: skip
FOUND: Json = {"incident": "INC-1", "detector": "dns.tunnel", "version": "2", "severity": "high", "confidence": 0.97}


def entry(kind: str, **body: object) -> Entry:
    made = {"seq": 41, "n": 3, "prev": "", "subject": "request/AR-0007", "kind": kind, "actor": "engine", "at": AT}
    return Entry.model_validate({**made, "body": body})


def finding(**body: object) -> Entry:
    return entry("finding.accepted", **{**FOUND, "title": "tunnel to evil.example", **body})


@pytest.mark.parametrize("kind", STAGES)
def test_every_stage_is_a_remediation_activity_by_the_schema(kind: str) -> None:
    made = event(entry(kind, because="a check"), BLOCK, "ab12")
    assert problems(made) == []
    assert (made["class_uid"], made["command_uid"], made["status_code"]) == (7001, "AR-0007", kind)


def test_a_finding_is_a_detection_by_the_schema() -> None:
    made = event(finding(), About("F-1", False, incidents=("INC-1",), techniques=("T1071.004",)), "ab12")
    assert problems(made) == []
    assert (made["class_uid"], made["activity_id"], made["severity_id"]) == (2004, 1, 4)
    assert (made["confidence_id"], made["confidence_score"]) == (3, 97)
    info = made["finding_info"]
    assert isinstance(info, dict)
    assert (info["uid"], info["attacks"]) == ("F-1", [{"technique": {"uid": "T1071.004"}}])


def test_findings_that_were_only_gathered_are_an_update_with_their_number() -> None:
    gathered = event(entry("findings.gathered", trip="BT-1", incident="INC-2", count=320), About("BT-1", False), "ab12")
    assert problems(gathered) == []
    assert (gathered["activity_id"], gathered["message"]) == (2, "320 more findings, taken in and not answered")


def test_a_detector_that_gave_no_confidence_has_none() -> None:
    made = event(finding(confidence=None), About("F-1", False), "ab12")
    assert (made["confidence_id"], "confidence_score" in made, problems(made)) == (0, False, [])


def test_the_id_is_the_entry_s_at_this_site_and_nothing_else() -> None:
    first = event(entry("lease.active"), BLOCK, "ab12")["metadata"]
    again = event(entry("lease.active"), BLOCK, "ab12")["metadata"]
    assert isinstance(first, dict)
    assert (first, first["uid"], first["sequence"]) == (again, "ab12-41", 41)
    assert uid("other", 41) != uid("ab12", 41)


def test_it_says_whether_the_effect_is_real() -> None:
    labels = [
        event(entry("lease.active"), About("LS-1", simulated, action="notify", target="x"), "s")["metadata"]
        for simulated in (True, False)
    ]
    assert [one["labels"] for one in labels if isinstance(one, dict)] == [["simulated"], ["real"]]


@pytest.mark.parametrize("technique", sorted({spec.d3fend for spec in SPECS.all()} - {""}))
def test_every_countermeasure_of_ours_has_its_tactic(technique: str) -> None:
    assert technique in TACTICS


def test_an_effect_is_told_with_its_countermeasure_and_its_release_restores() -> None:
    active, released = event(entry("lease.active"), BLOCK, "s"), event(entry("lease.released"), BLOCK, "s")
    assert active["countermeasures"] == [{"d3f_technique": {"uid": "D3-NTF"}, "d3f_tactic": {"name": "Isolate"}}]
    assert (active["activity_name"], active["status"]) == ("Isolate", "Success")
    assert (released["activity_name"], released["status"]) == ("Restore", "Success")
    assert active["observables"] == [{"name": "unmapped.target", "type_id": 2, "value": "203.0.113.7"}]


def test_leave_that_people_gave_is_told_apart_from_leave_that_policy_gave() -> None:
    stages = [
        event(entry("request.authorised", **body), BLOCK, "s")["unmapped"] for body in ({"approvers": ["anna"]}, {})
    ]
    assert [one["stage"] for one in stages if isinstance(one, dict)] == ["approved", "authorised"]


def test_what_changes_nothing_does_not_leave() -> None:
    kept = [entry("lease.active", re_applied=True), entry("lease.released", lasting=False), entry("message.sent")]
    assert [leaves(one) for one in kept] == [False, False, False]
    assert leaves(entry("lease.released", lasting=True))


def test_text_from_outside_is_a_bounded_line_of_data() -> None:
    hostile = "a\n<!channel> \u202eevil\x00\x1b[31m @here " + "x" * 100_000
    made = event(
        finding(title=hostile, detector=hostile, version=hostile), About("F-1", False, techniques=(hostile,)), "s"
    )
    blocked = event(
        entry("request.blocked", stopped_by=[hostile, hostile]), About("AR-1", False, "b", None, hostile), "s"
    )
    for text in (str(made), str(blocked)):
        assert len(text) < 4000
        assert [bad for bad in ("<!", "\u202e", "\\x00", "\\x1b", "\\n", "@here") if bad in text] == []

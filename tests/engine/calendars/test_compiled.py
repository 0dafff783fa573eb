"""Which calendars are open for a request, and that a freeze only ever takes away."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from actions.registry import ActionSpecs
from engine.calendars.compiled import coming
from engine.decide import decide
from engine.documents import parse
from engine.errors import InvalidFile
from engine.model.action import ActionSpec
from engine.model.base import Json
from engine.model.decision import Effect
from engine.policy_cases import action_facts, unknown_facts
from engine.policy_diff import compare
from engine.policy_file import Policy, parse_policy

SPECS = ActionSpecs()
BASELINE = (Path(__file__).parents[3] / "policies" / "baseline.yaml").read_text()
CONTENT = parse(BASELINE, "baseline.yaml").data
FREEZE: Json = {
    "id": "f", "kind": "change_freeze", "owner": "o",
    "events": [{"starts": "2026-12-18T18:00", "ends": "2027-01-04T06:00"}],
}  # fmt: skip
FACTS: Json = unknown_facts() | {
    "time.now": "2026-12-24T12:00:00+00:00", "action.id": "host.isolate", "target.segment": "servers",
    "target.names": ["10.0.0.5", "files-02"], "target.zone": "inside",
}  # fmt: skip


def policy(*calendars: Json, coverage: Json | None = None) -> Policy:
    changed: Json = {**CONTENT, "calendars": [*calendars]}
    changed["learning"] = {"at_least": "21d", "at_most": "45d", "coverage": [coverage] if coverage else []}
    return parse_policy(json.dumps(changed), "p.yaml", SPECS)


def told(calendar: Json, facts: Json) -> list[JsonValue]:
    return [*policy(FREEZE | calendar).calendars.facts(FACTS | facts).values()]


@pytest.mark.parametrize(
    ("calendar", "facts", "expected"),
    [
        ({}, {}, [True, False, ["f"]]),
        ({"kind": "maintenance"}, {}, [False, True, ["f"]]),
        ({"kind": "occasion"}, {}, [False, False, ["f"]]),
        ({}, {"time.now": "2026-12-18T17:59:59+00:00"}, [False, False, []]),
        ({}, {"time.now": "2026-12-18T18:00:00+00:00"}, [True, False, ["f"]]),
        ({}, {"time.now": "2027-01-04T06:00:00+00:00"}, [False, False, []]),
        ({"zone": "Asia/Tokyo"}, {"time.now": "2026-12-18T09:00:00+00:00"}, [True, False, ["f"]]),
        ({"events": []}, {}, [False, False, []]),
        ({"actions": ["host.isolate"]}, {}, [True, False, ["f"]]),
        ({"actions": ["network.block_ip"]}, {}, [False, False, []]),
        ({"segments": ["servers"]}, {}, [True, False, ["f"]]),
        ({"segments": ["guest"]}, {}, [False, False, []]),
        ({"targets": ["FILES-02"]}, {}, [True, False, ["f"]]),
        ({"targets": ["10.0.0.0/24"]}, {}, [True, False, ["f"]]),
        ({"targets": ["10.0.1.0/24"]}, {}, [False, False, []]),
        ({"when": 'target.zone == "inside"'}, {}, [True, False, ["f"]]),
        ({"when": 'target.zone == "outside"'}, {}, [False, False, []]),
        # What gives no answer is within, and without a time everything is open.
        ({"when": 'action.params.x == 1'}, {}, [True, False, ["f"]]),
        ({}, {"time.now": ""}, [True, False, ["f"]]),
    ],
)  # fmt: skip
def test_what_is_open(calendar: Json, facts: Json, expected: list[JsonValue]) -> None:
    assert told(calendar, facts) == expected


@pytest.mark.parametrize(
    ("calendar", "message"),
    [
        ({"zone": "Mars"}, "there is no time zone `Mars`"),
        ({"when": "time.change_freeze"}, "a calendar's scope cannot ask about calendars"),
        ({"when": "target.zon == ''"}, "no valid expression"),
        ({"actions": ["host.isolat"]}, "there is no action `host.isolat`"),
        ({"file": "x.ics"}, "give `events`, or a `file`, not both"),
        ({"events": [{"starts": "2026-02-30", "lasts": "1d"}]}, "there is no `2026-02-30`"),
        ({"events": [{"starts": "2026-02-03"}]}, "say when it `ends`, or how long it `lasts`"),
        ({"events": [{"starts": "2026-02-03", "lasts": "0s"}]}, "ends no later than it begins"),
        ({"events": [{"starts": "2026-02-03", "lasts": "1d", "repeats": "FREQ=SECONDLY"}]}, "a rule recurs by"),
        ({"events": [{"starts": "2026-02-03", "lasts": "1d", "but_not": ["2026-02-03T01:00"]}]}, "name the day alone"),
        ({"events": [], "ics": "BEGIN:VCALENDAR\nx"}, "is no line of a calendar"),
    ],
)  # fmt: skip
def test_what_is_refused(calendar: Json, message: str) -> None:
    with pytest.raises(InvalidFile, match=message):
        policy(FREEZE | calendar)


def test_coverage_names_calendars_that_exist() -> None:
    with pytest.raises(InvalidFile, match="there is no calendar `g`"):
        policy(FREEZE, coverage={"calendar": "g"})


def test_days_left_out_and_the_next_windows() -> None:
    event: Json = {
        "starts": "2026-01-13T22:00",
        "lasts": "6h",
        "repeats": "FREQ=MONTHLY;BYDAY=2TU",
        "but_not": ["2026-02-10"],
    }
    windows = policy(FREEZE | {"events": [event]}).calendars.windows("f")
    found = coming(windows, datetime(2026, 1, 14, 3, tzinfo=UTC), 3)
    assert [f"{window.starts:%m-%d %H} {window.ends:%m-%d %H}" for window in found] == [
        "01-13 22 01-14 04", "03-10 22 03-11 04", "04-14 22 04-15 04",
    ]  # fmt: skip
    assert coming(policy(FREEZE).calendars.windows("f"), datetime(2028, 1, 1, tzinfo=UTC), 3) == ()


def test_what_differs_is_told_as_what_it_can_allow() -> None:
    without, frozen, other = policy(), policy(FREEZE), policy(FREEZE | {"actions": ["host.isolate"]})
    assert [change.can_allow_more for change in compare(without.document, frozen.document)] == [False]
    assert [change.can_allow_more for change in compare(frozen.document, without.document)] == [True]
    assert [change.can_allow_more for change in compare(frozen.document, other.document)] == [True]
    assert len({one.digest for one in (without, frozen, other)}) == 3


STRICTER = {Effect.EXECUTE: 0, Effect.ASK: 1, Effect.OBSERVE: 2, Effect.QUEUE: 3, Effect.DENY: 4}
PLAIN, FROZEN = policy(), policy(FREEZE, FREEZE | {"id": "m", "kind": "maintenance"})
CHANGES: dict[str, st.SearchStrategy[JsonValue]] = {
    "target.zone": st.sampled_from(["inside", "partner", "outside"]),
    "target.criticality": st.sampled_from(["low", "standard", "high", "critical", "protected"]),
    "target.segment": st.sampled_from(["guest", "servers"]),
    "source.quality": st.sampled_from(["healthy", "sick", "unknown"]),
    "source.learning": st.booleans(), "finding.present": st.booleans(), "request.person": st.booleans(),
    "request.interim": st.booleans(), "finding.confidence": st.sampled_from([0.0, 0.7, 0.97, 1.0]),
    "autonomy.bound": st.sampled_from([0.0, 0.96, 0.999]), "autonomy.granted_tier": st.sampled_from([0, 1, 2]),
    "autonomy.verdicts": st.just(400), "intel.independent_origins": st.sampled_from([0, 1, 2]),
    "identity.privileged": st.booleans(), "time.now": st.sampled_from([FACTS["time.now"], "2026-06-01T00:00:00+00:00"]),
}  # fmt: skip


@given(st.sampled_from([*SPECS.all()]), st.fixed_dictionaries(CHANGES))
def test_adding_a_freeze_never_allows_more(known: ActionSpec, changes: Json) -> None:
    facts = unknown_facts() | changes | action_facts(known) | {"action.id": known.id}
    plain, frozen = (decide(one, facts | one.calendars.facts(facts), known) for one in (PLAIN, FROZEN))
    assert frozen.tier >= plain.tier
    assert STRICTER[frozen.effect] >= STRICTER[plain.effect]

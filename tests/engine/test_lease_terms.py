"""What a policy says of drift: by action, with the place of what is wrong, and compared."""

from datetime import timedelta
from pathlib import Path

import pytest

from actions.registry import ActionSpecs
from engine.errors import InvalidFile
from engine.model.lease_terms import Drift, LeaseTerms, OnDrift
from engine.policy_diff import compare
from engine.policy_file import Policy, load_policy, parse_policy

DEMO = Path(__file__).parents[2] / "policies" / "demo.yaml"
SECOND = timedelta(seconds=1)
SITE = 30 * SECOND
MAIL = Drift(id="mail", actions=("mail.quarantine",), look_every=5 * SECOND, on_drift=OnDrift.SURRENDER, because="b")


def parsed(leases: str) -> Policy:
    return parse_policy(f"{DEMO.read_text()}\nleases: {leases}\n", "demo.yaml", ActionSpecs())


@pytest.mark.parametrize(
    ("terms", "action", "every", "drifted"),
    [
        (LeaseTerms(), "mail.quarantine", SITE, "re_apply"),
        (LeaseTerms(look_every=10 * SECOND), "mail.quarantine", 10 * SECOND, "re_apply"),
        (LeaseTerms(look_every=60 * SECOND), "mail.quarantine", SITE, "re_apply"),
        (LeaseTerms(on_drift=OnDrift.SURRENDER), "mail.quarantine", SITE, "surrender"),
        (LeaseTerms(drift=(MAIL,)), "mail.quarantine", 5 * SECOND, "surrender"),
        (LeaseTerms(drift=(MAIL,), look_every=10 * SECOND), "host.isolate", 10 * SECOND, "re_apply"),
        (
            LeaseTerms(drift=(MAIL.model_copy(update={"look_every": None}),), look_every=10 * SECOND),
            "mail.quarantine", 10 * SECOND, "surrender",
        ),
        (
            LeaseTerms(drift=(MAIL.model_copy(update={"on_drift": None}),), on_drift=OnDrift.SURRENDER),
            "mail.quarantine", 5 * SECOND, "surrender",
        ),
    ],
)  # fmt: skip
def test_what_holds_for_an_action(terms: LeaseTerms, action: str, every: timedelta, drifted: str) -> None:
    assert (terms.looked_at(action, SITE), terms.drifted(action)) == (every, drifted)


@pytest.mark.parametrize(
    ("leases", "said"),
    [
        ("{look_every: 500ms}", "is no duration"),
        ("{look_every: 0.5s}", "look_every"),
        ("{on_drift: ignore}", "on_drift"),
        ("{drift: [{id: a, actions: [mail.burn], because: b}]}", "`mail.burn`"),
        ("{drift: [{id: a, actions: [], because: b}]}", "actions"),
        (
            "{drift: [{id: a, actions: [notify], because: b}, {id: b, actions: [notify], because: b}]}",
            "another row speaks of `notify`",
        ),
        ("{drift: [{id: a, actions: [notify], because: b}, {id: a, actions: [ticket], because: b}]}", "`a`"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(leases: str, said: str) -> None:
    line = len(DEMO.read_text().splitlines()) + 2
    with pytest.raises(InvalidFile) as caught:
        parsed(leases)
    assert [problem.line for problem in caught.value.problems] == [line]
    assert said in str(caught.value.problems[0])


def test_a_difference_is_named_by_its_place() -> None:
    before = load_policy(DEMO, ActionSpecs()).document
    after = parsed("{look_every: 5s, on_drift: surrender, drift: [{id: m, actions: [notify], because: b}]}").document
    assert [change.place for change in compare(before, after)] == [
        "leases.look_every",
        "leases.on_drift",
        "leases.drift.m",
    ]


def test_without_it_a_policy_says_what_it_said() -> None:
    assert parsed("{}").digest == load_policy(DEMO, ActionSpecs()).digest

"""The demo's plain lines: what the ledger's entries become for a reader."""

import time
from collections.abc import Iterator

import pytest

from console.cli.demo.telling import Teller
from engine.model.base import Json

BACKUP: Json = {"peer": "bkp-02", "port": 8400, "protocol": "tcp"}
REPLICATION: Json = {"peer": "files-03", "port": 5433, "protocol": "tcp"}
CUT = "legitimate-flows: would have cut in the last 14d: {} files-02 to {} (1 flow, 0 B, last 2026-11-20 23:59:00Z)"
REASONS: list[object] = ["grant: trusted", "isolate-critical: tier 4: a critical asset", "extremely-sure: 0.97 < 0.99"]


@pytest.fixture(autouse=True)
def new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The reader's clock, five hours behind the ledger's."""
    monkeypatch.setenv("TZ", "EST5")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def entry(second: float, subject: str, kind: str, actor: str = "engine", **body: object) -> Json:
    return {"at": f"2026-11-21T12:00:{second:06.3f}Z", "subject": subject, "kind": kind, "actor": actor, "body": body}  # type: ignore[dict-item]


def requested(second: float, name: str, *spare: Json, supersedes: str | None = None) -> Json:
    return entry(
        second, f"request/{name}", "request.requested", action="host.isolate", target="files-02", incident="INC-0004",
        interim_for=None, supersedes=supersedes, params={"target": "files-02", "spare": [*spare]},
    )  # fmt: skip


def asked(second: float, name: str, digest: str) -> Json:
    return entry(second, f"request/{name}", "request.awaiting_approval", approve=digest, tier=4, reasons=REASONS)


def stopped(second: float, name: str, kind: str, what: str, peer: str) -> Json:
    checks: Json = {"legitimate-flows": "block", "budget": "pass", "freeze": "pass"}
    return entry(second, f"request/{name}", kind, effect="ask", checks=checks, stopped_by=[CUT.format(what, peer)])


def began(second: float, lease: str, request: str, until: str) -> list[Json]:
    return [
        entry(second, f"lease/{lease}", "lease.applying", request=request, generation=1),
        entry(second, f"lease/{lease}", "lease.active", executor="simulated"),
        entry(second, f"request/{request}", "request.held", lease=lease, until=until),
    ]


def told(*entries: Json) -> list[str]:
    return [str(line) for line in Teller().lines(entries)]


def test_what_is_asked_narrower_from_the_start_says_what_all_of_it_would_have_cut() -> None:
    lines = told(
        requested(1, "AR-1"),
        stopped(1, "AR-1", "request.denied", "replication", "files-03"),
        requested(1, "AR-2", REPLICATION, supersedes="AR-1"),
        asked(1, "AR-2", "b2f9e231" * 8),
    )
    assert lines == [
        "07:00:01  INC-0004  narrowed   host.isolate files-02   asked narrower from the start: would have cut in the "
        "last 14d: replication files-02 to files-03",
        "07:00:01  INC-0004  asked      host.isolate files-02 except tcp/5433 to files-03   tier 4: a critical asset, "
        "0.97 < 0.99; digest b2f9-e231",
    ]


def test_an_approved_action_that_is_blocked_is_asked_again_narrower_and_active_says_what_is_spared() -> None:
    lines = told(
        requested(1, "AR-2", REPLICATION),
        entry(2, "request/AR-2", "request.authorised", approvers=["anna", "samir"], digest="b2f9e231" * 8),
        stopped(2, "AR-2", "request.blocked", "backup", "bkp-02"),
        requested(2, "AR-3", BACKUP, REPLICATION, supersedes="AR-2"),
        asked(2, "AR-3", "ee578d84" * 8),
        *began(3, "L-1", "AR-3", "2026-11-21T12:00:18Z"),
    )
    assert lines == [
        "07:00:02  INC-0004  approved   anna + samir, for digest b2f9-e231",
        "07:00:02  INC-0004  BLOCKED    host.isolate files-02 was NOT done: would have cut in the last 14d: backup "
        "files-02 to bkp-02; 2 other checks pass",
        "07:00:02  INC-0004  asked      again, narrower: host.isolate files-02 except tcp/8400 to bkp-02 and tcp/5433 "
        "to files-03   tier 4: a critical asset, 0.97 < 0.99; digest ee57-8d84",
        "07:00:03  INC-0004  active     host.isolate files-02 except tcp/8400 to bkp-02 and tcp/5433 to files-03   "
        "verified (SIMULATED SITE); ends 07:00:18",
    ]


def test_an_interim_is_marked_as_one_with_its_tier_and_how_soon_it_was_verified() -> None:
    interim = entry(
        1, "request/AR-4", "request.requested", action="network.block_ip", target="203.0.113.44", incident="INC-0004",
        interim_for="AR-2", supersedes=None, params={"spare": []},
    )  # fmt: skip
    allowed = entry(1, "request/AR-4", "request.authorised", tier=1, reasons=["outside: tier 1: listed"])
    lines = told(interim, allowed, *began(1.4, "L-2", "AR-4", "2026-11-21T12:00:31Z"))
    assert lines == [
        "07:00:01  INC-0004  interim    network.block_ip 203.0.113.44   tier 1: verified in 0.4 s (SIMULATED SITE)"
    ]


@pytest.mark.parametrize(
    ("effect", "stopped_by", "why"),
    [("deny", ["legitimate-flows: x"], "forbidden: never"), ("ask", ["freeze: all is frozen"], "all is frozen")],
)
def test_what_is_denied_and_not_asked_narrower_says_why(effect: str, stopped_by: list[str], why: str) -> None:
    reasons = ["never-protected: forbidden: never"]
    denied = entry(1, "request/AR-5", "request.denied", effect=effect, stopped_by=stopped_by, reasons=reasons)
    assert told(requested(1, "AR-5"), denied) == [f"07:00:01  INC-0004  denied     host.isolate files-02   {why}"]


def test_votes_refusals_silence_and_releases_have_a_line_each_and_the_rest_has_none() -> None:
    teller = Teller()
    lines = teller.lines(
        [
            entry(0, "incident/INC-0004", "incident.opened", title="exfiltration from files-02"),
            requested(1, "AR-6"),
            entry(1, "request/AR-6", "approval.asked", asked=["samir"]),
            entry(2, "request/AR-6", "vote.refused", "jonas", because="submitted this finding", vote="approve"),
            entry(3, "request/AR-6", "vote.cast", "anna", vote="approve"),
            entry(4, "request/AR-6", "request.expired"),
        ]
    )
    assert [str(line)[20:] for line in lines] == [
        "opened     exfiltration from files-02",
        "refused    vote of jonas: submitted this finding",
        "vote       anna: approve",
        "expired    host.isolate files-02: nobody answered, so it is not done",
    ]
    later = teller.lines(
        [
            *began(5, "L-3", "AR-6", "2026-11-21T12:00:20Z")[:1],
            entry(6, "lease/L-3", "lease.held_on", because="AR-6 expired unanswered"),
            entry(
                7, "lease/L-3", "lease.released", lasting=True,
                due="2026-11-21T12:00:06.8Z", effect_at="2026-11-21T12:00:07Z",
            ),
        ]
    )  # fmt: skip
    assert [(line.verb, line.said) for line in later] == [
        ("held on", "host.isolate files-02   AR-6 expired unanswered"),
        ("released", "host.isolate files-02   0.2 s after due"),
    ]

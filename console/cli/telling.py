"""Approval requests and the state of everything, told for a person: what decides first, nothing left out."""

from collections.abc import Iterator

from console.cli.answers import local, needed, rows, text
from engine.model.base import Json

SECTIONS = {
    "stuck": ("stuck", ("id", "action", "target", "state", "note")),
    "paged, and nobody has acknowledged it": ("pages", ("id", "kind", "opened_at", "text")),
    "frozen": ("frozen", ("scope", "left", "by", "reason", "until")),
    "break-glass, not reviewed yet": (
        "break_glass",
        ("request", "principal", "action", "target", "reason", "review", "deadline", "state"),
    ),
    "in force": ("in_force", ("id", "action", "target", "state", "executor", "expires_at")),
    "waiting for": ("waiting_for", ("id", "action", "target", "missing", "groups", "on_call", "deadline")),
    "to be done": ("tasks", ("id", "groups", "asked", "deadline", "incident", "task")),
    "waiting for review": ("reviews", ("id", "kind", "severity", "state", "taken_by", "overdue", "deadline", "title")),
    "sick sources": ("sick_sources", ("product", "detector", "why", "last_seen")),
    "stale context": ("stale_context", ("name", "file", "as_of")),
    "traffic not recorded lately": ("stale_flows", ("newest", "recorded", "days")),
    "not delivered": ("undelivered", ("channel", "count", "since", "because")),
    "put to the vote": ("proposals", ("id", "kind", "label", "proposer", "missing", "deadline")),
    "tripped budgets": ("tripped", ("scope", "why", "missing", "asked", "waiting", "gathered", "review", "at")),
    "over budget": ("over_budget", ("budget", "window", "used", "limit", "until")),
    "ended or ending in the policy": ("ending", ("section", "id", "owner", "state", "expires_at")),
    "connectors": ("connectors", ("instance", "executor", "healthy", "seen_at", "error")),
}
"""What a person is shown, the most urgent first."""
COUNTED = {"queued for review": "queued", "dead letters": "dead_letters"}
PERMANENT_S = 36_500 * 86_400
"""A share that lasts until somebody releases it (`engine.model.lease.PERMANENT`)."""
SILENCE = {"deny": "nothing is done", "hold": "nothing is done, the interim is held", "act": "it is done"}


def tell_status(answer: Json) -> Iterator[str]:
    """What is in force and ends next, who is waited for, what is stuck, frozen, over budget."""
    policy, ends = _part(answer, "policy"), _part(answer, "ends_next")
    yield f"at {local(answer['at'])}, policy {policy['name']} ({str(policy['digest'])[:8]})"
    for title, (name, columns) in SECTIONS.items():
        found = list(rows(answer, name, columns))
        yield f"{title}: {len(found)}"
        yield from ("  " + "  ".join(filter(None, row)) for row in found)
    if ends:
        yield f"ends next: {ends['id']} {ends['action']} {ends['target']} at {local(ends['at'])}"
    yield from (f"{title}: {text(answer[name])}" for title, name in COUNTED.items() if answer[name])


def _lasts(answer: Json) -> str:
    """How long it would last; what prolongs an effect says so, and what has no end says that first."""
    wanted = answer["lease_s"]
    assert isinstance(wanted, int | float)
    if wanted >= PERMANENT_S:
        return f"PERMANENT: stays until somebody releases it; prolongs {answer['extends']}"
    prolongs = f"; prolongs {answer['extends']}, counted from the approval" if answer.get("extends") else ""
    return f"for {wanted:g} s; ends by itself{prolongs}"


def tell_approval(answer: Json) -> Iterator[str]:
    """An approval card: what, why, what it would break, what else happens, and every parameter, none cut."""
    real = "SIMULATED SITE" if answer["executor"] == "simulated" else "REAL"
    groups = ", ".join(str(group) for group in _list(answer, "groups"))
    quorum = ("1 approval" if answer["quorum"] == 1 else f"{answer['quorum']} approvals") + (
        f", one from {groups}" if groups else ""
    )
    yield f"{real} · TIER {answer['tier']} · {quorum} · decide by {local(answer['deadline'])}"
    yield f"{answer['action']} {answer['target']} {_lasts(answer)}"
    yield f"WHY      {answer['reason']}"
    yield f"WHY YOU  {answer['why_not_automatic']}"
    yield from (f"CHANGED  {line}" for line in _list(answer, "difference"))
    yield f"SILENCE  {SILENCE.get(str(answer['on_expiry']), answer['on_expiry'])}"
    yield from _tell_checks(answer)
    yield f"STATE    {answer['state']}" + (f": {answer['outcome']}" if answer["outcome"] else "")
    yield f"VOTES    {needed(answer)}"
    yield from (f"         {_vote(vote)}" for vote in _list(answer, "votes"))
    yield from (f"PARAM    {name} = {text(value) or 'none'}" for name, value in _part(answer, "params").items())
    yield f"{answer['incident']} · {answer['id']} · asked by {answer['requester']} · digest {answer['short_digest']}"


def _tell_checks(answer: Json) -> Iterator[str]:
    """Passes are counted; what warns or stops is told."""
    checks = [check for check in _list(answer, "checks") if isinstance(check, dict)]
    told = [check for check in checks if check["outcome"] != "pass"]
    yield f"CHECKS   {len(checks) - len(told)} of {len(checks)} pass; all run again after the last vote"
    yield from (f"{str(check['outcome']).upper():8} {check['check']}: {check['summary']}" for check in told)


def _vote(vote: object) -> str:
    assert isinstance(vote, dict)
    back = f", counts no more ({vote['struck']})" if vote["struck"] else ", taken back" if vote["retracted_at"] else ""
    reason = f": {vote['reason']}" if vote["reason"] else ""
    lasts = f" for {vote['lease_s']:g} s" if vote["lease_s"] else ""
    return f"{vote['kind']} {vote['principal']}{lasts} at {local(vote['at'])}{back}{reason}"


def _part(answer: Json, name: str) -> Json:
    value = answer[name]
    return value if isinstance(value, dict) else {}


def _list(answer: Json, name: str) -> list[object]:
    value = answer[name]
    return [*value] if isinstance(value, list) else []

"""`fireline policy propose`, `proposals`, `approve`, `deny`, `history`, `rollback`, `stored`, and of playbooks."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.cli.answers import connect, local, rows
from console.cli.options import As, Home, Id, Json, Why, identifier
from console.cli.output import Output
from engine.errors import Denied
from engine.model.base import Json as JsonObject

if TYPE_CHECKING:
    from engine.model.governance import SourceText

PolicyFile = Annotated[str, typer.Argument(metavar="FILE", help="A policy file or a shipped policy.")]
Playbooks = Annotated[list[Path], typer.Argument(metavar="FILE…", help="Playbook files, voted on together.")]
Cases = Annotated[Path | None, typer.Option("--cases", help="Its cases, if not `NAME.cases.yaml` beside it.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; voters read it, and it stands in the ledger.")]
Shown = Annotated[str | None, typer.Option("--digest", help="The digest you were shown; another is refused.")]
Which = Annotated[
    str | None, typer.Argument(metavar="[ID]", parser=identifier, help="One proposal with its reports; else all.")
]
Version = Annotated[
    str | None, typer.Argument(metavar="[DIGEST]", parser=identifier, help="Eight digits of a digest, or more.")
]


def propose_policy(
    file: PolicyFile,
    cases: Cases = None,
    reason: Reason = "",
    acting_as: As = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Put a policy to the vote, with what its cases, difference, proof and replay say. Exit code 2 if unsound."""
    from console.cli.assembly import policy_layers, policy_path
    from engine.bundles import policy_texts, read_text
    from engine.policy_cases import beside

    tried = cases or beside(policy_path(file))
    files = [*policy_texts(Path(layer.name) for layer in policy_layers(file))]
    given = read_text(tried) if cases is not None or tried.is_file() else None
    _propose("policy", files, given, reason, acting_as, home, Output(json))


def propose_playbooks(
    files: Playbooks, reason: Reason = "", acting_as: As = None, home: Home = None, json: Json = False
) -> None:
    """Put playbooks to the vote, as part of the set that is active. Exit code 2 where one is unsound."""
    from engine.bundles import read_text

    _propose("playbooks", [read_text(file) for file in files], None, reason, acting_as, home, Output(json))


def _propose(
    kind: str,
    files: "list[SourceText]",
    cases: "SourceText | None",
    reason: str,
    acting_as: str | None,
    home: Path | None,
    output: Output,
) -> None:
    body: JsonObject = {"files": [file.model_dump() for file in files], "reason": reason}
    if cases is not None:
        body["cases"] = cases.model_dump()
    answer = connect(home, acting_as).post(f"/governance/{kind}/proposals", body, patient=True)
    output.show(answer, _whole(answer))


def proposals(proposal: Which = None, home: Home = None, json: Json = False) -> None:
    """What is, and was, put to the vote; or one proposal with all that voters go by."""
    if proposal is not None:
        answer = connect(home).get(f"/governance/proposals/{proposal}")
        Output(json).show(answer, _whole(answer))
        return
    answer = connect(home).get("/governance/proposals")
    columns = ("id", "kind", "state", "label", "proposer", "missing", "deadline", "short_digest")
    Output(json).table(answer, columns, rows(answer, "proposals", columns), empty="nothing was ever proposed")


def approve(
    id: Id, reason: Reason = "", digest: Shown = None, acting_as: As = None, home: Home = None, json: Json = False
) -> None:
    """Vote for a proposal. The last vote that it takes activates it, from the next decision on."""
    _vote(id, {"kind": "approve", "reason": reason, "digest": digest}, acting_as, home, Output(json))


def deny(
    id: Id, reason: Why, digest: Shown = None, acting_as: As = None, home: Home = None, json: Json = False
) -> None:
    """Vote against a proposal, which ends it; its proposer takes it back with this."""
    _vote(id, {"kind": "deny", "reason": reason, "digest": digest}, acting_as, home, Output(json))


def _vote(id: str, body: JsonObject, acting_as: str | None, home: Path | None, output: Output) -> None:
    _tell(connect(home, acting_as).post(f"/governance/proposals/{id}/votes", body, patient=True), output)


def _tell(answer: JsonObject, output: Output) -> None:
    if not answer["accepted"]:
        raise Denied(f"{answer['id']}: {answer['because']}")
    needed = f"; {answer['missing']} more needed" if answer["state"] == "open" else f": {answer['outcome']}"
    output.show(answer, [f"{answer['id']} is {answer['state']}{needed}"])


def policy_history(home: Home = None, json: Json = False) -> None:
    """Every policy that was ever active: its digest, who proposed it, who voted, when, and the ledger's entry."""
    _history("policy", home, Output(json))


def playbook_history(home: Home = None, json: Json = False) -> None:
    """Every set of playbooks that was ever active: its digest, who proposed it, who voted, when."""
    _history("playbooks", home, Output(json))


def _history(kind: str, home: Path | None, output: Output) -> None:
    answer = connect(home).get(f"/governance/{kind}/history")
    columns = ("number", "short_digest", "label", "came", "proposal", "proposer", "voters", "at", "entry", "active")
    output.table(answer, columns, rows(answer, "history", columns), empty="nothing was ever active")


def policy_rollback(
    reason: Why, digest: Version = None, acting_as: As = None, home: Home = None, json: Json = False
) -> None:
    """Go back to a policy that was active before, the last if none is named; at once where your vote is enough."""
    _roll_back("policy", digest, reason, acting_as, home, Output(json))


def playbook_rollback(
    reason: Why, digest: Version = None, acting_as: As = None, home: Home = None, json: Json = False
) -> None:
    """Go back to a set of playbooks that was active before, the last if none is named."""
    _roll_back("playbooks", digest, reason, acting_as, home, Output(json))


def _roll_back(
    kind: str, digest: str | None, reason: str, acting_as: str | None, home: Path | None, output: Output
) -> None:
    body: JsonObject = {"digest": digest, "reason": reason}
    _tell(connect(home, acting_as).post(f"/governance/{kind}/rollback", body, patient=True), output)


def policy_stored(digest: Version = None, home: Home = None, json: Json = False) -> None:
    """The files of the active policy word by word, or of one that was active or proposed."""
    _stored("policy", digest, home, Output(json))


def playbook_stored(digest: Version = None, home: Home = None, json: Json = False) -> None:
    """The files of the active playbooks word by word, or of a set that was active or proposed."""
    _stored("playbooks", digest, home, Output(json))


def _stored(kind: str, digest: str | None, home: Path | None, output: Output) -> None:
    answer = connect(home).get(f"/governance/{kind}/versions/{digest or 'active'}")
    output.show(answer, _texts(answer))


def _texts(answer: JsonObject) -> Iterator[str]:
    files = answer["files"]
    assert isinstance(files, list)
    for file in files:
        assert isinstance(file, dict)
        yield f"# {file['name']}"
        yield from str(file["text"]).splitlines()


def _whole(answer: JsonObject) -> Iterator[str]:
    yield f"{answer['id']} {answer['kind']} {answer['label']}: {answer['state']}  {answer['outcome']}".rstrip()
    yield f"digest {answer['short_digest']}, proposed by {answer['proposer']}: {answer['reason'] or 'no reason given'}"
    groups, by = answer["groups"], local(answer["deadline"])
    named = " or ".join(map(str, groups)) if isinstance(groups, list) else ""
    yield f"takes {answer['quorum']} of {named}, {answer['missing']} more needed, until {by}"
    reports = answer["reports"]
    for name, report in reports.items() if isinstance(reports, dict) else ():
        yield from _report(name, report if isinstance(report, dict) else {})


def _report(name: str, report: JsonObject) -> Iterator[str]:
    plain = {key: value for key, value in report.items() if not isinstance(value, list | dict)}
    yield f"{name}: " + ", ".join(f"{key} {value}" for key, value in plain.items())
    for value in report.values():
        yield from (f"  {line}" for line in (value if isinstance(value, list) else ()))

"""Every command against a running engine: what it answers, and with which exit code it ends on what is wrong."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from console.cli.main import command_names
from detectors.generators import alerts
from engine.ledger.keys import keyring
from engine.ledger.merkle import includes, leaf_hash
from engine.ledger.note import verify
from engine.ledger.proof import Proof
from engine.model.base import Json
from tests.bench import findings
from tests.console.cli.conftest import Done, Run
from tests.processes import until

REQUEST = ("actions", "request", "network.block_ip", "--reason", "scanning")
ASKED = "10.20.16.114"
"""A workstation: blocking it takes one approver."""


def one(answer: Json, name: str, **wanted: str) -> Json:
    """The first of a list that is like this."""
    listed = answer[name]
    assert isinstance(listed, list)
    fitting = [item for item in listed if isinstance(item, dict) and wanted.items() <= item.items()]
    assert fitting, f"no {wanted} in {name}"
    return fitting[0]


def block(run: Run, target: str, *more: str) -> Json:
    """An effect in force, as its lease."""
    run(*REQUEST, "--target", target, *more)

    def active() -> Json | None:
        leases = run("leases", "list", "--json").json["leases"]
        assert isinstance(leases, list)
        found = [x for x in leases if isinstance(x, dict) and (x["target"], x["state"]) == (target, "active")]
        return found[0] if found else None

    return until(active, f"{target} is blocked")


def is_released(run: Run, lease: Json) -> Callable[[], bool]:
    return lambda: one(run("leases", "list", "--json").json, "leases", id=str(lease["id"]))["state"] == "released"


@pytest.fixture
def beacon(tmp_path: Path) -> Path:
    """A finding of a listed address, as our own line."""
    found = findings(alerts.beaconing(datetime.now(UTC), beats=1), tmp_path)[0]
    file = tmp_path / "finding.json"
    file.write_text(found.model_dump_json() + "\n")
    return file


WRONG = [
    (2, "no action `network.blok`", ("actions", "request", "network.blok", "--target", "203.0.113.9", "--reason", "x")),
    (2, "`target`: input is not a valid IPv4", (*REQUEST, "--target", "elsewhere")),
    (2, "parameter `colour`", (*REQUEST, "--target", "203.0.113.9", "--param", "colour=red")),
    (2, "not of the form name=value", (*REQUEST, "--target", "203.0.113.9", "--param", "colour")),
    (2, "`soon` is no duration", (*REQUEST, "--target", "203.0.113.9", "--lease", "soon")),
    (2, "longer than nothing", (*REQUEST, "--target", "203.0.113.9", "--lease", "0s")),
    (2, "lease_s", (*REQUEST, "--target", "203.0.113.9", "--lease", "9000d")),
    (2, "--reason", ("actions", "request", "network.block_ip", "--target", "203.0.113.9")),
    (1, "takes responder", (*REQUEST, "--target", "203.0.113.9", "--as", "lena")),
    (2, "nobody called `zoe`", (*REQUEST, "--target", "203.0.113.9", "--as", "zoe")),
    (1, "no lease `L-9999`", ("leases", "extend", "L-9999", "--by", "1m", "--reason", "x")),
    (1, "no lease `L-9999`", ("leases", "release", "L-9999", "--reason", "x")),
    (2, "`zzz` is no duration", ("leases", "extend", "L-9999", "--by", "zzz", "--reason", "x")),
    (1, "no request `AR-9999`", ("approvals", "show", "AR-9999")),
    (1, "no request `AR-9999`", ("approvals", "approve", "AR-9999", "--reason", "x")),
    (2, "--reason", ("approvals", "deny", "AR-9999")),
    (1, "no incident `INC-9999`", ("incidents", "show", "INC-9999")),
    (1, "no incident `INC-9999`", ("incidents", "verdict", "INC-9999", "test", "--reason", "x")),
    (2, "perhaps", ("incidents", "verdict", "INC-9999", "perhaps", "--reason", "x")),
    (1, "nothing called `../status`", ("incidents", "show", "../status")),
    (1, "no request `AR-9999`", ("actions", "show", "AR-9999")),
    (2, "`ba na na` is no domain", ("intel", "lookup", "ba na na")),
    (2, "no model of `foo`", ("models", "evaluate", "foo", "x.pcap")),
    (2, "unknown freeze scope `all`", ("freeze", "all")),
    (2, "no action `nope`", ("freeze", "action:nope")),
    (2, "longer than nothing", ("freeze", "--for", "0s")),
    (1, "nothing is frozen", ("unfreeze", "target:files-01")),
    (1, "says nothing of `request/AR-9999`", ("ledger", "show", "request/AR-9999")),
    (2, "cannot be written", ("ledger", "export", "/nowhere/at/all")),
    (1, "entry 999999 is not among", ("ledger", "prove", "999999")),
    (2, "No such command", ("leases", "lsit")),
    (2, "No such option", ("status", "--jsn")),
]


@pytest.mark.parametrize(("code", "said", "arguments"), WRONG, ids=[" ".join(arguments) for _, _, arguments in WRONG])
def test_what_is_wrong_is_said_in_a_line_with_its_code(
    run: Run, at: Path, code: int, said: str, arguments: tuple[str, ...]
) -> None:
    done = run(*arguments)
    assert (done.code, done.out) == (code, "")
    assert said in done.err
    assert "Traceback" not in done.err


LISTS = [("incidents", "list"), ("actions", "list"), ("approvals", "list"), ("leases", "list")]


@pytest.mark.parametrize("command", LISTS)
def test_a_list_is_one_object_with_one_named_list(run: Run, at: Path, command: tuple[str, str]) -> None:
    assert isinstance(run(*command, "--json").json[command[0]], list)
    assert run(*command).code == 0


def test_a_person_s_request_acts_is_extended_and_let_go_early(run: Run, at: Path) -> None:
    lease = block(run, "203.0.113.20", "--lease", "1m")
    until_text = run("leases", "extend", str(lease["id"]), "--by", "1m", "--reason", "not over")
    assert until_text.out.startswith(f"{lease['id']}: until ")
    longest = run("leases", "extend", str(lease["id"]), "--by", "1h", "--reason", "for ever")
    assert (longest.code, "at the longest" in longest.err) == (1, True)
    assert run("leases", "release", str(lease["id"]), "--reason", "our scanner", "--as", "anna").code == 0
    until(is_released(run, lease), "it is let go")
    assert run("leases", "release", str(lease["id"]), "--reason", "again").code == 1
    assert "is released" in run("leases", "extend", str(lease["id"]), "--by", "1m", "--reason", "more").err


def test_a_lease_longer_than_policy_lets_it_last_is_said(run: Run, at: Path) -> None:
    done = run(*REQUEST, "--target", "203.0.113.21", "--lease", "2d", "--json")
    assert (done.code, done.json["lease_s"]) == (0, 300)
    assert "300 s at most, not 2d" in done.err


def test_an_approval_from_question_to_answer(run: Run, at: Path) -> None:
    asked = run(*REQUEST, "--target", ASKED, "--as", "tom", "--param", "port=445", "--json").json
    id = str(asked["id"])
    card = run("approvals", "show", id).out
    assert "SIMULATED SITE · TIER" in card
    assert "PARAM    port = 445" in card
    own = run("approvals", "approve", id, "--as", "tom", "--reason", "mine")
    assert (own.code, "requested this action" in own.err) == (1, True)
    wrong = run("approvals", "approve", id, "--as", "anna", "--reason", "yes", "--digest", "0000-0000")
    assert (wrong.code, "another request" in wrong.err) == (1, True)
    longer = run("approvals", "approve", id, "--as", "anna", "--reason", "yes", "--lease", "1h")
    assert (longer.code, "and not for more" in longer.err) == (1, True)
    counted = run("approvals", "approve", id, "--as", "anna", "--reason", "yes", "--lease", "5s")
    assert counted.out == f"{id}: counted; the quorum is there, for 5s\n"
    assert "approve anna for 5 s at " in run("approvals", "show", id).out
    twice = run("approvals", "approve", id, "--as", "anna", "--reason", "yes")
    assert twice.code == 1
    assert one(run("approvals", "list", "--all", "--json").json, "approvals", id=id)["id"] == id


def test_a_denial_is_taken_back(run: Run, at: Path) -> None:
    asked = run(*REQUEST, "--target", "10.20.16.115", "--as", "tom", "--json").json
    assert run("approvals", "deny", str(asked["id"]), "--as", "anna", "--reason", "slipped").code == 0
    assert run("approvals", "retract", str(asked["id"]), "--as", "anna").code == 0
    again = run("approvals", "retract", str(asked["id"]), "--as", "anna")
    assert (again.code, "no vote to take back" in again.err) == (1, True)


def test_a_freeze_acts_at_once_and_asks_for_the_reason_after(run: Run, at: Path) -> None:
    frozen = run("freeze", "--for", "2h", "--json")
    assert frozen.code == 0
    assert frozen.json["scope"] == "global"
    assert "60m at most" in frozen.err
    assert "no reason given" in frozen.err
    stopped = run(*REQUEST, "--target", "203.0.113.22", "--json")
    assert (stopped.code, stopped.json["state"]) == (1, "denied")
    assert "frozen: 1" in run("status").out
    assert run("unfreeze", "--reason", "over").code == 0
    assert run("unfreeze").code == 1


def test_ingest_answers_normalised_findings_and_a_summary(run: Run, at: Path, beacon: Path) -> None:
    first, again = run("ingest", str(beacon), "--json"), run("ingest", str(beacon), "--json")
    lines = [json.loads(line) for line in first.out.splitlines()]
    assert (first.code, lines[-1].keys()) == (0, {"summary"})
    assert lines[0]["id"] == json.loads(beacon.read_text())["id"]
    counted = [json.loads(done.out.splitlines()[-1])["summary"] for done in (first, again)]
    assert [(one["findings"], one["duplicates"]) for one in counted] == [(1, 0), (0, 1)]
    assert again.code == 0
    assert len(_with_finding(run, lines[0]["id"])) == 1


def test_a_file_that_cannot_be_opened_is_not_counted(run: Run, at: Path, beacon: Path) -> None:
    done = run("ingest", str(beacon.parent / "absent.json"), str(beacon), "--json")
    assert (done.code, json.loads(done.out.splitlines()[-1])["summary"]["files"]) == (2, 1)


def _with_finding(run: Run, finding: str) -> list[Json]:
    incidents = run("incidents", "list", "--json").json["incidents"]
    assert isinstance(incidents, list)
    return [one for one in incidents if isinstance(one, dict) and finding in json.dumps(one["findings"])]


def test_what_ingest_cannot_read_is_told_at_its_place_and_the_rest_goes_on(run: Run, at: Path, beacon: Path) -> None:
    beacon.write_text("{nonsense\n" + beacon.read_text())
    done = run("ingest", str(beacon), "--format", "fireline", "--json")
    assert done.code == 2
    assert f"{beacon}:1:2: " in done.err
    assert json.loads(done.out.splitlines()[-1])["summary"]["dead_letters"] == 1


@pytest.mark.parametrize("command", ["check", "explain"])
def test_policy_explains_with_a_running_engine(run: Run, at: Path, beacon: Path, command: str) -> None:
    done = run("policy", command, str(beacon), "--action", "network.block_ip", "--target", "198.51.100.23", "--json")
    _is_explained(done)
    assert done.err == ""


def _is_explained(done: Done) -> None:
    assert done.code == 0
    assert done.json.keys() >= {"tier", "effect", "reasons", "rules", "checks", "policy_digest"}
    assert (done.json["tier"], done.json["effect"]) == (1, "execute")


def test_policy_explains_without_an_engine_too_and_says_what_it_left_out(run: Run, home: Path, beacon: Path) -> None:
    assert run("init", "--site", "demo").code == 0
    asked = ("--action", "network.block_ip", "--target", "198.51.100.23", "--policy", "demo", "--json")
    _is_explained(run("policy", "explain", str(beacon), *asked))
    baseline = run("policy", "explain", str(beacon), *asked[:4], "--json")
    assert (baseline.code, baseline.json["effect"]) == (0, "observe")
    assert "no engine runs here" in baseline.err


def test_a_policy_s_problems_are_all_told_at_their_places(run: Run, home: Path, tmp_path: Path) -> None:
    import policies

    text = (Path(policies.__path__[0]) / "demo.yaml").read_text()
    broken = tmp_path / "broken.yaml"
    broken.write_text(
        text.replace('when: target.zone == "outside" && int', 'when: target.zoo == "outside" && int', 1).replace(
            "actions: [mail.quarantine]", "actions: [mail.quarantin]", 1
        )
    )
    done = run("policy", "check", str(broken), "--json")
    assert (done.code, done.out) == (2, "")
    places = [line for line in done.err.splitlines() if f"{broken}:" in line]
    assert len(places) >= 2
    sound = run("policy", "check", str(Path(policies.__path__[0]) / "demo.yaml"), "--json")
    assert (sound.code, sound.json["valid"]) == (0, True)


def test_the_ledger_is_shown_exported_and_verified(run: Run, at: Path, tmp_path: Path) -> None:
    asked = run(*REQUEST, "--target", "203.0.113.23", "--json").json
    shown = run("ledger", "show", f"request/{asked['id']}", "--json").json["entries"]
    assert isinstance(shown, list)
    assert [entry["kind"] for entry in shown if isinstance(entry, dict)][0] == "request.requested"
    file = tmp_path / "export.jsonl"
    assert run("ledger", "export", str(file)).code == 0
    keys = str(at / "keys")
    assert run("ledger", "verify", str(file), "--keys", keys, "--json").json["verified"] is True
    file.write_text(file.read_text().replace("scanning", "wandering"))
    tampered = run("ledger", "verify", str(file), "--keys", keys, "--json")
    assert (tampered.code, tampered.json["verified"]) == (1, False)


def test_an_entry_is_proven_to_whoever_has_the_keys(run: Run, at: Path, tmp_path: Path) -> None:
    run(*REQUEST, "--target", "203.0.113.25")
    assert run("ledger", "export", str(tmp_path / "sealed.jsonl")).code == 0
    proof = Proof.model_validate_json(run("ledger", "prove", "1", "--json").out)
    checkpoint = verify(proof.checkpoint, keyring(at / "keys")).checkpoint
    path = [bytes.fromhex(part) for part in proof.path]
    assert includes(leaf_hash(proof.entry.encode()), 1, checkpoint.size, path, checkpoint.root)
    grown = run("ledger", "prove", "0", "--checkpoint", str(at / "checkpoints.txt"))
    assert (grown.code, grown.out.startswith("entry 0 of ")) == (0, True)


def test_an_incident_is_shown_and_judged(run: Run, at: Path) -> None:
    asked = run(*REQUEST, "--target", "203.0.113.24", "--json").json
    shown = run("incidents", "show", str(asked["incident"]), "--json").json
    assert shown["id"] == asked["incident"]
    judged = run("incidents", "verdict", str(asked["incident"]), "false_positive", "--reason", "our scanner")
    assert (judged.code, judged.out) == (0, f"{asked['incident']}: false_positive\n")


@pytest.mark.parametrize("command", [*LISTS, ("status",), ("freeze",), ("ledger", "show")])
def test_without_an_engine_the_code_is_three(run: Run, home: Path, command: tuple[str, ...]) -> None:
    done = run(*command, "--json")
    assert (done.code, done.out) == (3, "")
    assert "start one with `fireline up`" in done.err


def test_a_wrong_token_is_refused(run: Run, at: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRELINE_TOKEN", "guessed")
    done = run("status")
    assert (done.code, done.out) == (1, "")
    assert "token is not valid" in done.err


def test_every_command_is_typed_in_some_test() -> None:
    typed = "\n".join(file.read_text() for file in Path(__file__).parent.parent.parent.rglob("*.py"))
    assert [name for name in command_names() if f'"{name}"' not in typed and f"fireline {name}" not in typed] == []

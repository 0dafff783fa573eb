"""A distribution of somebody else's: installed, pinned, used by the commands, and left out once a byte changes."""

import json

import pytest

from tests.console.cli.conftest import Run
from tests.console.cli.plugins.conftest import NAME, Acme, Here, MakeAcme

ALERT = json.dumps({"acme_sensor": "gate-1", "said": "forced", "at": 1795230123})


def states(acme: Acme, code: int = 0) -> dict[str, str]:
    listed = acme.ask("plugins", "list", code=code)["plugins"]
    assert isinstance(listed, list)
    return {one["name"]: one["state"] for one in listed if isinstance(one, dict)}  # type: ignore[misc]


def test_installed_and_not_pinned_it_is_listed_and_not_loaded(acme: Acme) -> None:
    assert states(acme) == {NAME: "unpinned"}
    done = acme.run("plugins", "list")
    assert f"fireline plugins pin {NAME}" in done.stdout


def test_pinned_it_is_loaded_until_a_byte_changes(pinned: Acme) -> None:
    assert states(pinned) == {NAME: "loaded"}
    with (pinned.package / "hours.py").open("a") as file:
        file.write("\n")
    assert states(pinned, code=1) == {NAME: "changed"}
    pinned.ask("plugins", "pin", NAME)
    assert states(pinned) == {NAME: "loaded"}


def test_pinning_keeps_what_else_stands_in_the_settings(acme: Acme) -> None:
    file = acme.home / "fireline.yaml"
    file.write_text("# ours\nlook_back: 7d  # a week\n")
    made = acme.ask("plugins", "pin", "Acme.Fireline")
    text = file.read_text()
    assert text.startswith("# ours\nlook_back: 7d  # a week\nplugins:\n")
    assert str(made["digest"]) in text
    assert made["checks"] == ["acme-hours"]
    assert file.stat().st_mode & 0o077 == 0


def test_pinning_what_is_not_there_is_refused(acme: Acme) -> None:
    done = acme.run("plugins", "pin", "acme-other")
    assert (done.returncode, done.stdout) == (1, "")
    assert "no installed distribution called `acme-other`" in done.stderr


def test_its_intake_format_reads_alerts_once_pinned(acme: Acme) -> None:
    alerts = acme.home / "alerts.json"
    alerts.write_text(ALERT)
    assert acme.run("ingest", "--dry-run", str(alerts)).returncode == 2
    acme.ask("plugins", "pin", NAME)
    done = acme.run("ingest", "--dry-run", str(alerts))
    assert done.returncode == 0, done.stderr
    assert "forced" in done.stdout
    assert acme.run("ingest", "--dry-run", "--format", "acme", str(alerts)).returncode == 0


def test_its_detector_runs_by_its_id_and_names_what_it_cannot_read(pinned: Acme) -> None:
    log = pinned.home / "gate.log"
    log.write_text("1795230123 forced door 7\n1795230124 opened door 7\n")
    answer = pinned.ask("detect", "plugin", "acme.doors", str(log))
    assert answer == {"summary": {"files": 1, "unread": 0, "findings": 1}}
    done = pinned.run("detect", "plugin", "acme.doors", str(log), str(pinned.home / "nowhere.log"))
    assert done.returncode == 2
    assert "nowhere.log: cannot be read as text" in done.stderr
    assert pinned.run("detect", "plugin", "acme.windows", str(log)).returncode == 1


def test_conformance_passes_for_a_good_one_pinned_or_not(acme: Acme) -> None:
    answer = acme.ask("conformance", NAME)
    assert answer["broken"] == 0
    trials = answer["trials"]
    assert isinstance(trials, list)
    tried = {one["name"]: len(one["verdicts"]) for one in trials if isinstance(one, dict)}  # type: ignore[arg-type]
    assert tried.keys() == {"acme.page", "acme-hours", "acme", "acme.doors", "acme-rules"}
    assert min(count for name, count in tried.items() if name != "acme-rules") >= 5


KEEPING = "from actions.conformance.simulated import SimulatedCase"
SECRET_KEEPING = f"""{KEEPING} as Simulated


class SimulatedCase(Simulated):
    secrets = (%s,)
"""


def test_conformance_says_what_the_sample_gives_no_means_to_try(acme: Acme) -> None:
    assert "  not tried  no secret leaves it: its case has no `secrets`" in acme.run("conformance", NAME).stdout


@pytest.mark.parametrize(("secret", "kept"), [("'hunter2'", True), ("'verified'", False)])
def test_a_sample_that_names_secrets_is_tried_on_them(secret: str, kept: bool, make: MakeAcme) -> None:
    acme = make(samples=(KEEPING, SECRET_KEEPING % secret))
    trials = acme.ask("conformance", NAME, code=int(not kept))["trials"]
    assert isinstance(trials, list)
    page = next(one for one in trials if isinstance(one, dict) and one["name"] == "acme.page")
    said = {"law": "no secret leaves it", "kept": kept, "message": "" if kept else "of its secrets it tells the 1."}
    assert (said in page["verdicts"], page["untried"]) == (True, [])  # type: ignore[operator]


BAD = {
    "an action that writes twice": (
        {"page": ('    """Page somebody; nothing at the site changes."""\n', '''    """Page somebody."""

    async def execute(self, params, key, expires_at):
        import secrets
        return await super().execute(params, key + secrets.token_hex(2), expires_at)
''')},
        "executing twice under one key equals once",
    ),
    "an action that says less than it is": (
        {"page": ("impact=Impact.NONE", "impact=Impact.IRREVERSIBLE")},
        "it can be loaded: actions: `acme.page` what changes something names its D3FEND countermeasure",
    ),
    "an irreversible one that hides it": (
        {"page": ("impact=Impact.NONE,\n        reversal=Reversal.SELF_HEALING", "impact=Impact.LOW, d3fend='D3-ER', "
                  "mitigations=('M1049',),\n        reversal=Reversal.IRREVERSIBLE")},
        "what is irreversible says so as its impact and as its reversal",
    ),
    "a check that raises": (
        {"hours": ("        quiet =", "        1 / (subject.decision.tier - 3)\n        quiet =")},
        "it answers whatever it is asked: raised ZeroDivisionError",
    ),
    "a check that blocks what changes nothing": (
        {"hours": ("subject.spec.impact is Impact.NONE or ", "")},
        "what changes nothing passes: about what changes nothing it says: `warn`, not `pass`",
    ),
    "a format that takes every record": (
        {"sensor": ('isinstance(record.get("acme_sensor"), str)', "True")},
        "it leaves the records of others alone",
    ),
    "a format that trips over what is odd": (
        {"sensor": ("isinstance(at, bool) or not isinstance(at, int) or not 0 < at < 2**32", "not at")},
        "whatever is odd in a record is refused with its place: raised",
    ),
    "a detector whose ids depend on the file": (
        {"sensor": ("'said': said, 'at': at})", "'said': said, 'at': at, 'file': origin.file})")},
        "the same file gives the same findings: the ids read from another file",
    ),
    "rules that are not sound": (
        {"rules": ("actions: [host.isolate]", "actions: [host.isolat]")},
        "its layer is sound on the policy it stands on: ",
    ),
    "a policy that stands on nothing": (
        {"rules": ("layer: organisation\non: baseline\n", "")},
        "it can be loaded: rules: `acme-rules` is no layer",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("edits", "fault"), BAD.values(), ids=[*BAD])
def test_conformance_names_the_fault_of_a_bad_one(
    edits: dict[str, tuple[str, str]], fault: str, make: MakeAcme, here: Here, run: Run
) -> None:
    here(make(**edits))
    done = run("conformance", NAME)
    assert (done.code, done.err) == (1, "")
    broken = [line for line in done.out.splitlines() if line.startswith("  BROKEN")]
    assert any(fault in line for line in broken), done.out


def test_a_plugin_without_samples_is_told_what_to_give(make: MakeAcme, here: Here, run: Run) -> None:
    acme = make()
    entries = acme.metadata / "entry_points.txt"
    entries.write_text(entries.read_text().replace("fireline.conformance", "somebody.else"))
    here(acme)
    done = run("conformance", NAME)
    assert done.code == 1
    assert "`fireline.conformance` has no sample called `acme.page`" in done.out


def test_the_doctor_shows_it_with_what_to_do(pinned: Acme) -> None:
    done = pinned.run("doctor")
    assert "pass  plug-ins: acme-fireline 1.0 (actions: acme.page" in done.stdout
    with (pinned.package / "hours.py").open("a") as file:
        file.write("\n")
    changed = pinned.run("doctor")
    assert changed.returncode == 1
    assert "is not loaded: its files are not those that were pinned" in changed.stdout
    assert "-> read what changed, then `fireline plugins pin acme-fireline`" in changed.stdout
    assert "check `acme-hours` cannot be asked: every execution is blocked" in changed.stdout


def test_a_policy_stands_on_its_rules_only_while_they_are_loaded(acme: Acme) -> None:
    team = acme.home / "team.yaml"
    team.write_text("policy: team\nversion: 1\ndescription: Ours.\nowner: us\nlayer: team\non: acme-rules\n")
    refused = acme.run("policy", "check", str(team))
    assert refused.returncode == 2
    assert "team.yaml:6:5: there is no policy `acme-rules`" in refused.stderr
    acme.ask("plugins", "pin", NAME)
    assert acme.ask("policy", "check", str(team))["valid"] is True
    assert "acme-gate" in acme.run("policy", "show", str(team)).stdout

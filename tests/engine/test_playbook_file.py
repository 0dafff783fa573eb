"""Playbook files: checked against the actions they use, all problems told at their places."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import InvalidFile
from engine.playbook import Playbook
from engine.playbook_file import load_playbook, load_playbooks, parse_playbook
from engine.ports import Specs

TEXT = """\
playbook: exfiltration
version: 1
description: data leaves
owner: governance
when: finding.category == "exfiltration"
steps:
  - name: isolate
    action: host.isolate
    target: = finding.source.host
    lease: 30m
    because: data leaves this host
  - name: block
    action: network.block_ip
    target: = finding.destination.ip
    params: {port: = finding.destination.port}
    when: finding.destination.port > 0
    because: this is where it goes
"""


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        (
            "host.isolate",
            "host.isolat",
            "8:13: there is no action `host.isolat`: use one of net",
        ),
        ("finding.source.host", "finding.source.hots", "9:29: no valid expression: undeclared reference to"),
        ("= finding.source.host", "= asset.name", "9:20: no valid expression: undeclared reference to 'asset.name'"),
        ("= finding.source.host", "Files 02", "9:13: parameter `target`: string should match pattern"),
        ("lease: 30m", "lease: 30", "10:12: `steps.0.lease`: input should be a valid duration"),
        ("because: data", "becuse: data", "7:5: `steps.0.because` is missing"),
        ("because: data", "becuse: data", "11:5: unknown key `steps.0.becuse`"),
        ("name: block", "name: isolate", "12:11: `isolate` stands here twice"),
        ("{port: =", "{prot: =", "15:20: `network.block_ip` has no parameter `prot`"),
        (
            "= finding.destination.port}",
            "99999}",
            "15:20: parameter `port`: input should be less than or eq",
        ),
        ("finding.destination.port > 0", "finding.destination.port", "16:11: a condition must be true or false"),
        ('== "exfiltration"', "= 1", "5:24: no valid expression: Syntax error"),
        ("version: 1", "version: one", "2:10: `version`: input should be a valid integer"),
    ],
)
def test_what_is_wrong_is_told_at_its_place(before: str, after: str, problem: str, specs: Specs) -> None:
    with pytest.raises(InvalidFile) as caught:
        parse_playbook(TEXT.replace(before, after, 1), "p.yaml", specs)
    assert any(str(found).startswith(f"p.yaml:{problem}") for found in caught.value.problems), caught.value


def test_a_step_at_least(specs: Specs) -> None:
    with pytest.raises(InvalidFile, match=r"p\.yaml:6:8: `steps`: tuple should have at least 1 item"):
        parse_playbook(TEXT[: TEXT.index("steps:")] + "steps: []\n", "p.yaml", specs)


def test_the_digest_is_of_the_content(specs: Specs) -> None:
    first, again = parse_playbook(TEXT, "p.yaml", specs), parse_playbook("# hello\n" + TEXT, "q.yaml", specs)
    assert first.digest == again.digest != parse_playbook(TEXT.replace("30m", "31m"), "p.yaml", specs).digest


def test_a_folder_is_loaded_whole_or_not_at_all(tmp_path: Path, specs: Specs) -> None:
    (tmp_path / "b.yaml").write_text(TEXT)
    (tmp_path / "a.yaml").write_text(TEXT.replace("playbook: exfiltration", "playbook: another"))
    assert [playbook.id for playbook in load_playbooks(tmp_path, specs)] == ["another", "exfiltration"]
    (tmp_path / "c.yaml").write_text(TEXT)
    (tmp_path / "d.yaml").write_text("steps: [")
    with pytest.raises(InvalidFile) as caught:
        load_playbooks(tmp_path, specs)
    messages = [problem.message for problem in caught.value.problems]
    assert messages[1] == f"`exfiltration` version 1 stands in `{tmp_path / 'b.yaml'}` too"
    assert load_playbook(tmp_path / "a.yaml", specs).id == "another"


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_a_mutated_file_is_a_playbook_or_told_what_is_wrong_with_it(data: st.DataObject, specs: Specs) -> None:
    start = data.draw(st.integers(0, len(TEXT)))
    end = min(len(TEXT), start + data.draw(st.integers(0, 12)))
    insert = data.draw(st.text(alphabet="abz01 :-[]{}'\"|>&*!#%\n\t?,.\\=\0é", max_size=6))
    try:
        assert isinstance(parse_playbook(TEXT[:start] + insert + TEXT[end:], "m.yaml", specs), Playbook)
    except InvalidFile as error:
        assert all(problem.line and str(problem).startswith("m.yaml:") for problem in error.problems)

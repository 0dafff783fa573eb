"""Mistakes in playbook files: each told at its place, all at once, and nothing twice."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from actions.registry import ActionSpecs
from engine.documents import SIZE_LIMIT, parse
from engine.errors import InvalidFile
from engine.playbook_file import DEPTH
from engine.playbook_set import compile_playbooks

SPECS = ActionSpecs()
PLAYBOOKS = Path(__file__).parent / "playbooks"
FULL, ISOLATE = ((PLAYBOOKS / f"{name}.yaml").read_text() for name in ("full", "isolate-and-ask"))


def changed(before: str, after: str) -> Sequence[str]:
    assert before in FULL
    return problems(FULL.replace(before, after, 1))


def problems(text: str) -> Sequence[str]:
    documents = [parse(ISOLATE, "i.yaml"), parse(text, "f.yaml", SIZE_LIMIT, DEPTH)]
    with pytest.raises(InvalidFile) as caught:
        compile_playbooks(documents, SPECS)
    return [str(problem).removeprefix("f.yaml:") for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("    if: answer.ask.clean\n", "    weil: answer.ask.clean\n", "39:5: a step needs one of `action`, `parallel"),
        ("wait: 5m", "wait: 5m, verdict: other", "42:12: a step is of one kind only, this has `wait` and `verdict`"),
        ("[{name: benign", "[benign, {name: benign", "41:12: a step is a mapping of names to values"),
        ("wait: 5m", "wait: 5 parsecs", "42:31: `steps.2.else.0.wait`: `5 parsecs` is no duration: write for example"),
        ("wait: 5m", "wait: 0s", "42:31: `steps.2.else.0.wait`: input should be greater than `0s`"),
        ("verdict: false_positive", "verdict: fine", "41:36: `steps.2.then.0.verdict`: input should be 'false_positi"),
        ("on_failure: continue", "on_failure: go_on", "32:25: `steps.0.parallel.1.steps.0.on_failure`: input should"),
        ("on_failure: {name: tell-soc, ", "on_failure: {", "24:25: `steps.0.parallel.0.steps.0.on_failure.name` is m"),
        ("text: it could not be isolated, ", "", "24:25: `steps.0.parallel.0.steps.0.on_failure.text` is missing"),
        ("network.block_ip", "network.block", "28:21: there is no action `network.block`: use one of "),
        ("{port: =", "{prot: =", "30:28: `network.block_ip` has no parameter `prot`"),
        ("= finding.destination.port", "99999", "30:28: parameter `port`: input should be less than or equal to 6553"),
        ("{port: =", "{spare: [{peer: a, port: 0}], port: =", "30:46: parameter `spare`: input should be greater tha"),
        ("= finding.destination.port", "= finding.id", "30:28: parameter `port` takes integer or null, this gives `S"),
        ("= finding.destination.ip\n", "= finding.hosts\n", "29:21: parameter `target` takes string, this gives `LIS"),
        ("= finding.destination.ip\n", "= asset.name\n", "29:28: no valid expression: undeclared reference to 'asset"),
        ("[soc], text: it", "['so c'], text: it", "24:51: parameter `to`: string should match pattern '^[A-Za-z0-9:]"),
        ("[soc], text: it", "['= x'], text: it", "24:51: no expression may stand here"),
        ("because: both", "because: = both", "15:14: no expression may stand here"),
        ("task: Look", "task: = Look", "34:11: no expression may stand here"),
        ("if: answer.ask.clean", "if: answer.ask.kind", "40:9: a condition must be true or false, this is `STRING`"),
        ("if: answer.ask.clean", "if: answer.ask.tidy", "40:19: no valid expression: undeclared reference to 'answer"),
        ("if: answer.ask.clean", "if: answer.look.clean", "40:20: no valid expression: undeclared reference to 'answ"),
        ("      ours:", "      outs:", "47:7: `outs` is none of the choices: ours, theirs"),
        ("switch: = answer.ask.kind", "switch: answer", "45:13: must be an expression that gives `string`: begin it"),
        ("switch: = answer.ask.kind", "switch: = answer.ask.clean", "45:13: must give `string`, this gives `BOOL`"),
        ("for_each: =", "for_each: = 1 ==", "61:19: no valid expression: found no matching overload for '_==_' appli"),
        ("for_each: = finding.hosts.filter", "for_each: = [1].filter", "61:39: no valid expression: found no matching"),
        ("host != finding.source.host)", "host != '').map(h, 1)", "61:15: must give `list(string)`, this gives `LIST"),
        ("= each.host", "= each.hots", "64:61: no valid expression: undeclared reference to 'each.hots' (in containe"),
        ("round < input", "rounds < input", "49:18: no valid expression: undeclared reference to 'rounds' (in contai"),
        ("input.patience", "input.impatience", "49:31: no valid expression: undeclared reference to 'input.impatienc"),
        ("at_most: 5", "at_most: 201", "63:14: `steps.4.at_most`: input should be less than or equal to 200"),
        ("at_most: 3", "at_most: 0", "50:20: `steps.3.cases.ours.0.at_most`: input should be greater than or equal t"),
        ("every: 1m", "every: 0.5s", "51:18: `steps.3.cases.ours.0.every`: input should be greater than or equal to"),
        ("default: 3", "default: three", "10:61: must be `int`, as declared"),
        (", default: 3", "", "10:13: without a default only a call can give it: then there is no `when`"),
        ("type: int", "type: integer", "10:20: `inputs.patience.type`: input should be 'bool', 'int', 'double', 'str"),
        ("{type: string, value: =", "{type: bool, value: =", "12:29: must give `bool`, this gives `STRING`"),
        ("value: = answer.ask.kind", "value: = answer.ask_again.gone", "12:49: `answer.ask_again.gone` does not stand"),
        (", choices: [ours, theirs]", "", "37:9: a choice needs two choices at least, each once"),
        ("[ours, theirs]", "[ours, ours]", "37:63: a choice needs two choices at least, each once"),
        (
            "type: yes_no}\n      -",
            "type: yes_no, choices: [a]}\n      -",
            "36:67: only a choice has choices, this is `ye",
        ),
        ("{id: kind,", "{id: clean,", "37:14: `clean` stands here twice"),
        ("name: right", "name: left", "25:15: `left` stands here twice"),
        ("name: hold", "name: benign", "42:19: `benign` stands here twice"),
        ("name: hold", "name: if.clean", "42:19: `if.clean` and `if-clean` are one in expressions"),
        ("version: 3", "version: 4", "20:23: playbook `isolate-and-ask` has no version 4: there is 3"),
        ("playbook: isolate-and-ask", "playbook: isolate", "20:23: there is no playbook `isolate`"),
        ("{host: = finding.source.host}", "{}", "22:21: `isolate-and-ask` needs the input `host`"),
        ("{host: = finding", "{spare: = finding.id, host: = finding", "22:29: must give `bool`, this gives `STRING`"),
        ("{host: = finding.source.host}", "{host: 1}", "22:28: must be `string`"),
        ("{host: = finding", "{hots: x, host: = finding", "22:28: `isolate-and-ask` has no input `hots`"),
        ("T1567.002", "T1567.2", "6:21: `techniques.1`: string should match pattern"),
        ("[D3-NI]", "[d3-ni]", "7:19: `countermeasures.0`: string should match pattern '^D3-[A-Z0-9]+$'"),
        ("owner: governance\n", "", "1:1: `owner` is missing"),
        ("as: host", "as: Host", "62:9: `steps.4.as`: string should match pattern '^[a-z0-9][a-z0-9_.-]{0,63}$'"),
        ("parallel:\n", "parallel: []\n    x:\n", "16:15: `steps.0.parallel`: tuple should have at least 2 items aft"),
        ("when: finding", "when: findings", "5:15: no valid expression: undeclared reference to 'findings.category'"),
        ("when: finding.category", "when: step.ask.outcome", "5:15: `step.ask.outcome` does not stand here: only wha"),
    ],
)
def test_a_mistake_is_told_at_its_place(before: str, after: str, told: str) -> None:
    found = changed(before, after)
    assert any(problem.startswith(told) for problem in found), found


def test_all_mistakes_are_told_whatever_their_sort() -> None:
    wrong = (
        FULL.replace("wait: 5m", "weit: 5m")
        .replace("at_most: 5", "at_most: 500")
        .replace("network.block_ip", "network.block")
        .replace("default: 3", "default: three")
        .replace("answer.ask.clean\n", "answer.ask.tidy\n")
        .replace("owner: governance\n", "colour: red\n")
    )
    places = [told.split(":")[0] for told in problems(wrong)]
    assert places == ["1", "4", "10", "28", "40", "42", "63"]


def test_what_else_is_wrong_in_a_step_is_told_beside_its_unknown_action_or_misshapen_target() -> None:
    odd = FULL.replace("{port: =", "{prot: =").replace("finding.destination.port", "finding.destination.prot")
    unknown = odd.replace("network.block_ip", "network.block")
    assert [told.split(": ")[0] for told in problems(unknown)] == ["28:21", "30:49"]
    misshapen = FULL.replace("{port: =", "{prot: =").replace("= finding.destination.ip\n", "[]\n")
    assert [told.split(": ")[0] for told in problems(misshapen)] == ["29:21", "30:28"]


def test_what_only_follows_from_another_mistake_is_not_told() -> None:
    assert len(changed("task: Look at the data", "task: ''")) == 1
    assert len(changed("{type: int, because: how often to ask, default: 3}", "{type: int}")) == 1


def test_a_fact_of_a_step_within_another_block_does_not_stand() -> None:
    inner = changed("if: answer.ask.clean", "if: step.block.outcome == 'done'")
    assert inner == [
        "40:19: `step.block.outcome` does not stand here: only what the steps before leave, in the same block or one "
        "around it"
    ]

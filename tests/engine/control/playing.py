"""Playbooks of a test's own, carried out on the bench."""

from dataclasses import replace

from engine.model.run import Run, Visit
from engine.playbook import Playbook
from tests.bench import Bench
from tests.engine.walking import playbook

CALLED = (
    "playbook: inner\ninputs: {text: {type: string, because: b}}\noutputs: {said: {type: string, value: = input.text}}"
)
CALL = "{name: sub, playbook: inner, version: 1, inputs: {text: hello}, because: b}"


def play(bench: Bench, *playbooks: Playbook) -> None:
    """Have these playbooks answer everything."""
    bench.parts = replace(bench.parts, desk=replace(bench.desk, playbooks=playbooks))


def block(name: str, more: str = "", number: int = 0) -> str:
    address = f"203.0.113.{number or ord(name[0])}"
    return f"{{name: {name}, action: network.block_ip, target: {address}, because: b{more and ', ' + more}}}"


def steps(*lines: str) -> Playbook:
    return playbook("\n".join(f"- {line}" for line in lines))


def run_of(bench: Bench, incident: str) -> Run:
    return bench.read(lambda tx: tx.runs.of(incident))[0]


def visits(bench: Bench, incident: str, which: int = 0) -> dict[str, str]:
    run = bench.read(lambda tx: tx.runs.of(incident))[which]
    return {visit.path: visit.state.value for visit in bench.read(lambda tx: tx.visits.of(run.id))}


def visit(bench: Bench, incident: str, path: str) -> Visit:
    return next(one for one in bench.read(lambda tx: tx.visits.of(run_of(bench, incident).id)) if one.path == path)

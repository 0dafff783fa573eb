"""A playbook's graph: every step a shape, what is done on failure dashed, and nothing of the file is markup."""

import re
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest

from actions.registry import ActionSpecs
from console.playbook_layout import Node, lay_out
from console.playbook_svg import render
from console.playbook_telling import tell
from engine.playbook import Playbook, walk
from engine.playbook_file import load_files, parse_playbook

PLAYBOOKS = Path(__file__).parent.parent / "engine" / "playbooks"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def full() -> Playbook:
    return load_files([PLAYBOOKS / "full.yaml", PLAYBOOKS / "isolate-and-ask.yaml"], ActionSpecs())[0]


def overlap(one: Node, other: Node) -> bool:
    across = one.x < other.x + other.width and other.x < one.x + one.width
    return across and one.y < other.y + other.height and other.y < one.y + one.height


def test_every_step_is_in_the_graph_by_its_name(full: Playbook) -> None:
    root = ElementTree.fromstring(render(full))
    shown = [node.text for node in root.iter(f"{SVG}text")]
    assert {step.step.name for step in walk(full.block)} <= {*shown}
    assert {"left", "right", "then", "else", "case ours", "default", "do", "on failure", "again", "next"} <= {*shown}


def test_steps_stand_apart_and_within_the_picture(full: Playbook) -> None:
    part = lay_out(full.block)
    assert [pair for pair in combinations(part.nodes, 2) if overlap(*pair)] == []
    assert all(node.x >= 0 and node.x + node.width <= part.width for node in part.nodes)
    assert all(node.y >= 0 and node.y + node.height <= part.height for node in part.nodes)


def test_only_ways_of_failure_are_dashed(full: Playbook) -> None:
    dashed = [edge for edge in lay_out(full.block).edges if edge.dashed]
    assert [edge.label for edge in dashed] == ["on failure"]
    assert render(full).count("stroke-dasharray") == 1


def test_a_kind_is_known_by_its_shape(full: Playbook) -> None:
    groups = ElementTree.fromstring(render(full)).findall(f"{SVG}g")
    shapes = {str(group.findtext(f"{SVG}text")): [child.tag.removeprefix(SVG) for child in group] for group in groups}
    assert shapes["block"] == ["title", "rect", "text", "text", "text"]
    assert shapes["sides"][:4] == ["title", "rect", "path", "path"]
    assert shapes["if-clean"][1] == shapes["hosts"][1] == shapes["ask"][1] == shapes["benign"][1] == "polygon"


def test_text_of_a_file_is_never_markup() -> None:
    evil = '"</title><script>alert(1)</script>&\\u0001\\u202e\\u001b[2J"'
    step = f"{{name: t, task: {evil}, because: {evil}}}"
    text = f"playbook: p\nversion: 1\ndescription: {evil}\nowner: o\nsteps: [{step}]\n"
    drawn = render(parse_playbook(text, "p.yaml", ActionSpecs()))
    assert not re.search(r"<script|\x01|\x1b|\u202e", drawn)
    assert "</title><script>" in "".join(ElementTree.fromstring(drawn).itertext())


def test_a_graph_needs_nothing_that_a_strict_page_refuses(full: Playbook) -> None:
    assert not re.search(r"<style|<script|style=|href|\son\w+=", render(full))


def test_the_tree_tells_every_step_and_what_becomes_of_its_failure(full: Playbook) -> None:
    lines = [*tell(full)]
    assert lines[2:7] == [
        'answers: finding.category == "exfiltration"',
        "ATT&CK: T1048, T1567.002",
        "D3FEND: D3-NI",
        "never: touch a domain controller",
        "input patience: int, else 3 (how often to ask)",
    ]
    assert "│  │  └─ contain: playbook isolate-and-ask version 3 with host finding.source.host" in lines
    assert "│  │     └─ on failure: tell-soc: notify soc: it could not be isolated" in lines
    assert "│           on failure: continue" in lines
    assert "├─ hosts" not in lines
    assert lines[-2:] == ["      └─ others: host.isolate each.host", "            because it saw the same"]

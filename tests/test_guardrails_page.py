"""The page about guardrails: every invariant and every rule stands on it once, and every test it names is there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PAGE = (TESTS.parent / "docs" / "guardrails.md").read_text()
TABLE, _, REST = PAGE.partition("**Not reached yet.**")
ROWS = dict(re.findall(r"(?m)^\| (I\d+) \| .*? \| (.*) \|$", TABLE))
RULES = re.findall(r"(?m)^\| ([LFBG]\d+) \| .*? \| (.*) \|$", REST)
NAMED = [(row, *test) for row, cell in (*ROWS.items(), *RULES) for test in re.findall(r"`([\w/.]+)::(\w+)`", cell)]


LAWS = "actions/conformance/"
"""What plug-ins have to keep as well is no test's but shipped, and `test_conformance.py` tries it here."""


@cache
def functions(path: str) -> frozenset[str]:
    tree = ast.parse(((TESTS.parent if path.startswith(LAWS) else TESTS) / path).read_text())
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_every_invariant_is_attacked_or_said_to_be_out_of_reach() -> None:
    expected = {f"I{number}" for number in range(1, 16)}
    assert ROWS.keys() | set(re.findall(r"\bI\d+\b", REST)) == expected


def test_every_rule_stands_there_once() -> None:
    names = [name for name, _ in RULES]
    assert {name[0] for name in names} == {*"LFBG"}
    assert len({*names}) == len(names)


@pytest.mark.parametrize(("invariant", "path", "name"), NAMED)
def test_every_test_it_names_is_there(invariant: str, path: str, name: str) -> None:
    assert name.startswith("test_") or path.startswith(LAWS)
    assert name in functions(path), f"{invariant} names {path}::{name}"


def test_a_test_is_named_in_full() -> None:
    assert len(NAMED) == sum(cell.count("<br>") + 1 for cell in (*ROWS.values(), *dict(RULES).values()))

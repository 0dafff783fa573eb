"""The threat model: whatever it says stands against an abuse is tried by a test that is there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PAGE = (TESTS.parent / "docs" / "threat-model.md").read_text()
ABUSES = PAGE.partition("## What is tried")[2].partition("## What is left open")[0]
ROWS = [row for row in re.findall(r"(?m)^\| (.*) \| (.*) \| (.*) \|$", ABUSES) if row[0] != "abuse"]
NAMED = sorted({test for row in ROWS for test in re.findall(r"`([\w/.]+)::(\w+)`", row[2])})


@cache
def functions(path: str) -> frozenset[str]:
    tree = ast.parse((TESTS / path).read_text())
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_every_test_it_names_is_there(path: str, name: str) -> None:
    assert name.startswith("test_")
    assert name in functions(path)


def test_every_abuse_has_a_test_named_in_full() -> None:
    assert len(ROWS) > 30
    assert [row[0] for row in ROWS if not re.fullmatch(r"(`[\w/.]+::\w+`(<br>)?)+", row[2])] == []

"""The page about weakening lists what survives, each with its reason, and nothing else."""

import re
from collections.abc import Mapping
from pathlib import Path

from tests.policies import test_weakened as baseline
from tests.policies.checks import test_weakened as checks

ROOT = Path(__file__).parent.parent
CHECKS, _, BASELINE = (ROOT / "docs" / "weakening.md").read_text().partition("## The baseline")


def rows(text: str) -> list[str]:
    return re.findall(r"(?m)^\| `.* \|$", text)


def expected(survivors: Mapping[str, str]) -> list[str]:
    named = [(*name.split(":", 1), why) for name, why in survivors.items()]
    return sorted(f"| `{where}` | {said(what.strip())} | {why} |" for where, what, why in named)


def said(what: str) -> str:
    return " becomes ".join(f"`{' '.join(part.split())}`" for part in what.split("=>"))


def test_what_survives_of_the_checks_is_listed() -> None:
    assert sorted(rows(CHECKS)) == expected(checks.SURVIVORS)


def test_what_survives_of_the_baseline_is_listed() -> None:
    assert sorted(rows(BASELINE)) == expected(baseline.SURVIVORS)

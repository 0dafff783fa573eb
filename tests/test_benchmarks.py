"""The benchmark of decisions runs on today's baseline, with policies of the shape that it says; no speed is judged."""

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "policy.py"


def test_decisions_are_measured_under_policies_of_sixty_rules() -> None:
    ran = subprocess.run([sys.executable, SCRIPT, "--json", "--rounds", "1"], capture_output=True, text=True)
    found = json.loads(ran.stdout)
    assert ran.returncode == (0 if found.pop("bar") else 1)
    assert {kind: one["rules"] for kind, one in found.items()} == dict.fromkeys(found, 60)
    fewest, most = found["by-action"]["rules_left"]
    assert 60 / 4 < fewest < most <= 60 / 2
    assert found["all-hold"]["rules_left"] == [60, 60]

"""The benchmarks run on what is there today and measure what they say; no speed is judged."""

import json
import subprocess
import sys
from pathlib import Path

FLOWS = Path(__file__).parents[1] / "benchmarks" / "flows.py"
SCRIPT = Path(__file__).parents[1] / "benchmarks" / "policy.py"
STORM = Path(__file__).parents[1] / "benchmarks" / "storm.py"


def test_decisions_are_measured_under_policies_of_sixty_rules() -> None:
    ran = subprocess.run([sys.executable, SCRIPT, "--json", "--rounds", "1"], capture_output=True, text=True)
    found = json.loads(ran.stdout)
    assert ran.returncode == (0 if found.pop("bar") else 1)
    assert {kind: one["rules"] for kind, one in found.items()} == dict.fromkeys(found, 60)
    fewest, most = found["by-action"]["rules_left"]
    assert 60 / 4 < fewest < most <= 60 / 2
    assert found["all-hold"]["rules_left"] == [60, 60]


def test_the_look_back_is_measured_on_flows_that_are_all_accounted_for() -> None:
    ran = subprocess.run(
        [sys.executable, FLOWS, "--json", "--flows", "280000", "--rounds", "2"], capture_output=True, text=True
    )
    found = json.loads(ran.stdout)
    assert ran.returncode == (0 if found["held"] else 1)
    assert found["built"]["flows"] == 280000
    asked = {one["target"]: one for one in found["asked"]}
    assert asked["a server"]["flows"] < asked["the backup server"]["flows"] < asked["the monitor"]["flows"]
    assert 0.19 < asked["the whole site (/15)"]["flows"] / 280000 < 0.21


def test_a_storm_is_measured_with_and_without_a_limit() -> None:
    ran = subprocess.run(
        [sys.executable, STORM, "--json", "--findings", "1500", "--rounds", "1"], capture_output=True, text=True
    )
    found = json.loads(ran.stdout)
    assert ran.returncode == (0 if found["held"] else 1)
    assert (found["gathered"]["workflows"], found["answered"]["workflows"]) == (501, 1500)

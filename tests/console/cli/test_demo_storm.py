"""`fireline demo --scenario storm`, as anybody would play it: a real engine, real processes, every claim checked."""

import json
import subprocess
import sys
from pathlib import Path

from console.cli.demo.home import environment
from console.cli.demo.storm import ANSWERED, FINDINGS, TOUCHED


def test_the_storm_touches_no_more_than_its_budget(home: Path) -> None:
    command = [sys.executable, "-m", "console.cli.main", "demo", "--scenario", "storm", "--json"]
    variables = environment(home, {"PATH": str(Path(sys.executable).parent) + ":/usr/bin:/bin"})
    done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=240)
    assert (done.returncode, done.stderr) == (0, f"the demo's home stays: {home}\n")
    answer = json.loads(done.stdout)
    assert [what for what, held in answer["claims"].items() if not held] == []
    assert len(answer["claims"]) == 13
    by_itself = [one for one in answer["actions"] if one["lease"] and one["digest"] is None]
    assert len(by_itself) == TOUCHED + 1
    assert len(answer["incidents"]) == ANSWERED + 2
    assert FINDINGS >= 1000

"""`fireline`: answers at once, and ends as its contract says."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from console.cli import main
from console.cli.leaving import Exit, exit_code
from engine.errors import Denied, EngineBug, FirelineError, InvalidInput, NotFound, ServiceAway, TargetUnavailable
from tests.patience import PATIENCE_S

HEAVY = {"alembic", "cel_expr_python", "fastapi", "httpx", "numpy", "opentelemetry", "rich", "ruamel"}
HEAVY |= {"scipy", "sklearn", "skops", "sqlalchemy", "sqlmodel", "temporalio", "uvicorn"}

HELP = [("--help",), ("--version",), *((name, "--help") for name in main.command_names())]
LIST_MODULES = f"""
import os, sys
from console.cli.main import app
for arguments in {HELP!r}:
    sys.stdout.flush()
    if os.fork():
        assert os.wait()[1] == 0, arguments
        continue
    try:
        app(arguments)
    except SystemExit as leaving:
        print("\\nloaded", leaving.code, *sorted({{name.partition(".")[0] for name in sys.modules}}))
        sys.stdout.flush()
        os._exit(0)
    os._exit(1)
"""
"""Each command in a copy of a process that has loaded what every command loads; a line for each, in their order."""


@pytest.fixture(scope="module")
def loaded() -> dict[tuple[str, ...], list[str]]:
    """By command: its exit code, and what was loaded when it ended."""
    done = subprocess.run(
        [sys.executable, "-c", LIST_MODULES], capture_output=True, text=True, timeout=PATIENCE_S, check=True
    )
    lines = [line.split()[1:] for line in done.stdout.splitlines() if line.startswith("loaded ")]
    return dict(zip(HELP, lines, strict=True))


def fireline(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from console.cli.main import run; run()", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)


@pytest.mark.parametrize("arguments", HELP)
def test_help_loads_nothing_heavy(arguments: tuple[str, ...], loaded: dict[tuple[str, ...], list[str]]) -> None:
    code, *modules = loaded[arguments]
    assert code == "0"
    assert "typer" in modules
    assert HEAVY.isdisjoint(modules)


def test_it_says_its_version() -> None:
    assert fireline("--version").stdout == "fireline 0.1.0\n"


def test_wrong_usage_is_bad_input_and_leaves_stdout_empty() -> None:
    done = fireline("no-such-command")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no-such-command" in done.stderr


def test_an_error_of_ours_is_one_line_on_stderr(tmp_path: Path) -> None:
    done = fireline("init", "--home", str(tmp_path / "home"), "--site", "elsewhere")
    assert done.returncode == 2
    assert done.stderr == "fireline: site `elsewhere` has no people of its own: only `demo` has\n"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Denied("no"), Exit.REFUSED),
        (NotFound("gone"), Exit.REFUSED),
        (EngineBug("odd"), Exit.REFUSED),
        (InvalidInput("bad"), Exit.BAD_INPUT),
        (ServiceAway("away"), Exit.AWAY),
        (TargetUnavailable("slow"), Exit.AWAY),
    ],
)
def test_who_must_act_decides_the_exit_code(error: FirelineError, code: Exit) -> None:
    assert exit_code(error) == code


def raising(error: BaseException) -> Callable[[], None]:
    def app() -> None:
        raise error

    return app


@pytest.mark.parametrize(("error", "code"), [(ServiceAway("no engine"), 3), (KeyboardInterrupt(), 130)])
def test_run_turns_errors_into_exit_codes(error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main, "app", raising(error))
    with pytest.raises(SystemExit) as leaving:
        main.run()
    assert leaving.value.code == code


def test_leaving_at_once_still_writes_everything() -> None:
    script = "import sys; from console.cli.leaving import leave; print('out'); print('err', file=sys.stderr); leave(3)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=PATIENCE_S)
    assert (done.returncode, done.stdout, done.stderr) == (3, "out\n", "err\n")

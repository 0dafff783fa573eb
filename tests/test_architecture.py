"""The folder layout is the architecture; these tests keep it true."""

import ast
import sys
from collections.abc import Callable, Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from statistics import median, quantiles

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {
    "engine": set[str](),
    "detectors": {"engine"},
    "policies": {"engine"},
    "actions": {"engine"},
    "workflows": {"engine"},
    "console": {"engine", "workflows"},
}
COMPOSITION_ROOTS = ("workflows/worker.py", "console/host.py", "console/cli/", "console/api/app.py")
CEILING = 300
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}

ONLY_IN = {
    "alembic": ("engine/store/",),
    "psycopg": ("engine/store/",),
    "sqlalchemy": ("engine/store/",),
    "sqlite3": ("engine/store/",),
    "sqlmodel": ("engine/store/",),
    "temporalio": ("workflows/", "console/host.py", "console/cluster.py", "console/cli/"),
    "fastapi": ("console/",),
    "httpx": ("console/client.py", "console/outgoing/web.py", "actions/probes/web.py"),
    "typer": ("console/cli/",),
}
"""Libraries that one room keeps to itself."""

IMPURE = {"os", "pathlib", "random", "secrets", "socket", "subprocess", "tempfile", "time", "urllib", "uuid"}
"""What the vocabulary never imports: disk, network, clock, randomness, environment."""

IN_DEFINITIONS = sys.stdlib_module_names | {"temporalio", "pydantic", "engine", "workflows"}

BROAD_EXCEPT = {
    "engine/conformance.py": "somebody else's code is on trial there, and what it raises is the finding",
    "engine/plugins/loading.py": "whatever a plug-in's code raises ends in its own report, and disables it alone",
    "engine/store/writer.py": "one piece of work's error is its caller's, and must not end the writer of all",
    "engine/validate.py": "a check that fails to answer is a refusal with its reason",
}
"""Modules outside the composition roots that may catch `Exception`, each with its reason."""

CLOCKS = {"console/clock.py": "the one place that reads it; everything else is told the time"}
"""Modules outside the composition roots that may read the wall clock, each with its reason."""


@cache
def tree(name: str) -> ast.Module:
    return ast.parse((ROOT / name).read_text())


def modules(*folders: str) -> list[str]:
    found = [path.relative_to(ROOT).as_posix() for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return sorted(name for name in found if "/migrations/versions/" not in name)


OURS = modules(*MAY_IMPORT)
EVERYTHING = modules(*MAY_IMPORT, "tests", "benchmarks", "docker")


def imports(name: str) -> Iterator[str]:
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def imported_packages(name: str) -> set[str]:
    return {imported.partition(".")[0] for imported in imports(name)}


def functions(name: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree(name)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def is_definition(name: str) -> bool:
    classes = (node for node in ast.walk(tree(name)) if isinstance(node, ast.ClassDef))
    return any("workflow.defn" in ast.unparse(mark) for node in classes for mark in node.decorator_list)


def outside_roots(names: list[str]) -> list[str]:
    return [name for name in names if not name.startswith(COMPOSITION_ROOTS)]


def catches_everything(name: str) -> bool:
    handlers = (node for node in ast.walk(tree(name)) if isinstance(node, ast.ExceptHandler))
    types = [handler.type or ast.Name("Exception") for handler in handlers]
    caught = {ast.unparse(part) for kind in types for part in ast.walk(kind)}
    return bool(caught & {"Exception", "BaseException"})


def reads_the_clock(name: str) -> bool:
    calls = {ast.unparse(node.func) for node in ast.walk(tree(name)) if isinstance(node, ast.Call)}
    return bool(calls & {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "uuid4"})


def annotations(name: str) -> Iterator[ast.expr]:
    for function in functions(name):
        given = function.args
        named = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
        yield from (argument.annotation for argument in named if argument and argument.annotation)
        yield from [function.returns] if function.returns else []


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_point_inward_and_never_to_a_sibling(package: str) -> None:
    for name in outside_roots(modules(package)):
        assert imported_packages(name) & MAY_IMPORT.keys() <= MAY_IMPORT[package] | {package}, name


def test_imports_are_absolute() -> None:
    assert [name for name in EVERYTHING if any(imported.startswith(".") for imported in imports(name))] == []


@pytest.mark.parametrize("library", ONLY_IN)
def test_a_library_stays_in_its_room(library: str) -> None:
    users = [name for name in OURS if library in imported_packages(name)]
    assert [name for name in users if not name.startswith(ONLY_IN[library])] == []


def test_the_vocabulary_is_pure() -> None:
    assert [name for name in modules("engine/model") if imported_packages(name) & IMPURE] == []
    assert [name for name in modules("engine/model") if reads_the_clock(name)] == []


def test_workflow_definitions_import_only_the_engine_and_their_own_package() -> None:
    definitions = [name for name in modules("workflows") if is_definition(name)]
    assert [name for name in definitions if not imported_packages(name) <= IN_DEFINITIONS] == []


def test_the_error_tree_needs_no_third_party() -> None:
    assert imported_packages("engine/errors.py") <= sys.stdlib_module_names


def test_no_module_outgrows_the_ceiling() -> None:
    assert [name for name in EVERYTHING if len((ROOT / name).read_text().splitlines()) > CEILING] == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    parts = {name: set(Path(name).with_suffix("").parts) for name in EVERYTHING}
    assert [name for name, words in parts.items() if words & BANNED_NAMES] == []


def test_functions_are_short(record_property: Callable[[str, object], None]) -> None:
    lengths = [length(function) for name in OURS for function in functions(name)]
    middle, tail = median(lengths), quantiles(lengths, n=10)[-1]
    record_property("functions", f"{len(lengths)} functions, median {middle} lines, 90th percentile {tail}")
    assert middle < 10
    assert tail < 30


def test_everything_is_caught_only_where_a_reason_stands() -> None:
    assert {name for name in outside_roots(OURS) if catches_everything(name)} == BROAD_EXCEPT.keys()


def test_the_clock_is_read_only_where_a_reason_stands() -> None:
    assert {name for name in outside_roots(OURS) if reads_the_clock(name)} == CLOCKS.keys()


def test_no_signature_of_ours_says_any() -> None:
    words = {name: {ast.unparse(part) for note in annotations(name) for part in ast.walk(note)} for name in OURS}
    assert [name for name, said in words.items() if "Any" in said] == []


def test_modules_classes_and_functions_say_what_they_are_for() -> None:
    public = [
        (name, node)
        for name in OURS
        for node in [tree(name), *tree(name).body]
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and not getattr(node, "name", "").startswith("_")
    ]
    silent = [f"{name}:{getattr(node, 'name', '')}" for name, node in public if len(ast.get_docstring(node) or "") < 8]
    assert silent == []


def test_packages_run_nothing_when_imported() -> None:
    allowed = ast.Expr | ast.Import | ast.ImportFrom | ast.Assign | ast.AnnAssign
    inits = [name for name in OURS if name.endswith("__init__.py")]
    assert [name for name in inits if not all(isinstance(node, allowed) for node in tree(name).body)] == []


def test_nothing_is_left_to_do() -> None:
    marks = ("TO" + "DO", "FIX" + "ME", "XX" + "X")
    assert [name for name in EVERYTHING if any(mark in (ROOT / name).read_text() for mark in marks)] == []


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_no_other_distribution_claims_our_import_names(package: str) -> None:
    assert set(packages_distributions().get(package, [])) <= {"fireline"}


def test_docker_and_tests_are_no_packages() -> None:
    assert not [*(ROOT / "docker").rglob("__init__.py"), *(ROOT / "tests").rglob("__init__.py")]

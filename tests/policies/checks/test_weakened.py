"""Every check weakened bit by bit: each time a case of its own tests fails.

What is weakened without a failure stands in `SURVIVORS`, each with the reason why nothing else is let through by it,
and on the page about weakening. `make weaken` prints it.
"""

import importlib
import importlib.util
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from itertools import chain, product
from pathlib import Path
from types import ModuleType

import pytest

import policies.checks
from engine.context.file import ContextFile
from engine.ports import Context, Subject
from tests.policies.checks.weakening import Weakened, weakenings

Make = Callable[..., Subject]
HERE = Path(__file__).parent
CHECKS = sorted(path.stem for path in Path(policies.checks.__path__[0]).glob("[!_]*.py"))
ELSEWHERE: Mapping[str, str] = {
    **dict.fromkeys(("resolver", "domain_controller", "dhcp"), "test_infrastructure"),
    **dict.fromkeys(("shared_exit", "full_tunnel"), "test_tunnels"),
    **dict.fromkeys(("service_account", "reenabled"), "test_accounts"),
}
"""Checks whose cases stand together with those of others."""
NO_PLACE = "the value of an indicator of an address, and the target of a segment, are places by then"
SAID = "only how a number or a long text is put for people"
_MEETS = "intel_markings._is_target: segment and here is not None and (there is not None) and overlap(here, there) =>"
_SIZE = "size >= 1000 and unit < len(UNITS) - 1"
SURVIVORS: Mapping[str, str] = {
    "default_gateway._only_its_own: at is not None and within(at, target) => within(at, target)":
        "a context file with an address that is none is refused",
    "hazards.serves:  for port in cut if isinstance(port, int) =>  for port in cut": "ports are numbers by then",
    "intel_markings.run: harmless(subject) or not subject.indicators => harmless(subject)":
        "without an indicator nothing below speaks either",
    f"{_MEETS} segment and here is not None and overlap(here, there)": NO_PLACE,
    f"{_MEETS} segment and there is not None and overlap(here, there)": NO_PLACE,
    "evidence_captured._waived: 500 => 499": SAID,
    "evidence_captured._waived: 500 => 501": SAID,
    "legitimate_flows._sentence: 1 => 0": SAID,
    "legitimate_flows._sentence: 1 => 2": SAID,
    "legitimate_flows._size: 1 => 0": SAID,
    "legitimate_flows._size: 1 => 2": SAID,
    "legitimate_flows._size: 1000 => 999": SAID,
    "legitimate_flows._size: 1000 => 1001": SAID,
    "legitimate_flows._size: size >= 1000 => size > 1000": SAID,
    "legitimate_flows._size: unit < len(UNITS) - 1 => unit <= len(UNITS) - 1": SAID,
    f"legitimate_flows._size: {_SIZE} => size >= 1000": SAID,
    "legitimate_flows._owner: asset is not None and asset.owner => asset is not None": SAID,
    "shared_exit.run:  for one in others if one.tunnel =>  for one in others":
        "it would only find more, at a host without a name",
}  # fmt: skip


@cache
def cases_of(check: str) -> ModuleType:
    """The module of a check's tests."""
    name = ELSEWHERE.get(check, f"test_{check}")
    found = importlib.util.spec_from_file_location(f"weakened_{name}", HERE / f"{name}.py")
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def calls(module: ModuleType, given: Mapping[str, object]) -> Iterator[Callable[[], object]]:
    """Every test of a module with each of its parameters; those that need other fixtures are left out."""
    for name, test in inspect.getmembers(module, inspect.isfunction):
        if name.startswith("test_"):
            for chosen in parameters(test):
                known = {**given, **chosen}
                wanted = inspect.signature(test).parameters
                if wanted.keys() <= known.keys():
                    yield partial(test, **{key: known[key] for key in wanted})


def parameters(test: Callable[..., object]) -> Iterator[dict[str, object]]:
    """What pytest would call it with, case by case."""
    axes = []
    for mark in getattr(test, "pytestmark", ()):
        names, values = mark.args[0], mark.args[1]
        split = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
        rows = [getattr(value, "values", value) if not isinstance(value, dict) else value for value in values]
        axes.append([dict(zip(split, row if len(split) > 1 else (only(row),), strict=True)) for row in rows])
    for chosen in product(*axes):
        yield {name: value for part in chosen for name, value in part.items()}


def only(row: object) -> object:
    """A single value, also where `pytest.param` wraps it."""
    return row[0] if isinstance(row, tuple) and len(row) == 1 and not isinstance(row[0], tuple) else row


def noticed(check: str, given: Mapping[str, object]) -> bool:
    """Whether a test of this check fails, however."""
    for call in chain(calls(cases_of(check), given), calls(cases_of("finer_points"), given)):
        try:
            call()
        except Exception:  # noqa: BLE001
            return True
    return False


SHARED: Mapping[str, Sequence[str]] = {
    "hazards": (
        "default_gateway", "resolver", "domain_controller", "dhcp", "hypervisor", "own_path", "service_account",
        "shared_address", "shared_exit",
    ),
    "answers": CHECKS,
}  # fmt: skip
"""What several checks are made of, and whose cases have to notice."""


def put(weak: ModuleType, check: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the check's class do as its weakened self does."""
    [name] = [
        name for name, value in vars(check).items() if hasattr(value, "run") and value.__module__ == check.__name__
    ]
    for key, value in vars(getattr(weak, name)).items():
        if inspect.isfunction(value) and (key == "__init__" or not key.startswith("__")):
            monkeypatch.setattr(getattr(check, name), key, value)


def survivors(check: str, given: Mapping[str, object]) -> Iterator[str]:
    """The weakenings of a check that none of its tests notices."""
    module = importlib.import_module(f"policies.checks.{check}")
    for weakened in weakenings(inspect.getsource(module)):
        with pytest.MonkeyPatch.context() as patch:
            if alive(weakened, module, check, given, patch):
                yield f"{check}.{weakened.name}"


def alive(
    weakened: Weakened, module: ModuleType, check: str, given: Mapping[str, object], patch: pytest.MonkeyPatch
) -> bool:
    """Whether it goes unnoticed; what cannot even be loaded is noticed."""
    try:
        put(weakened.module(module), module, patch)
    except Exception:  # noqa: BLE001
        return False
    return not noticed(check, given)


def spread(weak: ModuleType, shared: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every check that uses a function of `shared` use the weakened one."""
    users = [importlib.import_module(f"policies.checks.{check}") for check in CHECKS]
    users += [importlib.import_module("policies.hazards")]
    for user, (name, old) in product(users, inspect.getmembers(shared, inspect.isfunction)):
        if vars(user).get(name) is old and user is not shared:
            monkeypatch.setattr(user, name, vars(weak)[name])


def shared_survivors(name: str, given: Mapping[str, object]) -> Iterator[str]:
    """The weakenings of what checks share that no test of any of them notices."""
    shared = importlib.import_module(f"policies.{name}")
    for weakened in weakenings(inspect.getsource(shared)):
        with pytest.MonkeyPatch.context() as patch:
            spread(weakened.module(shared), shared, patch)
            if not any(noticed(check, given) for check in SHARED[name]):
                yield f"{name}.{weakened.name}"


def told(survived: set[str]) -> set[str]:
    """The same, each said with its reason."""
    for name in sorted(survived):
        print(f"survives: {name} ({SURVIVORS.get(name, 'unexplained')})")
    return survived


def explained(module: str) -> set[str]:
    """What is known to survive of it."""
    return {name for name in SURVIVORS if name.partition(".")[0] == module}


@pytest.fixture
def given(make: Make, site: ContextFile, place: Context, hazardous: Context) -> Mapping[str, object]:
    return {"make": make, "site": site, "place": place, "hazardous": hazardous}


@pytest.mark.parametrize("check", CHECKS)
def test_as_it_is_it_passes_and_every_weakening_is_noticed(check: str, given: Mapping[str, object]) -> None:
    assert not noticed(check, given)
    assert told({*survivors(check, given)}) == explained(check)


@pytest.mark.parametrize("name", SHARED)
def test_so_is_every_weakening_of_what_checks_share(name: str, given: Mapping[str, object]) -> None:
    assert told({*shared_survivors(name, given)}) == explained(name)


def test_what_survives_is_explained() -> None:
    assert all(SURVIVORS.values())
    assert {name.partition(".")[0] for name in SURVIVORS} <= {*CHECKS, *SHARED}

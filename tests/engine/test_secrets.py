"""Where secrets may stand besides files and the environment, how a reference is spelled, and who reads one."""

import builtins
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordSetError
from pydantic import TypeAdapter, ValidationError

from engine.errors import InvalidInput
from engine.model.channel import Secret
from engine.secrets import LONGEST, SOURCES, reveal

ROOT = Path(__file__).parents[2]
SPELLED = TypeAdapter(Secret)


class InMemory(KeyringBackend):
    """A keyring without a file or a service behind it."""

    priority = 1.0

    def get_password(self, service: str, username: str) -> str | None:
        if service == "locked":
            raise KeyringLocked("the password is xoxb-1")
        return "xoxb-1\n" if (service, username) == ("fireline", "slack/bot") else None

    def set_password(self, service: str, username: str, password: str) -> None:
        raise PasswordSetError


@pytest.fixture
def _in_memory() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(InMemory())  # type: ignore[no-untyped-call]
    yield
    keyring.set_keyring(before)


@pytest.mark.usefixtures("_in_memory")
def test_a_secret_is_read_from_the_keyring_by_service_and_name() -> None:
    assert reveal("keyring:fireline/slack/bot") == "xoxb-1"


@pytest.mark.usefixtures("_in_memory")
@pytest.mark.parametrize("reference", ["keyring:fireline/other", "keyring:locked/bot"])
def test_what_a_keyring_does_not_give_is_named_by_its_reference(reference: str) -> None:
    with pytest.raises(InvalidInput, match=reference) as failed:
        reveal(reference)
    assert "xoxb" not in f"{failed.value!r} {failed.value.__cause__!r}"


def test_without_the_extra_it_says_which_one_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(
        name: str,
        globals: Mapping[str, object] | None = None,
        locals: Mapping[str, object] | None = None,
        fromlist: Sequence[str] = (),
        level: int = 0,
    ) -> object:
        if name == "keyring":
            raise ModuleNotFoundError(name)
        return real(name, globals, locals, fromlist, level)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InvalidInput, match="takes the extra `keyring`, which is not installed"):
        reveal("keyring:fireline/slack")


def test_a_secret_without_end_is_none(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("x" * (LONGEST + 1))
    file.chmod(0o600)
    with pytest.raises(InvalidInput, match="longer than"):
        reveal(f"file:{file}")


@pytest.mark.parametrize(
    "reference",
    ["env:KEY", "file:/run/key", "keyring:fireline/slack", "vault:secret/fireline/slack#bot_token"],
)
def test_a_reference_of_each_kind_is_taken(reference: str) -> None:
    assert SPELLED.validate_python(reference) == reference
    assert reference.partition(":")[0] in SOURCES


@pytest.mark.parametrize(
    "text",
    [
        "xoxb-1",
        "env:",
        "env:a b",
        "file:key",
        "keyring:fireline",
        "keyring:/x",
        "vault:secret#x",
        "vault:a/b",
        "vault:a/b#",
    ],
)
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        SPELLED.validate_python(text)


def test_no_workflow_detector_rule_or_action_reads_a_secret() -> None:
    files = [path for room in ("workflows", "policies", "detectors", "actions") for path in (ROOT / room).rglob("*.py")]
    assert [path for path in files if "from engine.secrets" in path.read_text()] == []

"""Commit tokens open exactly one work, on one kind of executor, for a while."""

import os
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.digest import work_digest
from engine.errors import GuardrailBreach, InvalidInput
from engine.model.action import Executor, Snapshot, Undo
from engine.model.execution import CommitToken, Work
from engine.model.restoring import Changed
from engine.token import (
    KEY_FILE,
    PUBLIC_FILE,
    StaleToken,
    TokenSigner,
    TokenVerifier,
    load_or_create,
    load_public,
    publish,
)

NOW = datetime(2026, 11, 21, 3, 11, tzinfo=UTC)
SIGNER = TokenSigner(Ed25519PrivateKey.generate())
VERIFIER = TokenVerifier(SIGNER.public_key)
WORK = Work(
    action="network.block_ip",
    action_version="1",
    connector="edge-1",
    executor=Executor.REAL,
    target="203.0.113.44",
    params={"port": 443},
    owner="fl-1",
)
TOKEN = SIGNER.sign(
    CommitToken(
        request_id="AR-1",
        lease_id="L-1",
        owner="fl-1",
        digest=work_digest("network.block_ip", "1", "edge-1", "203.0.113.44", {"port": 443}),
        executor=Executor.REAL,
        not_after=NOW + timedelta(seconds=10),
    )
)


def require(token: CommitToken | None, work: Work = WORK, executor: Executor = Executor.REAL) -> CommitToken:
    return VERIFIER.require(token, work, executor, NOW)


def test_a_good_token_opens_its_work_until_its_time() -> None:
    assert require(TOKEN) == TOKEN
    assert VERIFIER.require(TOKEN, WORK, Executor.REAL, TOKEN.not_after) == TOKEN


def test_a_token_survives_its_json_form() -> None:
    assert require(CommitToken.model_validate_json(TOKEN.model_dump_json())) == TOKEN


def test_a_late_token_is_stale_and_nothing_else() -> None:
    with pytest.raises(StaleToken, match="was good until"):
        VERIFIER.require(TOKEN, WORK, Executor.REAL, TOKEN.not_after + timedelta(microseconds=1))


RELEASE = SIGNER.vouch(
    WORK.model_copy(
        update={
            "expires_at": NOW,
            "snapshot": Snapshot(present=False, state={"load": 0.25}, displaced={"group": "servers"}),
            "undo": Undo(handle="fl-1"),
            "agreed": (Changed(setting="answer", was="203.0.113.80", now="192.0.2.1"),),
        }
    )
)


def test_what_a_release_gives_back_is_followed_under_our_signature_whatever_carried_it() -> None:
    assert VERIFIER.vouched(Work.model_validate_json(RELEASE.model_dump_json())) == RELEASE


@pytest.mark.parametrize(
    "changed",
    [
        {"signature": ""},
        {"signature": "not base64"},
        {"signature": "ſigned"},
        {"target": "203.0.113.45"},
        {"owner": "fl-2"},
        {"action": "host.isolate"},
        {"connector": "edge-2"},
        {"executor": Executor.SIMULATED},
        {"params": {}},
        {"snapshot": Snapshot(present=False, displaced={"group": "domain-admins"})},
        {"agreed": (Changed(setting="answer", was="192.0.2.66", now="192.0.2.1"),)},
    ],
)
def test_what_a_release_gives_back_is_followed_only_under_our_signature(changed: dict[str, object]) -> None:
    seen = VERIFIER.vouched(RELEASE.model_copy(update=changed))
    assert (seen.snapshot, seen.undo, seen.agreed) == (None, None, ())


def test_without_a_token_nothing_opens() -> None:
    with pytest.raises(GuardrailBreach, match="no commit token"):
        require(None)


@pytest.mark.parametrize(
    "changed",
    [
        {"request_id": "AR-2"},
        {"lease_id": "L-2"},
        {"owner": "fl-2"},
        {"digest": "0" * 64},
        {"executor": Executor.SIMULATED},
        {"not_after": NOW + timedelta(days=1)},
        {"signature": ""},
        {"signature": "no base64!"},
        {"signature": TOKEN.signature[::-1]},
        {"signature": "A" * 86 + "=="},
    ],
)
def test_a_changed_token_is_a_breach_and_not_merely_stale(changed: dict[str, object]) -> None:
    with pytest.raises(GuardrailBreach, match="not signed by this engine") as raised:
        VERIFIER.require(TOKEN.model_copy(update=changed), WORK, Executor.REAL, NOW + timedelta(minutes=1))
    assert not isinstance(raised.value, StaleToken)


def test_a_token_of_another_engine_is_a_breach() -> None:
    with pytest.raises(GuardrailBreach, match="not signed by this engine"):
        require(TokenSigner(Ed25519PrivateKey.generate()).sign(TOKEN))


@pytest.mark.parametrize(
    "changed",
    [
        {"action": "network.block_segment"},
        {"action_version": "2"},
        {"connector": "edge-2"},
        {"target": "203.0.113.45"},
        {"params": {}},
        {"params": {"port": "443"}},
        {"owner": "fl-2"},
    ],
)
def test_a_token_opens_no_other_work(changed: dict[str, object]) -> None:
    with pytest.raises(GuardrailBreach, match="for other work"):
        require(TOKEN, WORK.model_copy(update=changed))


@pytest.mark.parametrize(
    ("work", "executor"),
    [
        (Executor.REAL, Executor.SIMULATED),
        (Executor.SIMULATED, Executor.REAL),
        (Executor.SIMULATED, Executor.SIMULATED),
    ],
)
def test_a_token_opens_no_other_kind_of_executor(work: Executor, executor: Executor) -> None:
    with pytest.raises(GuardrailBreach, match=f"not for a {executor} executor"):
        require(TOKEN, WORK.model_copy(update={"executor": work}), executor)


def test_the_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    first = load_or_create(tmp_path / "keys")
    again = load_or_create(tmp_path / "keys")
    assert first.private_bytes_raw() == again.private_bytes_raw()
    assert stat.S_IMODE((tmp_path / "keys" / KEY_FILE).stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "keys").iterdir()] == [KEY_FILE]


def test_a_key_made_meanwhile_by_another_process_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = load_or_create(tmp_path)
    exists: Callable[[Path], bool] = lambda path: False  # noqa: E731
    monkeypatch.setattr(Path, "exists", exists)
    assert load_or_create(tmp_path).private_bytes_raw() == theirs.private_bytes_raw()


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    load_or_create(tmp_path)
    (tmp_path / KEY_FILE).chmod(0o640)
    with pytest.raises(InvalidInput, match="chmod 600"):
        load_or_create(tmp_path)


def test_a_file_that_holds_no_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).touch(mode=0o600)
    with pytest.raises(InvalidInput, match="no key in PEM form"):
        load_or_create(tmp_path)


@pytest.fixture
def keeping_to_itself() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.mark.usefixtures("keeping_to_itself")
def test_a_worker_that_is_somebody_else_can_read_the_public_half_and_nothing_beside_it(tmp_path: Path) -> None:
    key = load_or_create(tmp_path / "keys")
    publish(key, tmp_path / "keys")
    assert stat.S_IMODE((tmp_path / "keys" / PUBLIC_FILE).stat().st_mode) == 0o644
    (tmp_path / "keys" / PUBLIC_FILE).chmod(0o600)
    publish(key, tmp_path / "keys")
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "keys").iterdir()}
    assert modes == {KEY_FILE: 0o600, PUBLIC_FILE: 0o644}
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    assert load_public(tmp_path / "keys" / PUBLIC_FILE) == key.public_key().public_bytes_raw()

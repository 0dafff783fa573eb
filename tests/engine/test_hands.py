"""Hands map whatever a target does to what the lease has to know."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.digest import work_digest
from engine.errors import GuardrailBreach, TargetError, TargetRefused, TargetUnavailable
from engine.hands import Hands
from engine.model.action import ActionSpec, Executor, Impact, Params, Snapshot, TargetKind, Undo
from engine.model.base import Json
from engine.model.execution import CommitToken, Result, Work
from engine.ports import Action
from engine.token import TokenSigner, TokenVerifier

NOW = datetime(2026, 11, 21, 3, 11, tzinfo=UTC)
SIGNER = TokenSigner(Ed25519PrivateKey.generate())
REFUSED, AWAY, LATE = TargetRefused("not that one"), TargetUnavailable("no answer"), TimeoutError()
FOUND, BEFORE = Undo(handle="fl-1"), Snapshot(present=False)


class SwitchParams(Params):
    level: int = 1


class Switch(Action[Params]):
    """One bit; its script names the errors that its methods raise, and its log the methods that were called."""

    spec: ClassVar[ActionSpec] = ActionSpec(
        id="test.switch", summary="switch", params=SwitchParams, target=TargetKind.HOST, impact=Impact.LOW
    )

    def __init__(self, script: Mapping[str, Exception] | None = None, works: bool = True, on: bool = False) -> None:
        self.script, self.works, self.on = dict(script or {}), works, on
        self.log: list[str] = []

    def _enter(self, method: str) -> None:
        self.log.append(method)
        if error := self.script.get(method):
            raise error

    async def validate(self, params: Params) -> None:
        self._enter("validate")

    async def snapshot(self, params: Params) -> Snapshot:
        self._enter("snapshot")
        return Snapshot(present=self.on)

    async def execute(self, params: Params, key: str, expires_at: datetime | None) -> Undo:
        self._enter("execute")
        self.on = self.works
        return Undo(handle=key)

    async def inspect(self, params: Params, key: str) -> Undo | None:
        self._enter("inspect")
        return Undo(handle=key) if self.on else None

    async def verify(self, params: Params, key: str) -> bool:
        self._enter("verify")
        return self.on and self.works

    async def release(self, params: Params, key: str, undo: Undo | None, before: Snapshot | None) -> None:
        self._enter("release")
        self.on = False


class Panel:
    """The connector of the switch."""

    instance = "panel"
    executor = Executor.SIMULATED

    async def health(self) -> None:
        return None

    async def owned(self) -> Mapping[str, Json]:
        return {"fl-1": {"action": "test.switch", "target": "lamp"}}

    async def remove(self, key: str) -> None:
        raise TargetRefused(f"`{key}` stays")


class Ticking:
    """A clock that goes on by a second each time it is read."""

    def __init__(self) -> None:
        self.reads = 0

    def __call__(self) -> datetime:
        self.reads += 1
        return NOW + timedelta(seconds=self.reads - 1)


def hands(action: Action[Params]) -> Hands:
    return Hands({("panel", "test.switch"): action}, {"panel": Panel()}, TokenVerifier(SIGNER.public_key), Ticking())


def work(params: Json | None = None, *, not_after: datetime = NOW + timedelta(seconds=10), version: str = "1") -> Work:
    params = params or {}
    token = CommitToken(
        request_id="AR-1",
        lease_id="L-1",
        owner="fl-1",
        digest=work_digest("test.switch", version, "panel", "lamp", params),
        executor=Executor.SIMULATED,
        not_after=not_after,
    )
    return Work(
        token=SIGNER.sign(token),
        action="test.switch",
        action_version=version,
        connector="panel",
        executor=Executor.SIMULATED,
        target="lamp",
        params=params,
        owner="fl-1",
    )


async def test_applied_it_is_verified_with_what_stood_before_and_how_to_undo_it() -> None:
    action = Switch()
    outcome = await hands(action).apply(work())
    assert (outcome.result, outcome.snapshot, outcome.undo) == (Result.VERIFIED, BEFORE, FOUND)
    assert action.log == ["inspect", "validate", "snapshot", "execute", "verify"]


async def test_the_time_of_an_effect_is_taken_when_it_changed_and_before_it_is_read_back() -> None:
    outcome = await hands(Switch()).apply(work())
    assert outcome.at == NOW + timedelta(seconds=2)


@pytest.mark.parametrize(
    ("script", "result"),
    [
        ({"inspect": AWAY}, Result.NOT_BEGUN),
        ({"validate": REFUSED}, Result.REFUSED),
        ({"validate": AWAY}, Result.NOT_BEGUN),
        ({"snapshot": LATE}, Result.NOT_BEGUN),
        ({"snapshot": TargetError("broken")}, Result.NOT_BEGUN),
        ({"execute": REFUSED}, Result.REFUSED),
        ({"execute": AWAY}, Result.UNKNOWN),
        ({"execute": LATE}, Result.UNKNOWN),
        ({"execute": TargetError("broken")}, Result.UNKNOWN),
        ({"verify": AWAY}, Result.UNKNOWN),
        ({"verify": REFUSED}, Result.UNKNOWN),
    ],
)
async def test_an_error_of_the_target_becomes_a_known_outcome(script: dict[str, Exception], result: Result) -> None:
    outcome = await hands(Switch(script)).apply(work())
    assert outcome.result is result
    assert outcome.message


@pytest.mark.parametrize("script", [{"inspect": AWAY}, {"validate": REFUSED}, {"snapshot": AWAY}])
async def test_nothing_is_executed_after_an_early_error(script: dict[str, Exception]) -> None:
    action = Switch(script)
    await hands(action).apply(work())
    assert "execute" not in action.log


async def test_silence_after_the_effect_keeps_its_receipt() -> None:
    outcome = await hands(Switch({"verify": AWAY})).apply(work())
    assert (outcome.snapshot, outcome.undo, outcome.at) == (BEFORE, FOUND, NOW + timedelta(seconds=2))


async def test_a_success_that_cannot_be_read_back_is_taken_back() -> None:
    action = Switch(works=False)
    outcome = await hands(action).apply(work())
    assert outcome.result is Result.UNVERIFIED
    assert action.log[-1] == "release"


async def test_a_failed_taking_back_is_told() -> None:
    outcome = await hands(Switch({"release": AWAY}, works=False)).apply(work())
    assert outcome.result is Result.UNVERIFIED
    assert outcome.message.endswith("taking our part back failed too: no answer")


async def test_our_own_element_is_never_what_stood_before() -> None:
    action = Switch(on=True)
    outcome = await hands(action).apply(work().model_copy(update={"snapshot": BEFORE}))
    assert (outcome.result, outcome.snapshot) == (Result.VERIFIED, BEFORE)
    assert "snapshot" not in action.log


async def test_a_refused_retry_is_not_taken_for_nothing_there() -> None:
    outcome = await hands(Switch({"execute": REFUSED, "validate": REFUSED}, on=True)).apply(work())
    assert outcome.result is Result.UNKNOWN


async def test_a_stale_token_touches_nothing() -> None:
    action = Switch()
    outcome = await hands(action).apply(work(not_after=NOW - timedelta(seconds=1)))
    assert outcome.result is Result.STALE
    assert not action.log


async def test_a_token_whose_time_ends_while_the_target_is_asked_executes_nothing() -> None:
    action = Switch()
    outcome = await hands(action).apply(work(not_after=NOW + timedelta(seconds=0.5)))
    assert outcome.result is Result.STALE
    assert action.log == ["inspect", "validate", "snapshot"]


@pytest.mark.parametrize("changed", [{"token": None}, {"target": "door"}, {"executor": Executor.REAL}, {"owner": "x"}])
async def test_a_token_that_does_not_fit_is_a_breach_and_touches_nothing(changed: dict[str, object]) -> None:
    action = Switch()
    with pytest.raises(GuardrailBreach):
        await hands(action).apply(work().model_copy(update=changed))
    assert not action.log


@pytest.mark.parametrize("method", ["inspect", "release"])
async def test_work_for_another_kind_of_executor_is_a_breach_without_a_token_too(method: str) -> None:
    action = Switch(on=True)
    real = work().model_copy(update={"executor": Executor.REAL, "token": None})
    with pytest.raises(GuardrailBreach, match="not a real executor"):
        await getattr(hands(action), method)(real)
    assert not action.log


@pytest.mark.parametrize("params", [{"level": "high"}, {"force": True}])
async def test_parameters_that_do_not_fit_are_refused_by_name(params: Json) -> None:
    action = Switch()
    outcome = await hands(action).apply(work(params))
    assert outcome.result is Result.REFUSED
    assert f"`{[*params][0]}`" in outcome.message
    assert not action.log


async def test_another_version_is_not_applied_but_still_released() -> None:
    old = work(version="0")
    assert (await hands(Switch()).apply(old)).result is Result.REFUSED
    assert (await hands(Switch(on=True)).release(old)).result is Result.RELEASED


@pytest.mark.parametrize(
    ("changed", "applied", "inspected"),
    [
        ({"action": "test.unknown"}, Result.REFUSED, Result.UNKNOWN),
        ({"connector": "elsewhere"}, Result.NOT_BEGUN, Result.UNKNOWN),
    ],
)
async def test_what_is_not_in_this_zone_is_told(changed: dict[str, str], applied: Result, inspected: Result) -> None:
    elsewhere = work().model_copy(update=changed)
    assert elsewhere.token is not None
    digest = work_digest(elsewhere.action, "1", elsewhere.connector, "lamp", {})
    signed = elsewhere.model_copy(update={"token": SIGNER.sign(elsewhere.token.model_copy(update={"digest": digest}))})
    here = hands(Switch())
    assert (await here.apply(signed)).result is applied
    assert (await here.inspect(signed)).result is inspected
    assert (await here.release(signed)).result is Result.RELEASE_FAILED


@pytest.mark.parametrize(
    ("action", "result", "undo"),
    [
        (Switch(), Result.ABSENT, None),
        (Switch(on=True), Result.VERIFIED, FOUND),
        (Switch(on=True, works=False), Result.UNVERIFIED, FOUND),
        (Switch({"inspect": AWAY}, on=True), Result.UNKNOWN, None),
        (Switch({"verify": LATE}, on=True), Result.UNKNOWN, None),
    ],
)
async def test_inspecting_tells_what_stands(action: Switch, result: Result, undo: Undo | None) -> None:
    outcome = await hands(action).inspect(work())
    assert (outcome.result, outcome.undo) == (result, undo)


@pytest.mark.parametrize("error", [REFUSED, AWAY, LATE, TargetError("broken")])
async def test_a_failed_release_is_told_and_keeps_the_receipt(error: Exception) -> None:
    held = work().model_copy(update={"undo": FOUND})
    outcome = await hands(Switch({"release": error}, on=True)).release(held)
    assert (outcome.result, outcome.undo) == (Result.RELEASE_FAILED, FOUND)
    assert outcome.message


async def test_a_release_needs_no_token_and_may_be_repeated() -> None:
    here, held = hands(Switch(on=True)), work().model_copy(update={"token": None})
    assert (await here.release(held)).result is Result.RELEASED
    assert (await here.release(held)).result is Result.RELEASED


async def test_a_connector_is_asked_by_its_name() -> None:
    here = hands(Switch())
    await here.health("panel")
    assert here.executor("panel") is Executor.SIMULATED
    assert [*await here.owned("panel")] == ["fl-1"]
    with pytest.raises(TargetRefused, match="`fl-9` stays"):
        await here.remove("panel", "fl-9")
    with pytest.raises(TargetUnavailable, match="no connector `elsewhere`"):
        await here.health("elsewhere")

"""Lines leave for where names may lead, and a channel with a mistake in it is nobody else's trouble."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

import pytest

from console.outgoing.delivery import Postman
from console.outgoing.lines import Syslog
from console.outgoing.webhook import Webhook
from engine.errors import InvalidInput, TargetRefused, TargetUnavailable
from engine.model.channel import ChannelSettings, SyslogSettings, WebhookSettings
from engine.outgoing import Notice
from tests.bench import Bench
from tests.console.outgoing.test_delivery import paged
from tests.patience import PATIENCE_S


class Broken:
    """A channel with a mistake of ours in it, or one that takes everything."""

    def __init__(self, name: str, error: Exception | None = None) -> None:
        self.settings, self._error = ChannelSettings(name=name), error
        self.taken = asyncio.Event()

    async def send(self, notice: Notice, now: datetime) -> None:
        if self._error is not None:
            raise self._error
        self.taken.set()


async def test_a_channel_with_a_mistake_in_it_ends_neither_the_others_nor_the_engine(
    bench: Bench, postman: Callable[..., Postman], caplog: pytest.LogCaptureFixture
) -> None:
    broken, well = Broken("broken", OverflowError("a mistake of ours")), Broken("well")
    await paged(bench)
    running = asyncio.create_task(postman(broken, well).run())
    try:
        async with asyncio.timeout(PATIENCE_S):
            await well.taken.wait()
            while "begun again" not in caplog.text:
                await asyncio.sleep(0)
        assert not running.done()
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("localhost:514", TargetRefused),
        ("169.254.169.254:514", TargetRefused),
        (f"{'a' * 64}.example:514", TargetUnavailable),
    ],
)
async def test_syslog_too_asks_where_a_name_leads(bench: Bench, address: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        await Syslog(SyslogSettings(kind="syslog", name="log", address=address)).send(stuck(bench), bench.now)


async def test_a_secret_url_is_spoken_to_by_tls_too(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_URL", "http://hook.example/in/secret-path")
    hook = Webhook(WebhookSettings(kind="webhook", name="hook", url="env:HOOK_URL", secret="env:HOOK_SECRET"))
    with pytest.raises(InvalidInput, match="without TLS only this host") as refused:
        await hook.send(stuck(bench), bench.now)
    assert "secret-path" not in str(refused.value)


def stuck(bench: Bench) -> Notice:
    return Notice(
        id="MS-1", event="trigger", key="k", audience="pager", people=(), subject="s", title="stuck", lines=(),
        round=0, simulated=False, made_at=bench.now,
    )  # fmt: skip

"""One running engine: the store's owner, the workers, the doors, and what keeps them company.

Rules: 1. One engine a home. 2. Nothing serves before what it needs is there. 3. Whatever ends unexpectedly ends the
engine with its reason, so that a supervisor starts it again; nothing is lost by that.
"""

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime

import uvicorn
from fastapi import FastAPI
from temporalio.client import Client
from temporalio.service import RPCError
from workflows.plugin import FirelinePlugin

from engine.control.desk import Desk
from engine.control.spooled import take_in_spool
from engine.control.watch import reconcile
from engine.errors import InvalidInput, ServiceAway, StoreUnavailable
from engine.hands import Hands
from engine.ledger.note import SigningKey
from engine.ledger.sealer import LedgerSealer
from engine.ledger.spool import Spool
from engine.settings import Settings
from engine.store.store import Store
from workflows.activities.control import ControlActivities
from workflows.activities.zone import ZoneActivities
from workflows.embedded import EmbeddedTemporal
from workflows.home_files import HomeLock
from workflows.outbox import Dispatcher
from workflows.worker import control_worker, zone_worker

ADDRESS_FILE = "engine.json"
"""Where other commands find the running engine, under the run directory."""


@dataclass(frozen=True)
class Parts:
    """What the composition root has put together: the decisions' side, and the world's side by connector."""

    desk: Desk
    hands: dict[str, Hands]
    ledger_key: SigningKey
    clock: Callable[[], datetime]


@dataclass(frozen=True)
class Running:
    """An engine that serves."""

    url: str
    store: Store
    client: Client


BuildApp = Callable[[Store, Parts, Settings], FastAPI]


@asynccontextmanager
async def running(settings: Settings, parts: Parts, build: BuildApp) -> AsyncIterator[Running]:
    """Start everything in order, and stop it in the opposite one."""
    async with AsyncExitStack() as stack:
        lock = HomeLock(settings.run_dir / "engine.lock")
        lock.take()
        stack.callback(lock.release)
        store = Store(settings.database_url)
        stack.callback(store.close)
        spool = Spool(settings.home / "late-releases.jsonl")
        address = settings.temporal_address or await _embedded(settings, stack)
        client = await _connect(settings, address)
        control = ControlActivities(store, lambda: parts.desk, spool)
        await stack.enter_async_context(control_worker(client, control, settings.temporal_task_queue))
        for instance, hands in parts.hands.items():
            await stack.enter_async_context(zone_worker(client, instance, ZoneActivities(hands, parts.clock)))
        dispatcher = Dispatcher(store, client, settings.temporal_task_queue)
        for work in (dispatcher.run(), _seal(store, settings, parts), _take_in(store, spool, parts)):
            await stack.enter_async_context(_beside(work))
        await store.write(lambda tx: reconcile(tx, tuple(parts.hands)))
        url = await stack.enter_async_context(_served(settings, build(store, parts, settings)))
        yield Running(url, store, client)
        await store.seal(LedgerSealer(parts.ledger_key, settings.home), parts.clock())


async def _embedded(settings: Settings, stack: AsyncExitStack) -> str:
    temporal = EmbeddedTemporal(settings)
    address = await temporal.start()
    stack.push_async_callback(temporal.stop)
    await stack.enter_async_context(_beside(temporal.watch()))
    return address


async def _connect(settings: Settings, address: str) -> Client:
    try:
        return await Client.connect(address, namespace=settings.temporal_namespace, plugins=[FirelinePlugin()])
    except (RPCError, RuntimeError) as error:
        raise ServiceAway(f"Temporal at `{address}` does not answer: {error}") from error


async def _seal(store: Store, settings: Settings, parts: Parts) -> None:
    """Sign a checkpoint whenever the ledger has grown, and copy it out."""
    sealer = LedgerSealer(parts.ledger_key, settings.home)
    while True:
        await asyncio.sleep(settings.checkpoint_every.total_seconds())
        with suppress(StoreUnavailable):
            await store.seal(sealer, parts.clock())


async def _take_in(store: Store, spool: Spool, parts: Parts) -> None:
    """Bring late releases into the ledger as soon as it can be written again."""
    while True:
        with suppress(StoreUnavailable):
            await take_in_spool(store, spool, parts.clock())
        await asyncio.sleep(5)


@asynccontextmanager
async def _beside(work: Coroutine[object, object, None]) -> AsyncIterator[None]:
    """Run `work` beside the block; where it fails, the block's task is cancelled and its error raised."""
    block = asyncio.current_task()
    assert block is not None
    task = asyncio.create_task(work)
    task.add_done_callback(lambda done: None if done.cancelled() else block.cancel())
    try:
        yield
    except asyncio.CancelledError:
        if task.done() and not task.cancelled() and (error := task.exception()) is not None:
            raise error from None
        raise
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await task


@asynccontextmanager
async def _served(settings: Settings, app: FastAPI) -> AsyncIterator[str]:
    """The API on its loopback port, and the file by which other commands find it."""
    listener = _listen(settings)
    port: int = listener.getsockname()[1]
    config = uvicorn.Config(app, log_config=None, lifespan="off", access_log=False, timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    # Signals are ours: the engine finishes what it is doing before the API goes.
    server.capture_signals = nullcontext  # type: ignore[method-assign, assignment]
    url = f"http://{settings.api_host}:{port}"
    file = settings.run_dir / ADDRESS_FILE
    async with _beside(server.serve(sockets=[listener])):
        while not server.started:
            await asyncio.sleep(0.01)
        file.write_text(json.dumps({"url": url, "pid": os.getpid()}))
        try:
            yield url
        finally:
            file.unlink(missing_ok=True)
            server.should_exit = True
            await asyncio.sleep(0.05)


def _listen(settings: Settings) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.api_host, settings.api_port))
    except OSError as error:
        raise InvalidInput(f"port {settings.api_port} is taken: choose another with --port") from error
    return listener

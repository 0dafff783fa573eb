"""One running engine: the store's owner, the workers, the doors, and what keeps them company.

Rules: 1. One engine a home. 2. Nothing serves before what it needs is there. 3. Whatever ends unexpectedly ends the
engine with its reason, so that a supervisor starts it again; nothing is lost by that.
"""

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from fastapi import FastAPI
from temporalio.client import Client
from temporalio.service import RPCError

from console.api.sensors import sensors_config
from console.beside import beside, count_strangers, forget_steps, look_after, measure, seal, take_in, tell_strangers
from console.calendar_feeds import keep_fetching
from console.chat.company import chat_company
from console.client import ADDRESS_FILE, Address
from console.cluster import connect, keep_key
from console.outgoing.alarms import Alarms
from console.outgoing.channels import channel
from console.outgoing.delivery import Postman
from console.outgoing.reading import keep_telling
from console.outgoing.siem.company import siem_company
from console.outgoing.tickets.company import ticket_company
from console.retention import Forget, forget_evidence
from console.rounds import go_round
from console.serving import listen, served, served_as
from console.strangers import Strangers
from console.undo_sheet import SheetKeeper
from engine.control.desk import Desk
from engine.control.desks import Desks
from engine.control.governance import begin
from engine.control.watch import look_again
from engine.errors import Denied, InvalidInput, ServiceAway, StoreUnavailable
from engine.hands import Hands
from engine.intel.library import Library
from engine.ledger.note import SigningKey
from engine.ledger.sealer import LedgerSealer
from engine.ledger.spool import Spool
from engine.measures import Measures
from engine.model.governance import Bundle
from engine.settings import Settings
from engine.store.store import Store
from engine.telemetry import Telemetry
from workflows import tracing
from workflows.activities.control import ControlActivities
from workflows.activities.zone import ZoneActivities
from workflows.embedded import EmbeddedTemporal
from workflows.home_files import HomeLock
from workflows.outbox import Dispatcher
from workflows.temporal_server import PortTaken
from workflows.worker import control_workers, zone_worker

ANSWER_WITHIN = timedelta(seconds=2)
"""How long Temporal may take to say that it is well."""
YOUNG = 20_000
"""Objects that come on top before garbage is looked for: a transaction makes thousands, hardly any in a circle."""
FIRST_LOOK_S, FIRST_LOOKS = 0.1, 50
"""How often a fresh engine looks whether its connectors have been seen, and how many times."""


@dataclass(frozen=True)
class Parts:
    """What the composition root has put together: the decisions' side, and the world's side by connector.

    `hands` are empty where another process touches the world. `given` are the texts of the desk's policy and playbooks,
    which become version 1 of a fresh database; `forget` drops evidence that the world's side has kept for long enough.
    """

    desk: Desk
    hands: dict[str, Hands]
    ledger_key: SigningKey
    clock: Callable[[], datetime]
    given: tuple[Bundle, ...] = ()
    forget: Forget = ()

    @property
    def connectors(self) -> tuple[str, ...]:
        """Every connector there is, here or elsewhere."""
        return tuple(self.desk.executors)

    def without_hands(self) -> "Parts":
        """The decisions' side alone."""
        return replace(self, hands={}, forget=())


@dataclass(frozen=True)
class Engine:
    """What serves: the database, Temporal, and what the doors share."""

    store: Store
    client: Client
    parts: Parts
    settings: Settings
    telemetry: Telemetry
    desks: Desks
    strangers: Strangers = field(default_factory=Strangers)
    threads: tracing.Threads = field(default_factory=tracing.Threads)

    async def ready(self) -> bool:
        """Whether the database can be written, and Temporal answers."""
        try:
            # A number that changes: without one nothing is written, and a disk that is full goes unnoticed.
            await self.store.write(lambda tx: tx.counters.next("health"))
        except StoreUnavailable:
            return False
        return await self.temporal_answers()

    async def temporal_answers(self) -> bool:
        """Whether Temporal does."""
        try:
            return await self.client.service_client.check_health(timeout=ANSWER_WITHIN)
        except RPCError:
            return False


@dataclass(frozen=True)
class Running:
    """An engine that serves, and where."""

    url: str
    store: Store
    client: Client
    desks: Desks
    set_aside: tuple[Bundle, ...]
    """What was given at this start and is not what is active."""


BuildApp = Callable[[Engine], FastAPI]


@asynccontextmanager
async def running(
    settings: Settings, parts: Parts, build: BuildApp, telemetry: Telemetry | None = None
) -> AsyncIterator[Running]:
    """Start everything in order, and stop it in the opposite one."""
    async with AsyncExitStack() as stack:
        _lock(settings, stack)
        sent = telemetry or tracing.setup(settings)
        stack.callback(sent.shutdown)
        store = Store(settings.database_url)
        stack.callback(store.close)
        # Before anything decides: a warning or limit that is not known yet would let too much through.
        await Library(store, parts.desk.knowledge).load()
        desks = Desks(parts.desk)
        set_aside = await store.write(lambda tx: begin(tx, parts.given, parts.clock()))
        await desks.follow(store)
        address = settings.temporal_address or await _embedded(settings, stack)
        client = await connect(settings, address, traced=sent.on)
        engine = Engine(store, client, parts, settings, sent, desks)
        await _work(engine, stack)
        await store.write(lambda tx: look_again(tx, parts.connectors))
        await _first_look(store, tuple(parts.hands))
        url = await stack.enter_async_context(_served(settings, build(engine)))
        _collect_seldom(stack)
        yield Running(url, store, client, desks, set_aside)
        await tell_strangers(store, engine.strangers.take(), parts.clock())
        await store.seal(LedgerSealer(parts.ledger_key, settings.home), parts.clock())


def _collect_seldom(stack: AsyncExitStack) -> None:
    """Look for garbage neither in what the start made, nor every few statements: that was a tenth of our CPU."""
    stack.callback(gc.set_threshold, *gc.get_threshold())
    gc.set_threshold(YOUNG)
    # What a start made stays until the end.
    stack.callback(gc.unfreeze)
    gc.freeze()


async def _first_look(store: Store, connectors: tuple[str, ...]) -> None:
    """Wait until each connector was seen once: nothing is done through one that never was.

    One that is away keeps the doors closed no longer than this takes; what needs it is then refused with the reason.
    """
    for _ in range(FIRST_LOOKS):
        if all(store.ask(lambda tx, name=name: tx.connectors.get(name)) for name in connectors):  # type: ignore[misc]
            return
        await asyncio.sleep(FIRST_LOOK_S)


def _lock(settings: Settings, stack: AsyncExitStack) -> None:
    lock = HomeLock(settings.run_dir / "engine.lock")
    try:
        lock.take()
    except ServiceAway as error:
        raise Denied(f"{error}: stop it first, or name another home with --home") from error
    stack.callback(lock.release)


async def _work(engine: Engine, stack: AsyncExitStack) -> None:
    """The workers, and what runs beside them."""
    store, client, parts, settings = engine.store, engine.client, engine.parts, engine.settings
    spool = Spool(settings.home / "late-releases.jsonl")
    control = ControlActivities(store, engine.desks, spool, parts.clock)
    for worker in control_workers(client, control, settings.temporal_task_queue):
        await stack.enter_async_context(worker)
    for instance, hands in parts.hands.items():
        await stack.enter_async_context(zone_worker(client, instance, ZoneActivities(hands, parts.clock)))
    dispatcher = Dispatcher(store, client, settings.temporal_task_queue, engine.threads.within)
    company = [
        keep_key(client, settings),
        dispatcher.run(),
        _postman(engine).run(),
        keep_telling(store, engine.desks, parts.clock),
        _alarms(engine).run(parts.clock),
        seal(store, LedgerSealer(parts.ledger_key, settings.home), settings.checkpoint_every, parts.clock),
        take_in(store, spool, parts.clock),
        forget_steps(store, parts.clock),
        keep_fetching(settings.people_file, parts.clock),
        forget_evidence(parts.forget),
        count_strangers(store, engine.strangers, parts.clock),
        go_round(store, engine.desks, parts.clock),
        look_after(store, parts.connectors, parts.clock),
        *(SheetKeeper(store, engine.desks, path, parts.clock).run() for path in [settings.undo_sheet] if path),
        *chat_company(store, engine.desks, settings, engine.strangers, parts.clock, site=_site(parts)),
        *siem_company(store, engine.desks, settings, parts.clock, site=_site(parts)),
        *ticket_company(store, engine.desks, settings, parts.clock, site=_site(parts)),
        *([measure(store, Measures(engine.telemetry.meter), _receivers(settings))] if engine.telemetry.on else []),
    ]
    for work in company:
        await stack.enter_async_context(beside(work))


def _postman(engine: Engine) -> Postman:
    """What carries messages to people: here, for it needs the database and no connector's credentials."""
    settings, parts = engine.settings, engine.parts
    return Postman(
        engine.store,
        engine.desks,
        [channel(one) for one in settings.channels],
        parts.clock,
        site=_site(parts),
        simulated=settings.page_simulated,
    )


def _receivers(settings: Settings) -> tuple[str, ...]:
    return tuple(one.name for one in settings.siem)


def _site(parts: Parts) -> str:
    """What keeps this engine apart at receivers that hear of several."""
    return parts.ledger_key.verifying.id.hex()


def _alarms(engine: Engine) -> Alarms:
    """What looks after the engine itself."""
    settings, site = engine.settings, _site(engine.parts)
    channels = [channel(one) for one in settings.channels]
    return Alarms(engine.store, engine.desks, channels, settings, engine.temporal_answers, site=site)


async def _embedded(settings: Settings, stack: AsyncExitStack) -> str:
    temporal = EmbeddedTemporal(settings)
    try:
        address = await temporal.start()
    except PortTaken as error:
        if not settings.temporal_port:
            raise
        raise InvalidInput(f"{error}: FIRELINE_TEMPORAL_PORT names it") from error
    stack.push_async_callback(temporal.stop)
    await stack.enter_async_context(beside(temporal.watch()))
    return address


@asynccontextmanager
async def _served(settings: Settings, app: FastAPI) -> AsyncIterator[str]:
    """The API on its loopback port, and the file by which other commands find it."""
    listener = listen(settings.api_host, settings.api_port, "--port")
    url = f"http://{settings.api_host}:{listener.getsockname()[1]}"
    file, draft = settings.run_dir / ADDRESS_FILE, settings.run_dir / f".{ADDRESS_FILE}"
    async with served(served_as(app), listener), _sensors(settings, app):
        draft.write_text(Address(url=url, pid=os.getpid()).model_dump_json())
        draft.replace(file)
        try:
            yield url
        finally:
            file.unlink(missing_ok=True)


@asynccontextmanager
async def _sensors(settings: Settings, app: FastAPI) -> AsyncIterator[None]:
    """The sensors' port, where one is set."""
    here = settings.sensors
    if here is None:
        yield
        return
    async with served(sensors_config(app, here), listen(here.host, here.port, "sensors.port")):
        yield

"""From a running engine to its API."""

from fastapi import FastAPI

from console.api.app import build_app
from console.api.backend import Backend
from console.host import Engine


def build(engine: Engine) -> FastAPI:
    """The application over this engine."""
    backend = Backend(
        store=engine.store,
        desk=engine.desks,
        clock=engine.parts.clock,
        ledger_key=engine.parts.ledger_key,
        home=engine.settings.home,
        ready=engine.ready,
        strangers=engine.strangers,
        tracer=engine.telemetry.tracer,
        follow=engine.threads.here,
    )
    return build_app(backend)

"""From a running engine's parts to its API."""

from fastapi import FastAPI

from console.api.app import build_app
from console.api.backend import Backend
from console.host import Parts
from engine.settings import Settings
from engine.store.store import Store


def build(store: Store, parts: Parts, settings: Settings) -> FastAPI:
    """The application over this engine."""
    backend = Backend(
        store=store,
        desk=lambda: parts.desk,
        clock=parts.clock,
        ledger_key=parts.ledger_key,
        home=settings.home,
        ready=lambda: True,
    )
    return build_app(backend)

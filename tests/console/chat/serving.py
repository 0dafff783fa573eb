"""The engine's API over the bench with a chat product's routes, asked as that product would ask it."""

import httpx
from fastapi import APIRouter

from console.api.app import build_app
from console.api.backend import Backend
from console.chat.port import Room
from console.strangers import Strangers
from tests.bench import Bench


def served(bench: Bench, strangers: Strangers, router: APIRouter, *rooms: Room) -> httpx.AsyncClient:
    """Answer for these rooms by the bench's clock."""

    async def ready() -> bool:
        return True

    places = {room.settings.name: room for room in rooms}
    backend = Backend(
        store=bench.store, desk=bench.desks, clock=lambda: bench.now, ready=ready, strangers=strangers,
        ledger_key=bench.parts.ledger_key, home=bench.settings.home, rooms=tuple(places), places=places,
    )  # fmt: skip
    app = build_app(backend)
    app.include_router(router)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://engine")

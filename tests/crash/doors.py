"""The engine's API as a forwarder uses it: asked again and again until it answers."""

import asyncio
from contextlib import suppress
from itertools import count

import httpx

from engine.model.base import Json

ANSWER_PAUSE_S = 0.05


class Doors:
    """The engine's API, asked again and again until it answers, as any forwarder would."""

    def __init__(self, port: int, token: str) -> None:
        """Speak with the local administrator's token, for whomever."""
        self.port = port
        self._http = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=5
        )

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    async def post(self, path: str, body: Json, person: str = "anna") -> httpx.Response:
        """The engine's answer, whatever it is."""
        return (await self.ask(path, body, person))[0]

    async def ask(self, path: str, body: Json, person: str) -> tuple[httpx.Response, int]:
        """The engine's answer, and how often it had to be asked."""
        for tries in count(1):
            with suppress(httpx.TransportError):
                answer = await self._http.post(path, json=body, headers={"X-Fireline-As": person})
                if answer.status_code < 500:
                    return answer, tries
            await asyncio.sleep(ANSWER_PAUSE_S)
        raise AssertionError("never reached")

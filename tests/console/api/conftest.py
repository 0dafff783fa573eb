"""The API over the bench, asked as a program would ask it."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from console.api.app import build_app
from console.api.backend import Backend
from console.clock import now
from console.people import token_digest
from console.strangers import Strangers
from engine.model.base import Json
from engine.model.principal import Role
from tests.bench import Bench, on_bench

BOT = "a sensor's token"
VIEWER = "a viewer's token"


@pytest.fixture
async def bench(home: Path) -> AsyncIterator[Bench]:
    with on_bench(home, now()) as made:
        await made.later(timedelta(0))
        _give_tokens(home)
        _add_somebody_of_each_role(home)
        yield made


def _give_tokens(home: Path) -> None:
    file = home / "people.yaml"
    for name, token in (("siem-bot", BOT), ("lena", VIEWER)):
        file.write_text(
            file.read_text().replace(f"  {name}:\n", f"  {name}:\n    token_sha256: {token_digest(token)}\n", 1)
        )


def _add_somebody_of_each_role(home: Path) -> None:
    file = home / "people.yaml"
    lines = [
        f"  only-{role}: {{name: Only {role}, roles: [{role}], token_sha256: {token_digest(only(role))}}}\n"
        for role in Role
    ]
    file.write_text(file.read_text().replace("\npeople:\n", "\npeople:\n" + "".join(lines), 1))


def only(role: Role) -> str:
    """The token of somebody who has this role and no other."""
    return f"the token of only-{role}"


@pytest.fixture
def strangers() -> Strangers:
    return Strangers()


@pytest.fixture
def backend(bench: Bench, strangers: Strangers) -> Backend:
    async def ready() -> bool:
        return True

    return Backend(
        store=bench.store,
        desk=bench.desks,
        clock=lambda: bench.now,
        ledger_key=bench.parts.ledger_key,
        home=bench.settings.home,
        ready=ready,
        strangers=strangers,
    )


class Api:
    """One caller after the other at the same doors."""

    def __init__(self, backend: Backend, token: str) -> None:
        transport = httpx.ASGITransport(build_app(backend), raise_app_exceptions=True)
        self._token = token
        self._http = httpx.AsyncClient(transport=transport, base_url="http://engine")

    async def get(self, path: str, token: str | None = None, person: str | None = None) -> httpx.Response:
        return await self._http.get(f"/api/v1{path}", headers=self._headers(token, person))

    async def post(self, path: str, body: Json, token: str | None = None, person: str | None = None) -> httpx.Response:
        return await self._http.post(f"/api/v1{path}", json=body, headers=self._headers(token, person))

    async def raw(self, path: str, content: str) -> httpx.Response:
        headers = self._headers(None, None) | {"Content-Type": "application/json"}
        return await self._http.post(f"/api/v1{path}", content=content, headers=headers)

    async def once(self, path: str, body: Json, key: str, token: str | None = None) -> httpx.Response:
        headers = self._headers(token, None) | {"Idempotency-Key": key}
        return await self._http.post(f"/api/v1{path}", json=body, headers=headers)

    async def send(
        self, method: str, path: str, content: str | bytes | AsyncIterator[bytes], headers: dict[str, str]
    ) -> httpx.Response:
        return await self._http.request(method, path, content=content, headers=headers)

    async def made_up(self, case: Mapping[str, object]) -> httpx.Response:
        """A request that somebody else has made up, with a token that is good."""
        headers = case["headers"]
        assert isinstance(headers, Mapping)
        names = {"method": "method", "url": "url", "params": "params", "json": "json", "data": "content"}
        taken = {ours: case[theirs] for theirs, ours in names.items() if theirs in case}
        return await self._http.request(**taken, headers={**headers, **self._headers(None, None)})  # type: ignore[arg-type]

    async def bare(self, method: str, path: str, **headers: str) -> httpx.Response:
        return await self._http.request(method, path, headers=headers)

    def _headers(self, token: str | None, person: str | None) -> dict[str, str]:
        speaking = {"Authorization": f"Bearer {token or self._token}"}
        return speaking | ({"X-Fireline-As": person} if person else {})


@pytest.fixture
def api(backend: Backend, bench: Bench) -> Api:
    """Everybody speaks with the local administrator's token unless another is given."""
    return Api(backend, bench.settings.token_file.read_text().strip())

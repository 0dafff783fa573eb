"""A browser at the API: it keeps cookies and says of every request from which page it comes."""

import httpx

from console.api.app import build_app
from console.api.backend import Backend
from console.api.cookies import CSRF_HEADER
from engine.model.base import Json
from engine.model.principal import Role
from tests.console.api.conftest import Api, only

HERE = "http://127.0.0.1:8443"
ELSEWHERE = "http://127.0.0.1:9000"
ANALYST = only(Role.ANALYST)


async def link(api: Api, token: str = ANALYST) -> str:
    """The secret of a link that signs in whose token it is."""
    return str((await api.post("/sign-in-links", {}, token=token)).json()["secret"])


class Browser:
    """Pages of ours in one browser; `csrf` is what they have read of their session."""

    def __init__(self, backend: Backend, at: str = HERE) -> None:
        transport = httpx.ASGITransport(build_app(backend), client=("127.0.0.1", 40_000))
        self.http = httpx.AsyncClient(transport=transport, base_url=at)
        self.at, self.csrf = at, ""

    async def sign_in(self, secret: str) -> httpx.Response:
        answer = await self.submit("/auth/link", {"secret": secret})
        current = await self.get("/api/v1/sessions/current")
        self.csrf = str(current.json().get("csrf", ""))
        return answer

    async def get(self, path: str) -> httpx.Response:
        return await self.http.get(path, headers={"Sec-Fetch-Site": "same-origin"})

    async def submit(self, path: str, form: dict[str, str], **headers: str) -> httpx.Response:
        """A form of our own page, unless the headers say otherwise."""
        return await self.http.post(path, data=form, headers=self._from_here() | headers)

    async def post(self, path: str, body: Json, **headers: str) -> httpx.Response:
        """What a script of our own page fetches, unless the headers say otherwise."""
        return await self.http.post(path, json=body, headers={**self._from_here(), CSRF_HEADER: self.csrf} | headers)

    async def as_sent(self, path: str, headers: dict[str, str]) -> httpx.Response:
        """Exactly these headers, and the cookies."""
        return await self.http.post(path, json={}, headers=headers)

    @property
    def cookies(self) -> dict[str, str]:
        return dict(self.http.cookies)

    def _from_here(self) -> dict[str, str]:
        return {"Origin": self.at, "Sec-Fetch-Site": "same-origin"}

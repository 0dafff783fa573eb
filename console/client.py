"""Talking to the running engine; besides `console.outgoing.web` and `actions.probes.web` the only user of httpx."""

import json
import os

import httpx
from pydantic import JsonValue, ValidationError

from engine.errors import Denied, FirelineError, InvalidInput, ServiceAway
from engine.model.base import Json, Model
from engine.settings import Settings

TIMEOUT_S = 30.0
UPLOAD_TIMEOUT_S = 600.0
"""A file of the largest size takes minutes to be taken in."""
TOKEN_VARIABLE = "FIRELINE_TOKEN"
ADDRESS_FILE = "engine.json"
"""Where a running engine says how it is found, under the run directory."""
ERRORS: dict[int, type[FirelineError]] = {1: Denied, 2: InvalidInput, 3: ServiceAway}
"""The exit code that a refusal names, as the error that leads to it."""


class Address(Model):
    """Where the engine of a home listens, and which process it is."""

    url: str
    pid: int


def start_command(settings: Settings) -> str:
    """What starts the engine of these settings; beside a Temporal elsewhere, what touches the world runs apart."""
    return "fireline up" if settings.temporal_address is None else "fireline serve"


class EngineClient:
    """One command's conversation with the engine of its home."""

    def __init__(self, settings: Settings, acting_as: str | None = None) -> None:
        """Find the engine and the token; raise `ServiceAway` where none runs under this home."""
        url = _url(settings)
        # A command asks once or twice: no connection is kept that somebody would have to close.
        headers = {"Authorization": f"Bearer {_token(settings)}", "Connection": "close"}
        if acting_as is not None:
            headers["X-Fireline-As"] = acting_as
        # No proxy from the environment: it would be handed the token.
        self._http = httpx.Client(base_url=f"{url}/api/v1", headers=headers, timeout=TIMEOUT_S, trust_env=False)

    def get(self, path: str, **query: str | int | bool) -> Json:
        """Ask; a list comes whole, however many pages it has."""
        answer = self._send("GET", path, params=query)
        while (last := answer.pop("next", None)) is not None:
            more = self._send("GET", path, params={**query, "after": last})
            answer = {name: _joined(answer.get(name), value) for name, value in more.items()}
        return answer

    def post(self, path: str, body: Json, *, patient: bool = False) -> Json:
        """Have something done, which may take minutes where we are `patient`."""
        answer: Json = self._request("POST", path, body, timeout=UPLOAD_TIMEOUT_S if patient else TIMEOUT_S).json()
        return answer

    def upload(self, path: str, data: bytes, **query: str | float) -> Json:
        """Hand a file over."""
        answer: Json = self._request("POST", path, params=query, data=data, timeout=UPLOAD_TIMEOUT_S).json()
        return answer

    def download(self, path: str) -> bytes:
        """Fetch a file."""
        return self._request("GET", path).content

    def _send(self, method: str, path: str, body: Json | None = None, params: object = None) -> Json:
        answer: Json = self._request(method, path, body, params).json()
        return answer

    def _request(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        params: object = None,
        data: bytes | None = None,
        timeout: float = TIMEOUT_S,
    ) -> httpx.Response:
        try:
            response = self._http.request(method, path, json=body, params=params, content=data, timeout=timeout)  # type: ignore[arg-type]
        except httpx.TransportError as error:
            raise ServiceAway(f"the engine at {self._http.base_url} does not answer: {error}") from error
        if response.is_error:
            raise _refusal(response)
        return response


def _joined(before: JsonValue, more: JsonValue) -> JsonValue:
    if not isinstance(before, list) or not isinstance(more, list):
        return more
    before.extend(more)
    return before


def _refusal(response: httpx.Response) -> FirelineError:
    try:
        problem = response.json()
    except json.JSONDecodeError:
        return ServiceAway(f"the engine answered {response.status_code}")
    if response.status_code == 401:
        return Denied("the token is not valid here: run `fireline init`, or set FIRELINE_TOKEN")
    if "exit_code" not in problem:
        return ServiceAway(f"something else answers there, with {response.status_code}")
    return ERRORS.get(problem["exit_code"], Denied)(problem["title"])


def _token(settings: Settings) -> str:
    given = os.environ.get(TOKEN_VARIABLE)
    if given:
        return given
    if not settings.token_file.exists():
        raise InvalidInput(f"there is no token in `{settings.home}`: run `fireline init`, or set {TOKEN_VARIABLE}")
    return settings.token_file.read_text().strip()


def _url(settings: Settings) -> str:
    away = ServiceAway(f"no engine runs under `{settings.home}`: start one with `{start_command(settings)}`")
    try:
        address = Address.model_validate_json((settings.run_dir / ADDRESS_FILE).read_bytes())
        # An engine that was killed leaves its address behind; a stranger on that port must not get our token.
        os.kill(address.pid, 0)
    except PermissionError:
        return address.url
    except (OSError, ValidationError):
        raise away from None
    return address.url

"""Secrets that a Vault or OpenBao keeps, in its key-value store of version 2.

Its own variables say where it is and who we are there: VAULT_ADDR, VAULT_TOKEN or VAULT_TOKEN_FILE, VAULT_NAMESPACE and
VAULT_CACERT.

Rules: 1. The token goes to that address alone: no redirect, no proxy, and over plain HTTP only within this host.
2. Nobody waits longer than `WITHIN_S`. 3. What it said holds for `HOLDS_S`, and then it is asked again: where it does
not answer, or says no, there is no secret, and none of before is used in its place. 4. One that does not answer is
left alone for `PAUSE_S`, for whoever asks waits. 5. What fails names the reference, and nothing that was said.
"""

import os
import ssl
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, JsonValue, ValidationError

from engine.errors import InvalidInput, SecretAway

WITHIN_S = 2.0
HOLDS_S = 30.0
PAUSE_S = 15.0
LONGEST = 2**20
ASKING = ThreadPoolExecutor(4, thread_name_prefix="vault")
"""Rule 2: a name that is looked up, or an answer that drips, ends no sooner than it wants to."""


class _Version(BaseModel):
    data: Mapping[str, JsonValue]


class _Answer(BaseModel):
    data: _Version


@dataclass(frozen=True)
class _Kept:
    """What came of asking, and until when that holds."""

    said: str | InvalidInput = field(repr=False)
    until: float


@dataclass(frozen=True)
class Vault:
    """One server, as the environment names it at the moment of asking; `token` reads the file of that name."""

    read_file: Callable[[str, str], str]
    clock: Callable[[], float] = time.monotonic
    _kept: dict[tuple[str, ...], _Kept] = field(default_factory=dict, repr=False)

    def reveal(self, name: str, reference: str) -> str:
        """The secret at `MOUNT/PATH#FIELD`.

        Raises `InvalidInput` where there is none, `SecretAway` where it cannot be told now.
        """
        place, token = _given("VAULT_ADDR", reference), self._token(reference)
        key = (place, token, os.environ.get("VAULT_NAMESPACE", ""), name)
        self._forget()
        kept = self._kept.get(key) or self._kept.setdefault(key, self._ask(place, token, name, reference))
        if isinstance(kept.said, InvalidInput):
            # Anew each time: whoever is refused adds to its trace.
            raise type(kept.said)(kept.said.message)
        return kept.said

    def _forget(self) -> None:
        """Rule 3: what is over is not even in memory."""
        now = self.clock()
        for key in [key for key, kept in [*self._kept.items()] if now >= kept.until]:
            self._kept.pop(key, None)

    def _token(self, reference: str) -> str:
        file = os.environ.get("VAULT_TOKEN_FILE")
        return self.read_file(file, f"file:{file}").strip() if file else _given("VAULT_TOKEN", reference)

    def _ask(self, place: str, token: str, name: str, reference: str) -> _Kept:
        try:
            said: str | InvalidInput = ASKING.submit(_fetch, place, token, name, reference).result(WITHIN_S)
        except (TimeoutError, OSError, HTTPException, ValueError) as error:
            said = SecretAway(f"the vault does not answer for `{reference}`: {type(error).__name__}")
        except InvalidInput as error:
            said = error
        return _Kept(said, self.clock() + (HOLDS_S if isinstance(said, str) else PAUSE_S))


def _given(variable: str, reference: str) -> str:
    value = os.environ.get(variable, "")
    if not value:
        raise InvalidInput(f"the secret at `{reference}` is in a vault, and {variable} does not say which")
    return value


def _fetch(place: str, token: str, name: str, reference: str) -> str:
    path, _, wanted = name.partition("#")
    mount, _, rest = path.partition("/")
    headers = {"X-Vault-Token": token, "X-Vault-Request": "true", "Connection": "close"}
    if namespace := os.environ.get("VAULT_NAMESPACE"):
        headers["X-Vault-Namespace"] = namespace
    connection = _connection(place)
    try:
        connection.request("GET", f"/v1/{quote(mount, safe='')}/data/{quote(rest)}", headers=headers)
        answer = connection.getresponse()
        return _judged(answer.status, answer.read(LONGEST), wanted, reference)
    finally:
        connection.close()


def _connection(place: str) -> HTTPConnection:
    """Rule 1."""
    parts = urlsplit(place)
    host = parts.hostname or ""
    if parts.scheme == "https":
        trusted = ssl.create_default_context(cafile=os.environ.get("VAULT_CACERT"))
        return HTTPSConnection(host, parts.port, timeout=WITHIN_S, context=trusted)
    if parts.scheme != "http" or not _is_this_host(host):
        raise InvalidInput("VAULT_ADDR is https://…, or http:// and an address of this host")
    return HTTPConnection(host, parts.port, timeout=WITHIN_S)


def _is_this_host(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _judged(status: int, said: bytes, wanted: str, reference: str) -> str:
    """Rule 5."""
    if status == 404:
        raise InvalidInput(f"there is no secret at `{reference}`")
    if status != 200:
        refused = "gives no leave to read" if status == 403 else f"answers {status} for"
        raise SecretAway(f"the vault {refused} `{reference}`")
    try:
        value = _Answer.model_validate_json(said).data.data.get(wanted)
    except ValidationError:
        raise SecretAway(f"the vault answers something else than a secret for `{reference}`") from None
    if not isinstance(value, str):
        raise InvalidInput(f"there is no secret at `{reference}`")
    return value

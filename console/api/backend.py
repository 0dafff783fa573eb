"""What the routes work with: the store, what decides, and who is asking."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from engine.control.desk import Desk
from engine.errors import Denied
from engine.ledger.note import SigningKey
from engine.model.action import Executor
from engine.model.principal import Principal, Role
from engine.store.store import Store
from engine.store.tx import Tx

T = TypeVar("T")
BEARER = HTTPBearer(auto_error=False)


@dataclass(frozen=True)
class Backend:
    """The engine as the API sees it; `clock` gives the time of the doors."""

    store: Store
    desk: Callable[[], Desk]
    clock: Callable[[], datetime]
    ledger_key: SigningKey
    home: Path
    ready: Callable[[], bool]

    async def write(self, work: Callable[[Tx], T]) -> T:
        """One transaction."""
        return await self.store.write(work)

    async def read(self, query: Callable[[Tx], T]) -> T:
        """One question."""
        return await self.store.read(query)

    @property
    def only_simulated(self) -> bool:
        """Whether no connector of this engine touches the real world."""
        return all(executor is Executor.SIMULATED for executor in self.desk().executors.values())


@dataclass(frozen=True)
class Caller:
    """The principal a request acts for, and who typed it if that is somebody else."""

    principal: Principal
    by: Principal | None = None

    @property
    def actor(self) -> str:
        """How the ledger names them."""
        return self.principal.id if self.by is None else f"{self.principal.id} (typed by {self.by.id})"


def backend_of(request: Request) -> Backend:
    """The backend this application was built over."""
    backend = request.app.state.backend
    assert isinstance(backend, Backend)
    return backend


def caller_of(request: Request, credentials: HTTPAuthorizationCredentials | None = Depends(BEARER)) -> Caller:
    """Who is asking, by bearer token; 401 for anybody unknown, and nothing more is said."""
    backend = backend_of(request)
    people = backend.desk().people
    principal = None if credentials is None else people.by_token(credentials.credentials)
    if principal is None:
        raise HTTPException(401, "a valid token is needed", {"WWW-Authenticate": "Bearer"})
    name = request.headers.get("x-fireline-as")
    if name is None or name == principal.id:
        return Caller(principal)
    return _acting_for(backend, principal, name)


def _acting_for(backend: Backend, by: Principal, name: str) -> Caller:
    """The local administrator may speak for another only where nothing real can happen; the ledger says so."""
    other = backend.desk().people.get(name)
    if Role.ADMIN not in by.roles or not backend.only_simulated:
        raise Denied("acting for somebody else takes the local administrator's token and a simulated site")
    if other is None:
        raise Denied(f"there is nobody called `{name}`")
    return Caller(other, by)

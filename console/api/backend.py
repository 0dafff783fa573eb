"""What the routes work with: the store, what decides, and who is asking."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, TypeVar

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from opentelemetry.trace import NoOpTracer, Tracer
from pydantic import Field

from console.strangers import Strangers
from engine.control.desks import Desks
from engine.errors import Denied, InvalidInput
from engine.intel.library import Library
from engine.ledger.note import SigningKey
from engine.model.action import Executor
from engine.model.principal import Principal, Role
from engine.store.store import Store
from engine.store.tx import Tx

T = TypeVar("T")
BEARER = HTTPBearer(auto_error=False)
Seconds = Annotated[float, Field(ge=0, le=366 * 86_400, allow_inf_nan=False)]
"""A duration in a body."""


@dataclass(frozen=True)
class Backend:
    """The engine as the API sees it; `clock` gives the time of the doors."""

    store: Store
    desk: Desks
    clock: Callable[[], datetime]
    ledger_key: SigningKey
    home: Path
    ready: Callable[[], Awaitable[bool]]
    strangers: Strangers = field(default_factory=Strangers)
    tracer: Tracer = field(default_factory=NoOpTracer)
    follow: Callable[[], Callable[[str], None]] = lambda: lambda workflow_id: None
    """Gives what ties a workflow to the trace of this moment."""

    async def write(self, work: Callable[[Tx], T]) -> T:
        """One transaction."""
        return await self.store.write(work)

    async def read(self, query: Callable[[Tx], T]) -> T:
        """One question."""
        return await self.store.read(query)

    @cached_property
    def library(self) -> Library:
        """Where files of intelligence are taken in."""
        return Library(self.store, self.desk().knowledge)

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
        return self.principal.signature


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
        backend.strangers.refuse(request.client.host if request.client else "unknown", backend.clock())
        raise HTTPException(401, "a valid token is needed", {"WWW-Authenticate": "Bearer"})
    # A refusal further on is recorded under this name.
    request.state.caller = Caller(principal)
    name = request.headers.get("x-fireline-as")
    if name is not None and name != principal.id:
        request.state.caller = _acting_for(backend, principal, name)
    caller = request.state.caller
    assert isinstance(caller, Caller)
    return caller


def _acting_for(backend: Backend, by: Principal, name: str) -> Caller:
    """The local administrator may speak for another only where nothing real can happen; the ledger says so."""
    other = backend.desk().people.get(name)
    if Role.ADMIN not in by.roles or not backend.only_simulated:
        raise Denied("acting for somebody else takes the local administrator's token and a simulated site")
    if other is None:
        raise InvalidInput(f"there is nobody called `{name}`")
    return Caller(other.model_copy(update={"typed_by": by.id}), by)

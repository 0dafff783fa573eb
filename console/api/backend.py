"""What the routes work with: the store, what decides, and who is asking.

Whoever is known needs the permission that the table names for this route, by their roles and by what they came with; a
route without one stays closed.
"""

from asyncio import Lock
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, TypeVar

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from opentelemetry.trace import NoOpTracer, Tracer
from pydantic import Field

from console.api.oidc import Provider
from console.api.once import take_key, taken, taking
from console.api.permissions import permission_for
from console.chat.port import Room
from console.pace import Pace
from console.signed_in import Attendance
from console.strangers import Strangers
from engine.control.desks import Desks
from engine.errors import Denied, InvalidInput
from engine.intel.library import Library
from engine.ledger.note import SigningKey
from engine.model.api_token import ApiToken
from engine.model.permission import ROLES, Permission, permissions
from engine.model.principal import Principal, Role
from engine.model.session import Session
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
    attendance: Attendance = field(default_factory=Attendance)
    pace: Pace = field(default_factory=lambda: Pace(per_second=100, at_once=1000))
    """Of each principal."""
    strangers_pace: Pace = field(default_factory=lambda: Pace(per_second=5, at_once=100))
    """Of refusals to each source."""
    sign_in_pace: Pace = field(default_factory=lambda: Pace(per_second=5, at_once=100))
    """Of sign-ins with the identity provider that are begun or ended from each source."""
    trials_pace: Pace = field(default_factory=lambda: Pace(per_second=0.1, at_once=1))
    """Of test cards in each room."""
    streams: Counter[str] = field(default_factory=Counter)
    """How many streams of changes each principal has open."""
    exporting: Lock = field(default_factory=Lock)
    """Held while the ledger is written down for somebody."""
    rooms: tuple[str, ...] = ()
    """The chat rooms there are."""
    places: Mapping[str, Room] = field(default_factory=dict)
    """What shows cards in each of them."""
    public_url: str | None = None
    """Where browsers reach this; None where they do on this host alone."""
    provider: Provider | None = None
    """The identity provider that people sign in with."""
    tracer: Tracer = field(default_factory=NoOpTracer)
    follow: Callable[[], Callable[[str], None]] = lambda: lambda workflow_id: None
    """Gives what ties a workflow to the trace of this moment."""

    async def write(self, work: Callable[[Tx], T]) -> T:
        """One transaction; the first one of a request takes its idempotency key."""
        done = await self.store.write(taking(work))
        taken()
        return done

    async def read(self, query: Callable[[Tx], T]) -> T:
        """One question."""
        return await self.store.read(query)

    @cached_property
    def library(self) -> Library:
        """Where files of intelligence are taken in."""
        return Library(self.store, self.desk().knowledge)


@dataclass(frozen=True)
class Caller:
    """The principal a request acts for, who typed it if that is somebody else, and what of ours they came by."""

    principal: Principal
    by: Principal | None = None
    token: ApiToken | None = None
    session: Session | None = None
    scopes: frozenset[Permission] | None = None
    """What a certificate opens at most."""

    @property
    def actor(self) -> str:
        """How the ledger names them."""
        return self.principal.signature

    @property
    def permissions(self) -> frozenset[Permission]:
        """What the roles allow, as far as the token or certificate goes."""
        allowed = permissions(self.principal)
        scopes = self.scopes if self.token is None else frozenset(self.token.scopes)
        return allowed if scopes is None else allowed & scopes


def backend_of(request: Request) -> Backend:
    """The backend this application was built over."""
    backend = request.app.state.backend
    assert isinstance(backend, Backend)
    return backend


async def caller_of(request: Request, _: HTTPAuthorizationCredentials | None = Depends(BEARER)) -> Caller:
    """Who is asking, and for whom; `Denied` without the permission of this route."""
    backend, caller = backend_of(request), request.state.caller
    assert isinstance(caller, Caller)
    name = request.headers.get("x-fireline-as")
    if name is not None and name != caller.principal.id:
        caller = _acting_for(backend, caller, name)
        # A refusal further on is recorded under this name.
        request.state.caller = caller
    _require(caller, permission_for(request.method, request.scope["route"].path))
    await backend.attendance.note(backend.store, caller.principal, source_of(request), backend.clock())
    await take_key(request, backend.store, caller.principal.id, backend.clock())
    return caller


def _require(caller: Caller, needed: Permission) -> None:
    who = caller.principal.id
    if needed not in permissions(caller.principal):
        roles = " or ".join(role for role in Role if role in ROLES[needed] and role is not Role.ADMIN)
        raise Denied(f"`{who}` is not allowed to do this: it takes {roles}, for the permission `{needed}`")
    if needed not in caller.permissions:
        means = "token" if caller.scopes is None else "certificate"
        raise Denied(f"`{who}` is not allowed to do this with a {means} that does not open `{needed}`")


def source_of(request: Request) -> str:
    """The address that a request comes from: who connects, whatever a header says."""
    return request.client.host if request.client else "unknown"


def _acting_for(backend: Backend, caller: Caller, name: str) -> Caller:
    """The local administrator may speak for another only where nothing real can happen; the ledger says so."""
    by, other = caller.principal, backend.desk().people.get(name)
    if Role.ADMIN not in by.roles or not backend.desk().simulated:
        raise Denied("acting for somebody else takes the local administrator's token and a simulated site")
    if other is None:
        raise InvalidInput(f"there is nobody called `{name}`")
    return replace(caller, principal=other.model_copy(update={"typed_by": by.id}), by=by)

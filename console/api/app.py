"""The local API: every door authenticates first, writes its row and ledger entry, and nudges the workflow after."""

from contextlib import suppress

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from console.api import (
    routes_break_glass,
    routes_budgets,
    routes_cases,
    routes_context,
    routes_control,
    routes_evidence,
    routes_governance,
    routes_intel,
    routes_leases,
    routes_ledger,
    routes_pages,
    routes_playbooks,
    routes_review,
    routes_tasks,
    routes_tokens,
)
from console.api.backend import Backend, Caller, backend_of
from console.cli.leaving import Exit, exit_code
from engine.control.moves import note
from engine.errors import Denied, FirelineError, InvalidInput, NotFound, ServiceAway, StoreUnavailable
from engine.model.base import Json

STATUS = {NotFound: 404, Denied: 403, InvalidInput: 422, ServiceAway: 503}
"""The first class that an error is an instance of gives its status; anything else is our fault."""


def build_app(backend: Backend) -> FastAPI:
    """The application over one engine; nothing is open but `/healthz`."""
    app = FastAPI(title="Fireline", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.backend = backend
    app.add_exception_handler(FirelineError, _problem)
    app.add_exception_handler(RequestValidationError, _unfit)
    app.include_router(routes_break_glass.router, prefix="/api/v1")
    app.include_router(routes_budgets.router, prefix="/api/v1")
    app.include_router(routes_cases.router, prefix="/api/v1")
    app.include_router(routes_context.router, prefix="/api/v1")
    app.include_router(routes_control.router, prefix="/api/v1")
    app.include_router(routes_evidence.router, prefix="/api/v1")
    app.include_router(routes_governance.router, prefix="/api/v1")
    app.include_router(routes_intel.router, prefix="/api/v1")
    app.include_router(routes_leases.router, prefix="/api/v1")
    app.include_router(routes_ledger.router, prefix="/api/v1")
    app.include_router(routes_pages.router, prefix="/api/v1")
    app.include_router(routes_playbooks.router, prefix="/api/v1")
    app.include_router(routes_review.router, prefix="/api/v1")
    app.include_router(routes_tasks.router, prefix="/api/v1")
    app.include_router(routes_tokens.router, prefix="/api/v1")

    @app.get("/healthz")
    async def healthz() -> JSONResponse:
        """Whether everything this engine needs is there."""
        ready = await backend.ready()
        return JSONResponse({"status": "ok" if ready else "starting"}, 200 if ready else 503)

    return app


async def _unfit(request: Request, error: Exception) -> JSONResponse:
    """A body or query that does not fit its model: the first complaint, without what was sent."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = ".".join(str(step) for step in first["loc"][1:])
    said = str(first["msg"]).lower()
    return await _problem(request, InvalidInput(f"`{place}`: {said}" if place else said))


async def _problem(request: Request, error: Exception) -> JSONResponse:
    """Our errors as problem+json (RFC 9457), with the exit code the command line is to leave with."""
    if isinstance(error, Denied) and not isinstance(error, NotFound):
        await _record_refusal(request, error)
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)
    code = exit_code(error) if isinstance(error, FirelineError) else Exit.REFUSED
    body = {"title": str(error), "status": status, "exit_code": int(code)}
    return JSONResponse(body, status, media_type="application/problem+json")


async def _record_refusal(request: Request, error: Denied) -> None:
    """A refusal of somebody known is an entry of its own (design 6); strangers are counted instead."""
    caller, backend = getattr(request.state, "caller", None), backend_of(request)
    if not isinstance(caller, Caller):
        return
    now, subject = backend.clock(), f"principal/{caller.principal.id}"
    body: Json = {"asked": f"{request.method} {request.url.path}", "because": str(error)}
    # Where nothing can be recorded nothing was done either, and the caller is refused all the same.
    with suppress(StoreUnavailable):
        await backend.write(lambda tx: note(tx, subject, "door.refused", now, body, caller.actor))

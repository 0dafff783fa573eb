"""The local API: every door authenticates first, writes its row and ledger entry, and nudges the workflow after."""

from fastapi import FastAPI

from console.api import (
    problems,
    routes_break_glass,
    routes_budgets,
    routes_cases,
    routes_context,
    routes_control,
    routes_enrolments,
    routes_evidence,
    routes_governance,
    routes_health,
    routes_intel,
    routes_leases,
    routes_ledger,
    routes_live,
    routes_pages,
    routes_playbooks,
    routes_review,
    routes_rooms,
    routes_sessions,
    routes_sign_in,
    routes_tasks,
    routes_tokens,
)
from console.api.backend import Backend
from console.api.bounds import BodyLimit
from console.api.headers import SecureHeaders
from console.api.known import OnlyKnown
from console.api.once import KeepAnswers
from engine.context.imports import reading
from engine.intel.reading import LARGEST as INTEL

API = "/api/v1"
LARGEST_BODY = 8 * 2**20
"""Bytes of one request."""
MARGIN = 2**16
"""So much more than a file may hold is read, so that the answer can say which file is too large."""
LARGEST_FILES = {f"{API}/context/imports": reading.LARGEST + MARGIN, f"{API}/intel/imports": INTEL + MARGIN}


def build_app(backend: Backend) -> FastAPI:
    """The application over one engine; nothing is open but `/healthz`, `/livez` and signing in."""
    app = FastAPI(title="Fireline", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.backend, app.state.health = backend, routes_health.Health(backend)
    app.add_middleware(KeepAnswers, store=backend.store)
    app.add_middleware(OnlyKnown, under=API)
    app.add_middleware(BodyLimit, largest=LARGEST_BODY, files=LARGEST_FILES)
    app.add_middleware(SecureHeaders)
    problems.install(app)
    app.include_router(routes_break_glass.router, prefix=API)
    app.include_router(routes_budgets.router, prefix=API)
    app.include_router(routes_cases.router, prefix=API)
    app.include_router(routes_context.router, prefix=API)
    app.include_router(routes_control.router, prefix=API)
    app.include_router(routes_enrolments.router, prefix=API)
    app.include_router(routes_evidence.router, prefix=API)
    app.include_router(routes_governance.router, prefix=API)
    app.include_router(routes_intel.router, prefix=API)
    app.include_router(routes_leases.router, prefix=API)
    app.include_router(routes_ledger.router, prefix=API)
    app.include_router(routes_live.router, prefix=API)
    app.include_router(routes_pages.router, prefix=API)
    app.include_router(routes_playbooks.router, prefix=API)
    app.include_router(routes_review.router, prefix=API)
    app.include_router(routes_rooms.router, prefix=API)
    app.include_router(routes_sessions.router, prefix=API)
    app.include_router(routes_tasks.router, prefix=API)
    app.include_router(routes_tokens.router, prefix=API)
    app.include_router(routes_health.router)
    app.include_router(routes_sign_in.router)
    return app

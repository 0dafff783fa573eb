"""A port of its own for sensors: mutual TLS, and nothing behind it but the doors that take findings.

Rules: 1. The handshake fails for whoever shows no certificate of our authority: they never get as far as a request.
2. Neither tokens nor cookies are looked at here. 3. Of the application only the doors for findings are reached; signing
in, chat and health are not served.
"""

import asyncio
import ssl
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from console.api.certified import SHOWN, Certificate, read_certificate
from console.api.problems import problem
from console.certificates import require_private
from console.cli.leaving import Exit
from engine.errors import InvalidInput
from engine.model.sign_in import SensorsSettings

API = "/api/v1/findings"
AT_ONCE = 500
"""Connections; more are turned away at once."""


class Certified:
    """The application as one connection reaches it, by the certificate that its peer has shown."""

    def __init__(self, app: ASGIApp, certificate: Certificate) -> None:
        """Stand before `app` for one connection."""
        self._app, self._certificate = app, certificate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what asks for the doors that take findings (rule 3)."""
        if scope["type"] != "http" or not scope["path"].startswith(API):
            await problem(404, "not found", Exit.REFUSED)(scope, receive, send)
            return
        await self._app({**scope, SHOWN: self._certificate}, receive, send)


class CertifiedProtocol(H11Protocol):
    """HTTP over a connection whose peer is known by certificate."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Read the certificate from the connection itself; without one there is no request."""
        super().connection_made(transport)
        der = transport.get_extra_info("ssl_object").getpeercert(binary_form=True)
        try:
            certificate = read_certificate(der or b"")
        except ValueError:
            transport.abort()
            return
        self.app = Certified(self.app, certificate)


def sensors_config(app: FastAPI, settings: SensorsSettings) -> uvicorn.Config:
    """How the sensors' port is served; raise `InvalidInput` where its files are not as they should be."""
    try:
        require_private(Path(settings.key))
    except InvalidInput as error:
        raise InvalidInput(f"sensors: {error}") from error
    config = uvicorn.Config(
        app,
        http=CertifiedProtocol,
        ws="none",
        log_config=None,
        lifespan="off",
        access_log=False,
        timeout_graceful_shutdown=2,
        proxy_headers=False,
        limit_concurrency=AT_ONCE,
        ssl_certfile=settings.certificate,
        ssl_keyfile=settings.key,
        ssl_ca_certs=settings.client_ca,
        ssl_cert_reqs=ssl.CERT_REQUIRED,
    )
    try:
        config.load()
    except OSError as error:
        files = f"`{settings.certificate}`, `{settings.key}` or `{settings.client_ca}`"
        raise InvalidInput(f"sensors: {files} is not what it should be: {error.strerror or error}") from error
    return config

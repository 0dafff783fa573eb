"""Serving an application on a port of this host, for as long as a block lasts."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from ipaddress import ip_address

import uvicorn
from fastapi import FastAPI

from console.beside import beside
from engine.errors import InvalidInput


def served_as(app: FastAPI) -> uvicorn.Config:
    """How the API is served: whoever connects is the source, whatever a header says of somebody behind them."""
    return uvicorn.Config(
        app, log_config=None, lifespan="off", access_log=False, timeout_graceful_shutdown=2, proxy_headers=False
    )


def listen(host: str, port: int, named: str) -> socket.socket:
    """A socket bound there; raise `InvalidInput` that says by which setting another port is `named`."""
    family = socket.AF_INET6 if ip_address(host).version == 6 else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise InvalidInput(f"port {port} is taken: choose another with {named}") from error
    return listener


@asynccontextmanager
async def served(config: uvicorn.Config, listener: socket.socket) -> AsyncIterator[None]:
    """Serve beside the block; where serving fails, the block ends with its error."""
    server = uvicorn.Server(config)
    # Signals are ours: the engine finishes what it is doing before the API goes.
    server.capture_signals = nullcontext  # type: ignore[method-assign, assignment]
    async with beside(server.serve(sockets=[listener])):
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            yield
        finally:
            server.should_exit = True
            await asyncio.sleep(0.05)
            # The loop must forget the listener before its number is given to the next one.
            for listening in server.servers:
                listening.close()

"""An ASGI application behind listeners of our own, and its end: what runs is finished first."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Generator, Sequence
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from theia_sf.proxy.config.limits import Limits
from theia_sf.proxy.serve.connection import Connection, Server
from theia_sf.proxy.serve.gate import Gate
from theia_sf.proxy.serve.listener import Context, Listener
from theia_sf.proxy.serve.tunnel import Tunnel

_CANCELLED_END: Final = 5.0
"""Seconds that requests get to record their end when they were broken off."""
_log = logging.getLogger(__name__)


class ProxyServer(uvicorn.Server):
    """uvicorn with our listeners; whoever runs it tells it when to end, by `should_exit` and `force_exit`.

    Args:
        app: the application.
        gate: places for connections.
        limits: how long clients may take, and how long running requests get at the end.
    """

    def __init__(self, app: ASGIApp, gate: Gate, limits: Limits) -> None:
        config = uvicorn.Config(
            app,
            http=Connection,  # pyright: ignore[reportArgumentType] - made by the listeners, with more than uvicorn gives
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=max(1, round(limits.idle_timeout)),
            timeout_graceful_shutdown=max(1, round(limits.drain_timeout)),
        )
        super().__init__(config)
        config.load()
        # its records tell of broken requests, which anybody may send, and failures, which the application tells
        logging.getLogger("uvicorn").setLevel(logging.CRITICAL)
        self.begun = asyncio.Event()
        self._shared = Server(config, self.server_state, gate, limits)
        self._listeners: list[Listener] = []

    def listen(self, sockets: list[socket.socket], context: Context, tunnel: Tunnel | None = None) -> None:
        """Take connections from sockets, once it runs; see `Listener`."""
        self._listeners.append(Listener(sockets, self._shared, context, tunnel))

    async def startup(self, sockets: Sequence[socket.socket] | None = None) -> None:  # noqa: ARG002 (uvicorn's)
        """Begin."""
        self.servers = []
        await self.on_tick(0)
        for listener in self._listeners:
            listener.start()
        self.started = True
        self.begun.set()

    async def shutdown(self, sockets: Sequence[socket.socket] | None = None) -> None:  # noqa: ARG002 (uvicorn's)
        """Take no more connections, finish what runs, break off what still runs after `drain_timeout`."""
        for listener in self._listeners:
            await listener.close()
        await super().shutdown()
        left = set(self.server_state.tasks)
        for task in left:
            task.cancel()
        if left:
            _log.warning("%d requests were broken off, as they did not end in time.", len(left))
            await asyncio.wait(left, timeout=_CANCELLED_END)
        for connection in list(self.server_state.connections):
            connection.transport.abort()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave signals to whoever runs the server."""
        yield

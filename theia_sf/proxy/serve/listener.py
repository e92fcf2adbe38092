"""Take connections: count them first, then let TLS and HTTP begin."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Callable
from typing import Final

from theia_sf.proxy.serve.certificate import plain_address
from theia_sf.proxy.serve.connection import Connection, Server
from theia_sf.proxy.serve.gate import Place
from theia_sf.proxy.serve.tunnel import Tunnel

_TLS_GOODBYE: Final = 5.0  # seconds that a client gets to take its leave
_PAUSE: Final = 0.05  # seconds without new connections when the system has no more files
_log = logging.getLogger(__name__)

Context = Callable[[], ssl.SSLContext | None]


class Listener:
    """Takes connections from sockets.

    uvicorn's own way, `loop.create_server`, knows nothing of a connection before TLS is done, which a client that wants
    to do harm does not do.

    Args:
        sockets: that listen; closed with the listener.
        server: what the connections belong to.
        context: what TLS is to use for a connection that begins now; None for none.
        tunnel: what a client has to ask for before TLS.
    """

    def __init__(
        self, sockets: list[socket.socket], server: Server, context: Context, tunnel: Tunnel | None = None
    ) -> None:
        self._sockets = sockets
        self._server = server
        self._context = context
        self._tunnel = tunnel
        self._accepting: list[asyncio.Task[None]] = []
        self._beginning: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Take connections from now on."""
        self._accepting = [asyncio.create_task(self._accept(one)) for one in self._sockets]

    async def close(self) -> None:
        """Take no more connections, and give up those whose TLS is not done yet."""
        tasks = [*self._accepting, *self._beginning]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for one in self._sockets:
            one.close()

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                made, address = await loop.sock_accept(listening)
            except OSError as error:  # no more files, or a client that has gone already
                _log.debug("A connection was not taken: %s", error)
                await asyncio.sleep(_PAUSE)
                continue
            self._take(made, plain_address(str(address[0])))
            await asyncio.sleep(0)  # one after another may be waiting, and requests too

    def _take(self, made: socket.socket, address: str) -> None:
        place = self._server.gate.enter(address, lambda: _hang_up(made))
        if place is None:
            made.close()
            return
        task = asyncio.create_task(self._begin(made, address, place))
        self._beginning.add(task)
        task.add_done_callback(self._beginning.discard)

    async def _begin(self, made: socket.socket, address: str, place: Place) -> None:
        loop = asyncio.get_running_loop()
        timeout = self._server.limits.header_timeout
        begun = False
        try:
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tunnel is not None:
                async with asyncio.timeout(timeout):
                    if not await self._tunnel.open(made):
                        if self._server.gate.leave(place):
                            self._server.gate.ended("tunnel")
                        return
            context = self._context()
            tls = {} if context is None else {"ssl_handshake_timeout": timeout, "ssl_shutdown_timeout": _TLS_GOODBYE}
            begun = True
            await loop.connect_accepted_socket(
                lambda: Connection(self._server, place, address), made, ssl=context, **tls
            )
        except (OSError, TimeoutError) as error:  # ssl.SSLError is an OSError
            _log.debug("A connection from %s ends before its first request: %s", address, error)
            if self._server.gate.leave(place):
                self._server.gate.ended("tls" if begun else "tunnel")
        finally:
            if not begun:
                self._server.gate.leave(place)
                made.close()


def _hang_up(made: socket.socket) -> None:
    """End a connection whoever holds it: they find that there is nothing more to read."""
    with contextlib.suppress(OSError):
        made.shutdown(socket.SHUT_RDWR)

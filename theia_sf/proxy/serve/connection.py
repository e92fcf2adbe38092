"""One connection of a client: uvicorn's HTTP, with what is known of the client, and an end for each kind of wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from theia_sf.proxy.config.limits import Limits
from theia_sf.proxy.protocol.headers import PEER_EXTENSION
from theia_sf.proxy.serve.certificate import peer_names
from theia_sf.proxy.serve.gate import Gate, Place
from theia_sf.proxy.users.model import Peer

HEAD_BYTES: Final = 64 * 1024
"""The head of a request may have this many bytes, and so may what stands between the parts of a body and behind it
(RFC 9112, section 7.1: extensions and trailers); JWTs and session tokens stand there, no data."""
_FIELDS: Final = 200
"""Fields of one head. Drivers send fifteen. One of 4 bytes takes 130 in memory: their bytes alone are no limit."""
_WAITING: Final = 16
"""Requests of one connection that may wait for those before them. Drivers send the next one when they have the answer;
256 KiB, which are read at once, could hold thousands, of 2 KiB of memory each."""
_TOO_LONG: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


@dataclass
class Server:
    """What all connections of a listener have in common."""

    config: Config
    state: ServerState
    gate: Gate
    limits: Limits


class Connection(HttpToolsProtocol):
    """One connection.

    Args:
        server: what it belongs to.
        place: its place among the others.
        address: of the client.
    """

    def __init__(self, server: Server, place: Place, address: str) -> None:
        super().__init__(server.config, server.state, {})
        self._gate = server.gate
        self._limits = server.limits
        self._place = place
        self._peer = Peer(address)
        self._timer: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None
        self._in_head = True
        self._other_bytes = 0  # than those of a body, one after another
        self.headers = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is there; TLS, if there is any, too."""
        super().connection_made(transport)  # pyright: ignore[reportArgumentType] - it is a Transport
        self._peer = Peer(self._peer.address, peer_names(transport.get_extra_info("peercert")))
        if self._place.left:  # it had to go while TLS began
            self.transport.abort()
            return
        self._place.end = self._break_off  # until now the listener ends it: there was no transport yet
        self._wait(self._limits.header_timeout, "header_timeout")

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has gone."""
        self._wait(None)
        self._stall(None)
        self._unset_keepalive_if_required()
        self._gate.leave(self._place)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes came in."""
        if self._in_head and self._timer is None:
            self._wait(self._limits.header_timeout, "header_timeout")
        self._other_bytes += len(data)
        super().data_received(data)
        too_long = self._other_bytes > HEAD_BYTES or len(self.headers) > _FIELDS
        if too_long and not self.transport.is_closing():
            self._gate.ended("head_bytes")
            if self._in_head:
                self.transport.write(_TOO_LONG)
            self.transport.close()

    def on_message_begin(self) -> None:
        """A request begins; one before it may still be answered."""
        if len(self.pipeline) >= _WAITING:
            self._gate.ended("pipelined")
            message = "too many requests wait"
            raise ValueError(message)  # for the parser, which stops; the client gets HTTP 400
        if self.cycle is None or self.cycle.response_complete:  # pyright: ignore[reportUnnecessaryComparison] - None at first
            self._place.half_open()
        super().on_message_begin()
        self.scope["extensions"] = {PEER_EXTENSION: self._peer}  # pyright: ignore[reportGeneralTypeIssues] - one of ours

    def on_headers_complete(self) -> None:
        """The head of a request is there."""
        self._in_head = False
        self._other_bytes = 0
        self._wait(self._limits.body_timeout, "body_timeout")
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of a body is there."""
        self._other_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The whole request is there."""
        self._in_head = True
        self._other_bytes = 0
        self._wait(None)
        if self.cycle.response_complete:  # it was answered before it was all there
            self._place.idle()
            self._wait(self._limits.idle_timeout, "idle_timeout")
        else:
            self._place.busy()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """The answer has been sent."""
        if self._in_head and not self.pipeline:
            self._place.idle()
        super().on_response_complete()

    def timeout_keep_alive_handler(self) -> None:
        """No other request has come."""
        if not self.transport.is_closing():
            self._gate.ended("idle_timeout")
        super().timeout_keep_alive_handler()

    def pause_writing(self) -> None:
        """The client does not take what it is sent."""
        super().pause_writing()
        self._stall(self._limits.body_timeout)

    def resume_writing(self) -> None:
        """The client takes it again."""
        super().resume_writing()
        self._stall(None)

    def _wait(self, seconds: float | None, reason: str = "") -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if seconds is None else self._later(seconds, reason)

    def _stall(self, seconds: float | None) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
        self._stalled = None if seconds is None else self._later(seconds, "write_timeout")

    def _later(self, seconds: float, reason: str) -> asyncio.TimerHandle:
        return self.loop.call_later(seconds, self._end, reason)

    def _end(self, reason: str) -> None:
        self._gate.ended(reason)
        self._break_off()

    def _break_off(self) -> None:
        self.transport.abort()


Factory = Callable[[Place, str], Connection]

"""Run the proxy until it is told to end."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvloop

from theia_sf.errors import ExitCode
from theia_sf.proxy.config.limits import Limits
from theia_sf.proxy.config.model import ProxyConfig
from theia_sf.proxy.protocol.app import create_app
from theia_sf.proxy.serve.assembly import Parts, assemble
from theia_sf.proxy.serve.body_limit import BodyLimit
from theia_sf.proxy.serve.gate import Gate
from theia_sf.proxy.serve.health import OK, Readiness, create_health_app
from theia_sf.proxy.serve.server import ProxyServer
from theia_sf.proxy.serve.sockets import listen, most_connections, port_of
from theia_sf.proxy.serve.tls import Certificates
from theia_sf.proxy.serve.tunnel import Tunnel

_PROBES: Final = Limits(connections=256, connections_per_address=64, header_timeout=5, body_timeout=5, drain_timeout=2)
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Started:
    """Where a proxy that has begun listens. `url` is what clients are told; `connect_port` is None without one."""

    url: str
    port: int
    connect_port: int | None
    health_port: int


OnStarted = Callable[[Started], None]


class Serving:
    """A proxy that runs, or is about to.

    Args:
        config: the configuration.
        parts: what it works with; closed when it has ended.

    Raises:
        UsageError: a certificate cannot be used, or a port not be listened on.
    """

    def __init__(self, config: ProxyConfig, parts: Parts) -> None:
        self._config = config
        self._parts = parts
        self._told_to_end = 0
        tls = config.listen.tls
        self._certificates = Certificates(tls, parts.metrics) if tls is not None else None
        self._opened: list[socket.socket] = []
        try:
            self._listen()
        except BaseException:
            for one in self._opened:
                one.close()
            raise

    def _listen(self) -> None:
        config, metrics = self._config, self._parts.metrics
        limits, at = config.limits, config.listen
        gate = Gate(most_connections(limits.connections), limits.connections_per_address, metrics)
        self._main = ProxyServer(BodyLimit(create_app(self._parts.services), limits.body_bytes), gate, limits)
        sockets = self._open(at.host, at.port, "listen")
        self._main.listen(sockets, self._context)
        connect_port = None
        if at.connect_port is not None:
            front = self._open(at.host, at.connect_port, "listen.connect_port")
            self._main.listen(front, self._context, Tunnel(self._hosts()))
            connect_port = port_of(front)
        self._readiness = Readiness(self._parts.checks, metrics)
        health_app = create_health_app(self._readiness, metrics, self._parts.refresh)
        self._health = ProxyServer(health_app, Gate(_PROBES.connections, _PROBES.connections_per_address), _PROBES)
        probed = self._open(config.health.host, config.health.port, "health")
        self._health.listen(probed, lambda: None)
        self._started = Started(self._url(port_of(sockets)), port_of(sockets), connect_port, port_of(probed))

    async def run(self, on_started: OnStarted | None = None) -> ExitCode:
        """Serve until told to end.

        Returns:
            OK; INTERRUPTED if it was told to end a second time, and did not wait for what was running.
        """
        servers = [asyncio.create_task(server.serve()) for server in (self._main, self._health)]
        watching = asyncio.create_task(self._watch())
        begun = asyncio.gather(self._main.begun.wait(), self._health.begun.wait())
        try:
            await asyncio.wait([begun, *servers], return_when=asyncio.FIRST_COMPLETED)
            for server in servers:
                if server.done():  # without having begun
                    await server
            gc.collect()
            gc.freeze()  # what is there now stays: looking at all of it again and again would hold requests up
            if on_started is not None:
                on_started(self._started)
            await servers[0]
        finally:
            watching.cancel()
            begun.cancel()
            self._main.should_exit = self._health.should_exit = True
            await asyncio.gather(*servers, watching, return_exceptions=True)
            await self._parts.services.close()
        return ExitCode.INTERRUPTED if self._main.force_exit else ExitCode.OK

    def end(self) -> None:
        """Finish what is running, and end; the second time, do not wait for it."""
        self._told_to_end += 1
        self._readiness.drain()
        self._main.should_exit = True
        if self._told_to_end > 1:
            self._main.force_exit = True
        else:
            seconds = self._config.limits.drain_timeout
            _log.info("The proxy ends, once what is running has ended, in %g seconds at most.", seconds)

    async def _watch(self) -> None:
        """Say what does not work yet, which a client would be the first to notice; then look after the certificates."""
        for part, said in (await self._readiness.ask()).items():
            if said != OK:
                _log.warning("%s: %s", part, said)
        if self._certificates is not None:
            await self._certificates.watch()

    def _context(self) -> ssl.SSLContext | None:
        return self._certificates.context if self._certificates is not None else None

    def _open(self, host: str, port: int, setting: str) -> list[socket.socket]:
        sockets = listen(host, port, setting)
        self._opened += sockets
        return sockets

    def _hosts(self) -> list[str]:
        hosts = [host for upstream in self._config.upstreams.values() for host in upstream.hosts]
        for host in hosts:
            if self._certificates is not None and not self._certificates.cover(host):
                _log.warning("Clients that come by `connect_port` will refuse the certificate: it is not for %s.", host)
        return hosts

    def _url(self, port: int) -> str:
        at = self._config.listen
        if at.public_url is not None:
            return at.public_url
        host = f"[{at.host}]" if ":" in at.host else at.host
        return f"{'http' if at.tls is None else 'https'}://{host}:{port}"


async def serve(config: ProxyConfig, where: Path, on_started: OnStarted | None = None) -> ExitCode:
    """Open everything, serve until SIGTERM or SIGINT, close everything; as `run`."""
    parts = await assemble(config, where)
    try:
        serving = Serving(config, parts)
    except BaseException:
        await parts.services.close()
        raise
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, serving.end)
    try:
        return await serving.run(on_started)
    finally:
        for number in _SIGNALS:
            with suppress(ValueError):
                loop.remove_signal_handler(number)


def run(config: ProxyConfig, where: Path, on_started: OnStarted | None = None) -> ExitCode:
    """Serve until SIGTERM or SIGINT.

    Args:
        config: the configuration; `where` is its file.
        on_started: called once it listens.

    Returns:
        OK; INTERRUPTED if a second signal came before all was finished.

    Raises:
        TheiaError: it cannot begin: a file, a key, a certificate or a port cannot be used.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(serve(config, where, on_started))

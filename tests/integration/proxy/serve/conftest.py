"""A server of the proxy's kind on a free port, with an application that tells what it got."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import uvloop
from starlette.types import Receive, Scope, Send

from tests.integration.proxy.serve.certificates import Authority
from theia_sf.proxy.config.limits import Limits
from theia_sf.proxy.config.listen import Tls
from theia_sf.proxy.metrics import PREFIX, Metrics
from theia_sf.proxy.protocol.headers import peer_of
from theia_sf.proxy.serve.body_limit import BodyLimit
from theia_sf.proxy.serve.gate import Gate
from theia_sf.proxy.serve.server import ProxyServer
from theia_sf.proxy.serve.sockets import listen, port_of
from theia_sf.proxy.serve.tls import Certificates
from theia_sf.proxy.serve.tunnel import Tunnel

QUIET = Limits(header_timeout=3, body_timeout=3, idle_timeout=5, drain_timeout=3)


async def tell(scope: Scope, receive: Receive, send: Send) -> None:
    """Tell who asks; `/slow` takes a second, `/large` answers with 50 MB."""
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size, more = size + len(message["body"]), message["more_body"]
    if scope["path"] == "/slow":
        await asyncio.sleep(1)
    peer = peer_of(scope)
    told = {"address": peer.address, "names": peer.certificate_names, "bytes": size, "scheme": scope["scheme"]}
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    for _ in range(800 if scope["path"] == "/large" else 0):
        await send({"type": "http.response.body", "body": b" " * 65536, "more_body": True})
    await send({"type": "http.response.body", "body": json.dumps(told).encode()})


@dataclass
class Served:
    """A server that runs."""

    port: int
    connect_port: int
    gate: Gate
    metrics: Metrics
    certificates: Certificates | None
    server: ProxyServer
    done: Future[None]

    def end(self) -> None:
        self.server.should_exit = True

    def count(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(PREFIX + name, labels) or 0.0


@contextmanager
def served(
    tls: Tls | None = None, limits: Limits = QUIET, hosts: tuple[str, ...] = (), app: Any = tell
) -> Iterator[Served]:
    """Serves in a thread."""
    metrics, done = Metrics(), Future[None]()
    certificates = Certificates(tls, metrics) if tls is not None else None
    gate = Gate(limits.connections, limits.connections_per_address, metrics)
    server = ProxyServer(BodyLimit(app, limits.body_bytes), gate, limits)
    sockets, front = listen("127.0.0.1", 0, "listen"), listen("127.0.0.1", 0, "listen.connect_port")

    def context() -> ssl.SSLContext | None:
        return certificates.context if certificates is not None else None

    server.listen(sockets, context)
    server.listen(front, context, Tunnel(hosts))
    ports = port_of(sockets), port_of(front)

    def work() -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(server.serve())
            done.set_result(None)
        except BaseException as error:
            done.set_exception(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    until(lambda: server.started)
    yield Served(*ports, gate, metrics, certificates, server, done)
    server.should_exit = True
    done.result(timeout=15)
    thread.join()


def until(condition: Any, seconds: float = 10) -> None:
    """Wait for something; fail if it does not come about."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.01)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def tls(authority: Authority) -> Tls:
    certificate, key = authority.server("server", "acc.snowflakecomputing.com")
    return Tls(certificate=certificate, key=key)


def trusting(authority: Authority, *client: Any) -> ssl.SSLContext:
    """TLS of a client that trusts the CA; with a certificate of its own, if one is given."""
    context = ssl.create_default_context(cafile=str(authority.path))
    if client:
        context.load_cert_chain(*client)
    return context


def ended(connection: socket.socket, seconds: float = 10) -> bool:
    """Tell whether the server ends a connection."""
    connection.settimeout(seconds)
    try:
        while connection.recv(65536):
            pass
    except (ConnectionError, ssl.SSLError):
        return True
    except TimeoutError:
        return False
    return True

"""Stores of sessions: an SQLite file, and a Redis server on a free port."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from theia_sf.proxy.sessions.keys import SealingKey
from theia_sf.proxy.sessions.model import SessionRecord, SessionStore, UpstreamTokens
from theia_sf.proxy.sessions.redis import RedisStore
from theia_sf.proxy.sessions.sealing import Sealer
from theia_sf.proxy.sessions.sqlite import SqliteStore
from theia_sf.proxy.sessions.tokens import token_hash
from theia_sf.secret import Secret

KEY = SealingKey(b"k" * 32)


class Clock:
    """The time, as a test sets it; it starts with the real one, as Redis has its own."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


class RedisServer:
    """A Redis server on loopback."""

    def __init__(self, folder: Path, *options: str) -> None:
        program = shutil.which("redis-server")
        assert program, "redis-server is missing: make redis"
        self.folder = folder
        self.options = options
        with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listener:
            self.port = listener.getsockname()[1]
        self.program = program
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        words = [self.program, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        words += ["--save", "", "--appendonly", "yes", "--appendfsync", "no", *self.options]
        self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                connection.sendall(b"PING\r\n")
                if connection.recv(64)[:5] in {b"+PONG", b"-NOAU"}:
                    return
            time.sleep(0.02)
        pytest.fail("the Redis server does not start")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


@pytest.fixture
def clock() -> Clock:
    return Clock()


OpenStore = Callable[..., SessionStore]


@pytest.fixture(params=["sqlite", "redis"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock, redis_server: RedisServer) -> OpenStore:
    """Return a function that opens the test's store once more, as another instance of the proxy would."""

    def opened(*keys: SealingKey) -> SessionStore:
        sealer = Sealer(keys or (KEY,))
        if request.param == "sqlite":
            return SqliteStore(tmp_path / "sessions.db", sealer, clock=clock)
        return RedisStore(redis_server.url, sealer, prefix=f"{tmp_path.name}:", clock=clock)

    return opened


def make_record(clock: Clock, number: int = 1, **changes: Any) -> SessionRecord:
    """A session of alice's; the client holds `Theia:token-N` and `Theia:master-N`."""
    settings: dict[str, Any] = {
        "id": f"session-{number}",
        "token_hash": token_hash(f"Theia:token-{number}"),
        "master_hash": token_hash(f"Theia:master-{number}"),
        "user": "alice",
        "groups": ("analysts", "ops"),
        "credential": "abcdefghijkl",
        "account": "flows",
        "identity": "reader",
        "upstream_user": "THEIA_PROXY",
        "role": "READER",
        "warehouse": None,
        "database": "FLOWS",
        "schema": "ÜBER",
        "peer_address": "192.0.2.7",
        "client_app": "PythonConnector 4.8.0",
        "snowflake_session_id": 2**62 + 1,
        "created": clock.now,
        "last_used": clock.now,
        "token_expires": clock.now + 3600,
        "expires": clock.now + 14400,
        "tokens": UpstreamTokens(
            Secret(f"ver:1-hint:session-{number}"),
            Secret(f"ver:1-hint:master-{number}"),
            clock.now + 3600,
            clock.now + 14400.5,
        ),
    }
    return SessionRecord(**{**settings, **changes})


def run(work: Callable[[], Any]) -> None:
    """Run a coroutine function to its end."""
    asyncio.run(work())

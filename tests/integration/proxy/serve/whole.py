"""The whole proxy as a process, in front of the sandbox's account."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import snowflake.connector
import uvicorn
import yaml
from snowflake.connector import SnowflakeConnection
from starlette.types import Receive, Scope, Send

from theia_sf.proxy.users import changes
from theia_sf.proxy.users.changes import NewCredentials
from theia_sf.sandbox.snowflake.account import Account
from theia_sf.sandbox.snowflake.app import create_app

PASSWORD = "the-password-of-the-identity"
_RUN = """
import json, sys
from pathlib import Path
from theia_sf import logs
from theia_sf.proxy.config.load import load
from theia_sf.proxy.serve.runner import run

logs.configure(0)
path = Path(sys.argv[1])
sys.exit(run(load(path), path, lambda at: print(json.dumps(vars(at)), flush=True)))
"""


@dataclass
class Upstream:
    """The account; statements take `delay` seconds longer, until that is taken back."""

    port: int = 0
    delay: float = 0.0
    running: int = 0


@contextmanager
def upstream() -> Iterator[Upstream]:
    """Serves the account in a thread."""
    account, told = Account(admin_password=PASSWORD), Upstream()
    app = create_app(account)

    async def slower(scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("path") == "/queries/v1/query-request":
            told.running += 1
            began = time.monotonic()
            while time.monotonic() - began < told.delay:  # noqa: ASYNC110 - another thread changes it
                await asyncio.sleep(0.02)
            told.running -= 1
        await app(scope, receive, send)

    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(slower, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    told.port = listener.getsockname()[1]
    yield told
    server.should_exit = True
    thread.join(timeout=10)
    listener.close()
    account.close()


@dataclass
class Whole:
    """The proxy as a process.

    Attributes:
        at: where it listens.
        token: of the user ann.
    """

    process: subprocess.Popen[str]
    at: dict[str, Any]
    token: str
    folder: Path
    account: Upstream
    scheme: str
    errors: list[str] = field(default_factory=list)

    def connect(self, **changed: Any) -> SnowflakeConnection:
        settings: dict[str, Any] = {
            "account": "production",
            "user": "ann",
            "password": self.token,
            "host": "127.0.0.1",
            "port": self.at["port"],
            "protocol": self.scheme,
            "login_timeout": 5,
            "network_timeout": 3,
            **changed,
        }
        return snowflake.connector.connect(**settings)

    def probe(self, path: str) -> str:
        return f"http://127.0.0.1:{self.at['health_port']}{path}"

    def audited(self) -> list[dict[str, Any]]:
        files = sorted((self.folder / "audit").glob("*.jsonl"))
        return [json.loads(line) for file in files for line in file.read_text().splitlines()]


@contextmanager
def whole(folder: Path, account: Upstream, **changed: Any) -> Iterator[Whole]:
    """Starts the proxy with a configuration in a folder; kills it at the end, if it still runs."""
    (folder / "password").write_text(PASSWORD)
    (folder / "key").write_text(b64encode(bytes(range(32))).decode())
    for name in ("password", "key"):
        (folder / name).chmod(0o600)
    added = changes.add(folder / "users.yaml", "ann", NewCredentials(token=True))
    assert added.token is not None
    identity = {"account": "THEIA-SANDBOX", "user": "THEIA", "password_file": "password", "host": "127.0.0.1"}
    identity |= {"port": account.port, "protocol": "http"}
    document: dict[str, Any] = {
        "listen": {"port": 0},
        "health": {"port": 0},
        "upstreams": {"production": {"identities": {"default": identity}}},
        "users": "users.yaml",
        "store": {"sqlite": "sessions.db", "key_file": "key"},
        "audit": {"path": "audit"},
        **changed,
    }
    document["upstreams"]["production"]["hosts"] = document.pop("hosts", [])
    document["upstreams"] |= document.pop("more", {})
    path = folder / "proxy.yaml"
    path.write_text(yaml.safe_dump(document))
    command = [sys.executable, "-c", _RUN, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            assert process.stderr is not None
            raise AssertionError(process.stderr.read())
        scheme = "https" if "tls" in document["listen"] else "http"
        running = Whole(process, json.loads(line), added.token.reveal(), folder, account, scheme)
        try:
            yield running
        finally:
            if process.poll() is None:
                process.kill()
            _, said = process.communicate(timeout=10)
            running.errors += said.splitlines()

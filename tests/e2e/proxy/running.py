"""An account of the sandbox's on a port, and `theia-sf proxy serve` as processes in front of it."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import snowflake.connector
import uvicorn
import yaml
from snowflake.connector import SnowflakeConnection
from starlette.types import ASGIApp

from theia_sf.proxy.users import changes
from theia_sf.sandbox.snowflake.account import Account
from theia_sf.sandbox.snowflake.app import create_app
from theia_sf.sandbox.snowflake.errors import cancelled

PASSWORD = "the-password-of-the-identity"
ACCOUNT = "production"
CONTEXT = {"warehouse": "W", "database": "D", "schema": "PUBLIC"}
PROGRAM = Path(sys.executable).with_name("theia-sf")


@contextmanager
def serving(app: ASGIApp) -> Iterator[int]:
    """Serves an application in a thread; gives its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join(timeout=10)
    listener.close()


@contextmanager
def sandbox_account(rows: int) -> Iterator[tuple[Account, int]]:
    """Serves an account with a table of so many numbers; gives it, and its port."""
    account = Account(admin_password=PASSWORD)
    with serving(create_app(account)) as port, closing(direct(port)) as connection:
        digits = ", ".join(f"DIGITS {name}" for name in "abcdef")
        number = " + ".join(f"{name}.D * {10**place}" for place, name in enumerate("abcdef"))
        for sql in (
            "CREATE WAREHOUSE W",
            "CREATE DATABASE D",
            "CREATE TABLE DIGITS AS SELECT column1 AS D FROM VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9)",
            f"CREATE TABLE ALL_OF_THEM AS SELECT {number} AS N FROM {digits}",
            f"CREATE TABLE NUMBERS AS SELECT N, 'row ' || N AS S FROM ALL_OF_THEM WHERE N < {rows}",
        ):
            connection.cursor().execute(sql)
        try:
            yield account, port
        finally:
            for query in account.queries.all():
                if not query.done.is_set():  # its client went away; the account could not close before it ends
                    query.stop(cancelled())
    account.close()


def direct(port: int) -> SnowflakeConnection:
    """The connector at the account itself."""
    return snowflake.connector.connect(
        account="THEIA-SANDBOX", user="THEIA", password=PASSWORD, host="127.0.0.1", port=port, protocol="http"
    )


@dataclass
class ProxyProcess:
    """`theia-sf proxy serve`.

    Attributes:
        tokens: access token by user.
        said: what it wrote to stderr.
    """

    process: subprocess.Popen[str]
    folder: Path
    tokens: dict[str, str]
    said: list[str] = field(default_factory=list)
    port: int = 0
    health_port: int = 0

    def connect(self, user: str = "ann", **changed: Any) -> SnowflakeConnection:
        settings: dict[str, Any] = {
            "account": ACCOUNT,
            "user": user,
            "password": self.tokens[user],
            "host": "127.0.0.1",
            "port": self.port,
            "protocol": "http",
            "login_timeout": 10,
            "network_timeout": 20,
            **changed,
        }
        return snowflake.connector.connect(**settings)

    def client(self, user: str = "ann", port: int | None = None) -> httpx.Client:
        """A signed-in client that speaks the protocol itself, and so repeats nothing."""
        client = httpx.Client(base_url=f"http://127.0.0.1:{port or self.port}", timeout=20)
        login = {"data": {"ACCOUNT_NAME": ACCOUNT, "LOGIN_NAME": user, "PASSWORD": self.tokens[user]}}
        answer = client.post("/session/v1/login-request", json=login).json()
        assert answer["success"], answer
        client.headers["authorization"] = f'Snowflake Token="{answer["data"]["token"]}"'
        return client

    def audited(self, kind: str = "") -> list[dict[str, Any]]:
        """The fields of the events whose kind begins so."""
        files = sorted((self.folder / "audit").glob("*.jsonl"))
        events = [json.loads(line) for file in files for line in file.read_text().splitlines()]
        return [event["fields"] for event in events if event["event"].startswith(kind)]

    def _listen(self) -> None:
        """Wait until it has said where it listens, and keep what it says from then on."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.append(line)
            if found := re.search(r"listens: http://127\.0\.0\.1:(\d+)", line):
                self.port = int(found[1])
            if found := re.search(r"metrics: http://127\.0\.0\.1:(\d+)", line):
                self.health_port = int(found[1])
                threading.Thread(target=lambda: self.said.extend(self.process.stderr or ()), daemon=True).start()
                return
        raise AssertionError("".join(self.said))

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(timeout=10)


def configured(folder: Path, port: int, **changed: Any) -> Path:
    """Writes a configuration and the secrets beside it; returns its path."""
    folder.mkdir(exist_ok=True)
    for name, text in (("password", PASSWORD), ("key", b64encode(bytes(range(32))).decode())):
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)
    identity = {"account": "THEIA-SANDBOX", "user": "THEIA", "password_file": "password", "host": "127.0.0.1"}
    identity |= {"port": port, "protocol": "http"}
    document: dict[str, Any] = {
        "listen": {"port": 0},
        "health": {"port": 0},
        "upstreams": {ACCOUNT: {"identities": {"default": identity}}},
        "users": "users.yaml",
        "policy": {"rules": [{"name": "people", "users": ["*"], **CONTEXT}]},
        "store": {"sqlite": "sessions.db", "key_file": "key"},
        "audit": {"path": "audit"},
        "limits": {"requests_per_second": 100_000, "logins_per_minute": 100_000},
    }
    for name, section in changed.items():
        document[name] = {**document.get(name, {}), **section} if name in {"audit", "limits", "tokens"} else section
    path = folder / "proxy.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


@contextmanager
def proxy(
    folder: Path, port: int, *, users: Mapping[str, str] | None = None, wrapper: tuple[str, ...] = (), **changed: Any
) -> Iterator[ProxyProcess]:
    """Starts a proxy in front of the account at a port; kills it at the end, if it still runs.

    Args:
        users: access tokens by user, of a registry that another proxy of the test has; new ones are added otherwise.
        wrapper: the words of a program that runs it.
    """
    path = configured(folder, port, **changed)
    tokens = dict(users or {name: _added(folder / "users.yaml", name) for name in ("ann", "bob")})
    command = [*wrapper, str(PROGRAM), "proxy", "serve", "--config", str(path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        running = ProxyProcess(process, folder, tokens)
        try:
            running._listen()
            yield running
        finally:
            running.end()


def _added(registry: Path, name: str) -> str:
    token = changes.add(registry, name, changes.NewCredentials(token=True)).token
    assert token is not None
    return token.reveal()

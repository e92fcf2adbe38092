"""The proxy on a free port, in front of the sandbox's account on another, and the real connector in front of both."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import snowflake.connector
import uvicorn
from snowflake.connector import SnowflakeConnection
from starlette.types import ASGIApp

from tests.unit.proxy.fakes import MemoryAccess, MemoryAudit, MemoryUsers, config
from theia_sf.proxy.access.decision import Context
from theia_sf.proxy.protocol.app import create_app
from theia_sf.proxy.protocol.services import Services
from theia_sf.proxy.sessions.opening import open_store
from theia_sf.proxy.upstream.accounts import Accounts
from theia_sf.sandbox.snowflake.account import Account
from theia_sf.sandbox.snowflake.app import create_app as create_account

PASSWORD = "the-password-of-the-identity"
Connect = Callable[..., SnowflakeConnection]


@dataclass
class Running:
    """The proxy and what is behind it."""

    port: int
    account: Account
    services: Services
    audit: MemoryAudit
    access: MemoryAccess
    connect: Connect

    def upstream_tokens(self) -> list[str]:
        return [token for entry in self.account.sessions._by_token.values() for token in (entry.token, entry.master)]


@contextmanager
def serving(app: ASGIApp, services: Services | None = None) -> Iterator[int]:
    """Serves an application in a thread; gives its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))

    async def serve() -> None:
        await server.serve([listener])
        if services is not None:
            await services.close()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join(timeout=10)
    listener.close()


@pytest.fixture
def running(tmp_path: Any) -> Iterator[Running]:
    account = Account(admin_password=PASSWORD)
    password, key = tmp_path / "password", tmp_path / "key"
    for path, text in ((password, PASSWORD), (key, b64encode(bytes(range(32))).decode())):
        path.write_text(text)
        path.chmod(0o600)
    with serving(create_account(account)) as upstream:
        identity = {
            "account": "THEIA-SANDBOX",
            "user": "THEIA",
            "password_file": str(password),
            "host": "127.0.0.1",
            "port": upstream,
            "protocol": "http",
        }
        configuration = config(
            upstreams={"production": {"identities": {"reader": identity}}},
            store={"sqlite": str(tmp_path / "sessions.db"), "key_file": str(key)},
        )
        access, audit = MemoryAccess(context=Context()), MemoryAudit()
        services = Services(
            config=configuration,
            users=MemoryUsers(),
            sessions=open_store(configuration.store),
            access=access,
            audit=audit,
            accounts=Accounts(configuration.upstreams),
        )
        with serving(create_app(services), services) as port:

            def connect(user: str = "ann", **changes: Any) -> SnowflakeConnection:
                settings: dict[str, Any] = {
                    "account": "production",
                    "user": user,
                    "password": f"pw-{user}",
                    "host": "127.0.0.1",
                    "port": port,
                    "protocol": "http",
                    "login_timeout": 5,
                    "network_timeout": 20,
                    **changes,
                }
                return snowflake.connector.connect(**settings)

            with closing(connect()) as connection:
                connection.cursor().execute("CREATE WAREHOUSE W")
            access.context = Context(warehouse="W")
            access.asked.clear()
            audit.events.clear()
            yield Running(port, account, services, audit, access, connect)
    account.close()

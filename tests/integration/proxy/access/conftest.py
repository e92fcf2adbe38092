"""The proxy with a policy and a strict audit, in front of the sandbox's account, which tells what reaches it."""

from __future__ import annotations

import asyncio
import gzip
import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector
from snowflake.connector import SnowflakeConnection
from starlette.types import Message, Receive, Scope, Send

from tests.integration.proxy.protocol.conftest import PASSWORD, serving
from tests.unit.proxy.access.support import READER, WRITER
from tests.unit.proxy.fakes import MemoryUsers, config
from theia_sf.proxy.access.load import load_policy, open_access
from theia_sf.proxy.audit.log import open_audit
from theia_sf.proxy.protocol.app import create_app
from theia_sf.proxy.protocol.services import Services
from theia_sf.proxy.sessions.opening import open_store
from theia_sf.proxy.upstream.accounts import Accounts
from theia_sf.sandbox.snowflake.account import Account
from theia_sf.sandbox.snowflake.app import create_app as create_account

SETUP = (
    "CREATE WAREHOUSE WH_X",
    "CREATE ROLE ANTREA_READER_X",
    "GRANT ROLE ANTREA_READER_X TO USER THEIA",
    "GRANT USAGE ON WAREHOUSE WH_X TO ROLE ANTREA_READER_X",
    "CREATE DATABASE ANTREA_X",
    "CREATE SCHEMA ANTREA_X.THEIA",
    "CREATE TABLE ANTREA_X.THEIA.FLOWS (A INTEGER)",
    "INSERT INTO ANTREA_X.THEIA.FLOWS VALUES (1), (2), (3)",
    "CREATE DATABASE SECRET",
    "CREATE SCHEMA SECRET.S",
    "CREATE TABLE SECRET.S.T (A INTEGER)",
    "GRANT USAGE ON DATABASE ANTREA_X TO ROLE ANTREA_READER_X",
    "GRANT USAGE ON SCHEMA ANTREA_X.THEIA TO ROLE ANTREA_READER_X",
    "GRANT SELECT, INSERT ON TABLE ANTREA_X.THEIA.FLOWS TO ROLE ANTREA_READER_X",
)


@dataclass
class Guarded:
    """The proxy, what its audit wrote, and the bodies of what reached the account."""

    port: int
    audit: Path
    logins: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    statements: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def connect(self, user: str, **changes: Any) -> SnowflakeConnection:
        settings: dict[str, Any] = {
            "account": "flows",
            "user": user,
            "password": f"pw-{user}",
            "host": "127.0.0.1",
            "port": self.port,
            "protocol": "http",
            "login_timeout": 5,
            "network_timeout": 20,
            **changes,
        }
        return snowflake.connector.connect(**settings)

    def rows(self, connection: SnowflakeConnection, sql: str, **parameters: Any) -> list[Any]:
        """Run a query, with parameters of the request."""
        cursor: Any = connection.cursor()
        return cursor.execute(sql, _statement_params=parameters or None).fetchall()

    def events(self, kind: str) -> list[dict[str, Any]]:
        """The records of a kind: user and fields."""
        lines = [line for path in sorted(self.audit.glob("*.jsonl")) for line in path.read_text().splitlines()]
        records = [json.loads(line) for line in lines]
        return [{"user": it.get("user"), **it["fields"]} for it in records if it["event"] == kind]


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Guarded]:
    account = Account(admin_password=PASSWORD)
    app = create_account(account)
    found = Guarded(0, tmp_path / "audit")

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        kept = {"/queries/v1/query-request": found.statements, "/session/v1/login-request": found.logins}
        bodies = kept.get(scope.get("path", ""))
        if bodies is None:
            await app(scope, receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        bodies.append(json.loads(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body))
        messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def again() -> Message:
            return messages.pop() if messages else await receive()

        await app(scope, again, send)

    with serving(watched) as upstream:
        direct = {"host": "127.0.0.1", "port": upstream, "protocol": "http"}
        with closing(
            snowflake.connector.connect(account="THEIA-SANDBOX", user="THEIA", password=PASSWORD, **direct)
        ) as admin:
            for sql in SETUP:
                admin.cursor().execute(sql)
        found.logins.clear()
        found.statements.clear()
        services = _services(tmp_path, direct)
        with serving(create_app(services), services) as found.port:
            yield found
    account.close()


def _services(folder: Path, direct: dict[str, Any]) -> Services:
    password, key = folder / "password", folder / "key"
    for path, text in ((password, PASSWORD), (key, b64encode(bytes(range(32))).decode())):
        path.write_text(text)
        path.chmod(0o600)
    identity = {"account": "THEIA-SANDBOX", "user": "THEIA", "password_file": str(password), **direct}
    # what the client is known by decides which rule applies
    rules = [
        {**READER, "groups": [], "users": ["reader"]},
        {**WRITER, "groups": [], "users": ["writer"]},
        {"name": "night", "users": ["owl"], "hours": {"start": "00:00", "end": "00:01", "time_zone": "Etc/GMT+12"}},
    ]
    configuration = config(
        upstreams={"flows": {"identities": {"reader": identity}}},
        store={"sqlite": str(folder / "sessions.db"), "key_file": str(key)},
        audit={"path": str(folder / "audit")},
        policy={"rules": rules},
    )
    return Services(
        config=configuration,
        users=MemoryUsers(),
        sessions=open_store(configuration.store),
        access=open_access(load_policy(configuration.policy, folder), configuration.upstreams),
        audit=open_audit(configuration.audit),
        accounts=Accounts(configuration.upstreams),
    )


@pytest.fixture(autouse=True)
def _no_leftover_loop() -> Iterator[None]:  # pyright: ignore[reportUnusedFunction] - pytest finds it
    """Each server has a loop of its own in its thread; this thread has none."""
    yield
    asyncio.set_event_loop(None)

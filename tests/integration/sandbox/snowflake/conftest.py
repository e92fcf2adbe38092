"""The account behind a real HTTP server on a free port, and the real connector in front of it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest
import snowflake.connector
import uvicorn
from snowflake.connector import SnowflakeConnection

from theia_sf.sandbox.snowflake.account import Account
from theia_sf.sandbox.snowflake.app import create_app

Connect = Callable[..., SnowflakeConnection]


@dataclass
class Served:
    """A running account and its port."""

    account: Account
    port: int


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    account = Account(admin_password="pw")
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(account), log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield Served(account, listener.getsockname()[1])
    server.should_exit = True
    thread.join(timeout=10)
    listener.close()
    account.close()


@pytest.fixture
def connect(served: Served) -> Connect:
    def open_connection(**changes: Any) -> SnowflakeConnection:
        settings: dict[str, Any] = {
            "account": "THEIA-SANDBOX",
            "user": "THEIA",
            "password": "pw",
            "host": "127.0.0.1",
            "port": served.port,
            "protocol": "http",
            "login_timeout": 5,
            "network_timeout": 20,
            **changes,
        }
        return snowflake.connector.connect(**settings)

    return open_connection


@pytest.fixture
def database(connect: Connect) -> Iterator[str]:
    """A database with a warehouse of its own, gone after the test."""
    with closing(connect()) as connection:
        cursor = connection.cursor()
        for sql in ("CREATE OR REPLACE DATABASE D", "CREATE OR REPLACE WAREHOUSE W"):
            cursor.execute(sql)
        yield "D"
        for sql in ("DROP DATABASE IF EXISTS D", "DROP WAREHOUSE IF EXISTS W"):
            cursor.execute(sql)

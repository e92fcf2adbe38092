"""What clients see, and what is recorded, when the account behind the proxy or the disk below it fails."""

from __future__ import annotations

import asyncio
import json
import resource
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from tests.e2e.proxy.running import ProxyProcess, proxy, sandbox_account, serving
from theia_sf.sandbox.snowflake.account import Account
from theia_sf.sandbox.snowflake.app import create_app
from theia_sf.sandbox.snowflake.catalog import now

QUERY = "/queries/v1/query-request"


class Failing:
    """The account, whose answers to statements fail as `how` says."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.how = ""
        self._app = create_app(account)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("path") != QUERY or not self.how:
            await self._app(scope, receive, send)
            return
        headers = [(b"content-type", b"application/json")]
        if self.how == "hangs":
            await asyncio.sleep(30)
        elif self.how == "breaks off":
            await send(
                {"type": "http.response.start", "status": 200, "headers": [*headers, (b"content-length", b"900")]}
            )
            await send({"type": "http.response.body", "body": b'{"data": {"rowset": [', "more_body": True})
            raise ConnectionResetError
        elif self.how == "fails":
            await send({"type": "http.response.start", "status": 503, "headers": headers})
            await send({"type": "http.response.body", "body": b"Service Unavailable"})
        else:
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": b"<html>no JSON</html>"})


@pytest.fixture(scope="module")
def failing() -> Iterator[tuple[Failing, int]]:
    with sandbox_account(10) as (account, _), serving(app := Failing(account)) as port:
        yield app, port


@pytest.fixture(scope="module")
def running(failing: tuple[Failing, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProxyProcess]:
    identity = {"account": "THEIA-SANDBOX", "user": "THEIA", "password_file": "password", "host": "127.0.0.1"}
    identity |= {"port": failing[1], "protocol": "http"}
    upstreams = {"production": {"identities": {"default": identity}, "answer_timeout": 1}}
    with proxy(tmp_path_factory.mktemp("proxy"), failing[1], upstreams=upstreams) as process:
        yield process


def asked(client: httpx.Client, sql: str = "SELECT 1") -> httpx.Response:
    return client.post(f"{QUERY}?requestId={uuid4()}", json={"sqlText": sql})


@pytest.mark.parametrize("how", ["hangs", "breaks off", "fails", "is no JSON"])
def test_an_account_that_fails(how: str, failing: tuple[Failing, int], running: ProxyProcess) -> None:
    with closing(running.client()) as client:
        failing[0].how = how
        before = len(running.audited("statement.finished"))
        began = time.monotonic()
        try:
            answer = asked(client)
            told: Any = answer.text
        except httpx.RemoteProtocolError as error:  # what had begun was broken off, so the client can tell
            told = str(error)
        finally:
            failing[0].how = ""
        assert time.monotonic() - began < 10
        assert "Traceback" not in told
        finished = running.audited("statement.finished")[before:]
        assert len(finished) == 1
        assert finished[0]["outcome"] != "success"
        assert asked(client).json()["success"]
    assert "Traceback" not in "".join(running.said)


def test_a_master_token_that_has_expired_ends_the_session(failing: tuple[Failing, int], running: ProxyProcess) -> None:
    sessions = failing[0].account.sessions
    known = set(sessions._by_token)
    with closing(running.client()) as client:
        (mine,) = set(sessions._by_token) - known
        sessions._by_token[mine].expires = sessions._by_token[mine].master_expires = now()
        refused = asked(client).json()
        assert refused["success"] is False
        assert refused["code"].startswith("3901")
        assert mine not in json.dumps(refused)


def test_a_full_disk_refuses_statements_until_there_is_room(failing: tuple[Failing, int], tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: a write beyond it fails, as on a full one."""
    with proxy(tmp_path / "proxy", failing[1]) as running, closing(running.client()) as client:
        pid = running.process.pid
        assert asked(client).json()["success"]
        size = max(file.stat().st_size for file in (tmp_path / "proxy/audit").glob("*.jsonl"))
        unlimited = resource.prlimit(pid, resource.RLIMIT_FSIZE, (size + 100, resource.RLIM_INFINITY))
        refused = asked(client).json()
        assert refused["success"] is False
        assert "as it cannot record them" in refused["message"]
        assert httpx.get(f"http://127.0.0.1:{running.health_port}/ready").status_code == 503
        resource.prlimit(pid, resource.RLIMIT_FSIZE, unlimited)
        until = time.monotonic() + 20
        while not asked(client).json()["success"]:
            assert time.monotonic() < until
            time.sleep(0.2)


def test_being_told_to_end_under_load_loses_no_statement(failing: tuple[Failing, int], tmp_path: Path) -> None:
    got: list[str] = []

    def ask(client: httpx.Client) -> None:
        with closing(client):
            while True:
                try:
                    answer = asked(client)
                except httpx.TransportError:
                    return
                if answer.status_code != 200:
                    return
                got.append(answer.json()["data"]["queryId"])

    with proxy(tmp_path / "proxy", failing[1]) as running:
        threads = [threading.Thread(target=ask, args=(running.client(),)) for _ in range(8)]
        for thread in threads:
            thread.start()
        time.sleep(1)
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(timeout=20) == 0
        for thread in threads:
            thread.join(timeout=10)
        recorded = {fields["queryId"] for fields in running.audited("statement.finished")}
    assert len(got) > 20
    assert set(got) <= recorded

"""Two instances of the proxy on one Redis: one is killed in the middle of use, and the client goes on."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.e2e.proxy.conftest import Upstream
from tests.e2e.proxy.running import ProxyProcess, proxy
from tests.integration.proxy.sessions.conftest import RedisServer


class Switch:
    """What stands before the instances: a connection goes to the first of their ports that listens."""

    def __init__(self, ports: list[int]) -> None:
        self._ports = ports
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                for port in self._ports:
                    with suppress(ConnectionRefusedError):
                        server = socket.create_connection(("127.0.0.1", port))
                        for pair in ((client, server), (server, client)):
                            threading.Thread(target=self._pass, args=pair, daemon=True).start()
                        break
                else:
                    client.close()

    @staticmethod
    def _pass(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        source.close()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@contextmanager
def instances(folder: Path, upstream: Upstream) -> Iterator[tuple[ProxyProcess, ProxyProcess]]:
    server = RedisServer(folder)
    try:
        store = {"redis": server.url, "key_file": "key"}
        with proxy(folder / "one", upstream.port, store=store, audit={"instance": "one"}) as one:
            (folder / "two").mkdir()
            shutil.copy(folder / "one/users.yaml", folder / "two/users.yaml")
            changed = {"store": store, "audit": {"instance": "two"}}
            with proxy(folder / "two", upstream.port, users=one.tokens, **changed) as two:
                yield one, two
    finally:
        server.stop()


def test_a_session_goes_on_through_the_other_instance(upstream: Upstream, tmp_path: Path) -> None:
    with instances(tmp_path, upstream) as (one, two), closing(one.client()) as client:
        query = {"sqlText": "SELECT S FROM NUMBERS WHERE N = 7"}
        first = client.post(f"/queries/v1/query-request?requestId={uuid4()}", json=query).json()["data"]
        one.process.kill()
        one.process.wait(timeout=10)
        client.base_url = f"http://127.0.0.1:{two.port}"
        again = client.post(f"/queries/v1/query-request?requestId={uuid4()}", json=query).json()
        assert again["success"], again
        result = client.get(f"/queries/{first['queryId']}/result").json()
        assert result["data"]["total"] == 1
        assert client.post("/session?delete=true", json={}).json()["success"]
        assert client.post("/session/heartbeat", json={}).json()["code"] == "390104"
        assert (len(one.audited("session.started")), len(two.audited("session.ended"))) == (1, 1)


def test_the_connector_does_not_notice_that_an_instance_is_killed(upstream: Upstream, tmp_path: Path) -> None:
    with instances(tmp_path, upstream) as (one, two):
        switch = Switch([one.port, two.port])
        seen: list[int] = []
        with closing(one.connect(port=switch.port)) as connection:
            began = time.monotonic()
            for number in range(60):
                if number == 30:
                    one.process.kill()
                seen += [row[0] for row in connection.cursor().execute("SELECT N FROM NUMBERS WHERE N = %s", (number,))]
            assert time.monotonic() - began < 60
        switch.close()
        assert seen == list(range(60))
        assert len(one.audited("statement.finished")) >= 29
        assert len(two.audited("statement.finished")) >= 29


def test_a_statement_under_way_is_recorded_as_begun(upstream: Upstream, tmp_path: Path) -> None:
    """What an instance was killed in the middle of: nobody knows how it ended, but that it began is on disk."""
    endless = "SELECT COUNT(*) FROM NUMBERS a, NUMBERS b, NUMBERS c WHERE (a.N * b.N) % 7 = c.N % 5"
    with instances(tmp_path, upstream) as (one, two), closing(one.client()) as client:
        request = str(uuid4())
        thread = threading.Thread(target=lambda: _asked(one, client.headers["authorization"], request, endless))
        thread.start()
        until = time.monotonic() + 10
        while endless not in [event.get("sqlText") for event in one.audited("statement.started")]:
            assert time.monotonic() < until
            time.sleep(0.05)
        time.sleep(0.5)  # longer than what only the instance itself need know of
        one.process.kill()
        thread.join(timeout=10)
        client.base_url = f"http://127.0.0.1:{two.port}"
        aborted = client.post("/queries/v1/abort-request", json={"sqlText": endless, "requestId": request}).json()
        assert aborted["success"], aborted
        assert client.post(f"/queries/v1/query-request?requestId={uuid4()}", json={"sqlText": "SELECT 1"}).json()[
            "success"
        ]
        assert two.audited("statement.aborted")


def _asked(running: ProxyProcess, authorization: str, request: str, sql: str) -> None:
    with suppress(httpx.TransportError):
        url = f"http://127.0.0.1:{running.port}/queries/v1/query-request?requestId={request}"
        httpx.post(url, json={"sqlText": sql}, headers={"authorization": authorization}, timeout=30)


@pytest.fixture(autouse=True)
def _redis() -> None:
    if shutil.which("redis-server") is None:
        pytest.fail("redis-server is missing: make redis")

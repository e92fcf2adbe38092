"""The whole proxy as a process: probes, metrics after known traffic, CONNECT with the connector, and its end."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from snowflake.connector.errors import DatabaseError

from tests.integration.proxy.serve.certificates import Authority
from tests.integration.proxy.serve.conftest import until
from tests.integration.proxy.serve.whole import Upstream, Whole, upstream, whole

HOST = "acc.snowflakecomputing.com"


@pytest.fixture(scope="module")
def account() -> Iterator[Upstream]:
    with upstream() as running:
        yield running


def values(running: Whole) -> dict[tuple[str, ...], float]:
    """Values by name and the values of their labels."""
    told: dict[str, Any] = httpx.get(running.probe("/metrics"), headers={"accept": "application/json"}).json()
    return {
        (sample["name"].removeprefix("theia_sf_proxy_"), *sample["labels"].values()): sample["value"]
        for family in told.values()
        for sample in family["samples"]
    }


def test_probes_and_metrics_after_known_traffic(tmp_path: Path, account: Upstream) -> None:
    with whole(tmp_path, account) as running:
        for path in ("/health", "/healthz"):
            assert httpx.get(running.probe(path)).json() == {"status": "ok"}
        ready = httpx.get(running.probe("/readyz"))
        assert (ready.status_code, ready.json()["status"]) == (200, "ready")
        assert set(ready.json()["checks"].values()) == {"ok"}
        with pytest.raises(DatabaseError, match="Incorrect username or password"):
            running.connect(password="wrong")
        with closing(running.connect()) as connection:
            for number in range(5):
                assert connection.cursor().execute("SELECT %s", (number,)).fetchall() == [(number,)]
            with pytest.raises(DatabaseError):
                connection.cursor().execute("SELECT * FROM NOT_THERE")
            assert values(running)["connections",] >= 1
            assert values(running)["sessions",] == 1
        told = values(running)
        text = httpx.get(running.probe("/metrics"))
    assert told["logins_total", "production", "success"] == 1
    assert told["statements_total", "production", "select", "success"] == 5
    assert told["statements_total", "production", "select", "failure"] == 1
    assert told["requests_total", "query", "success"] == 6
    assert told["upstream_seconds_count", "production"] >= 6
    assert told["audit_failing",] == 0
    assert text.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert 'theia_sf_proxy_logins_total{account="production",outcome="success"} 1.0' in text.text
    assert running.token not in text.text


def test_what_does_not_work_at_the_start_is_told(tmp_path: Path, account: Upstream) -> None:
    """It serves all the same: other accounts may be well, and the key may come yet."""
    broken = {"identities": {"default": {"account": "B", "user": "T", "private_key_path": "not-there.p8"}}}
    with whole(tmp_path, account, more={"broken": broken}) as running:
        assert httpx.get(running.probe("/ready")).status_code == 503
        with closing(running.connect()) as connection:
            assert connection.cursor().execute("SELECT 1").fetchall() == [(1,)]
    assert any("not-there.p8 does not exist" in line for line in running.errors)
    assert any("accounts: The proxy cannot sign in to Snowflake as" in line for line in running.errors)


def test_the_connector_behind_https_proxy(tmp_path: Path, account: Upstream, authority: Authority) -> None:
    """As a user would run it: all that it is told of the proxy is in the environment."""
    certificate, key = authority.server("whole", HOST)
    listen = {"port": 0, "connect_port": 0, "tls": {"certificate": str(certificate), "key": str(key)}}
    script = (
        "import os, snowflake.connector as c\n"
        "k = c.connect(account='acc', user='ann', password=os.environ['TOKEN'], login_timeout=10)\n"
        "print(k.host, k.cursor().execute('SELECT 41 + 1').fetchone()[0])\n"
    )
    with whole(tmp_path, account, listen=listen, hosts=[HOST]) as running:
        environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(tmp_path),
            "TOKEN": running.token,
            "https_proxy": f"http://127.0.0.1:{running.at['connect_port']}",
            "REQUESTS_CA_BUNDLE": str(authority.path),
        }
        done = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=90, check=False
        )
        peers = {event.get("peer") for event in running.audited() if event.get("event") == "session.started"}
    assert (done.stdout.strip(), peers) == (f"{HOST} 42", {"127.0.0.1"}), done.stderr[-2000:]


def signed_in(running: Whole) -> httpx.Client:
    """A client that speaks the protocol itself: it repeats nothing, and is told of nothing by other threads."""
    client = httpx.Client(base_url=f"http://127.0.0.1:{running.at['port']}", timeout=20)
    login = {"data": {"ACCOUNT_NAME": "production", "LOGIN_NAME": "ann", "PASSWORD": running.token}}
    token = client.post("/session/v1/login-request", json=login).json()["data"]["token"]
    client.headers["authorization"] = f'Snowflake Token="{token}"'
    return client


def asked(client: httpx.Client) -> httpx.Response:
    return client.post(f"/queries/v1/query-request?requestId={uuid4()}", json={"sqlText": "SELECT 1"})


def is_closed(running: Whole) -> bool:
    try:
        signed_in(running).close()
    except httpx.ConnectError:
        return True
    except httpx.TransportError:
        pass
    return False


def test_a_signal_under_load_loses_no_statement(tmp_path: Path, account: Upstream) -> None:
    results, stop = list[str](), threading.Event()

    def ask(running: Whole) -> None:
        with closing(signed_in(running)) as client:
            while not stop.is_set():
                try:
                    told = asked(client).json()
                except httpx.TransportError:
                    return
                results.append(told["data"]["queryId"])

    with whole(tmp_path, account) as running:
        threads = [threading.Thread(target=ask, args=(running,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        until(lambda: len(results) > 20)
        account.delay = 1
        until(lambda: account.running == 4)
        running.process.send_signal(signal.SIGTERM)
        until(lambda: httpx.get(running.probe("/ready")).json()["status"] == "draining", seconds=2)
        until(lambda: is_closed(running), seconds=2)  # uvicorn looks every 0.1 s whether it is told to end
        assert running.process.wait(timeout=20) == 0
        account.delay = 0
        stop.set()
        for thread in threads:
            thread.join(timeout=30)
        finished = [event for event in running.audited() if event["event"] == "statement.finished"]
    assert {event["fields"]["queryId"] for event in finished} == set(results)
    assert len(finished) == len(results)  # those that ran when it was told to end got their results
    assert all(event["fields"]["outcome"] == "success" for event in finished)
    assert "Traceback" not in "\n".join(running.errors)


@pytest.mark.parametrize(("signals", "limit", "code"), [(2, 60, 130), (1, 1, 0)])
def test_what_does_not_end_in_time_is_broken_off_and_recorded(
    tmp_path: Path, account: Upstream, signals: int, limit: int, code: int
) -> None:
    statuses = list[int]()
    with whole(tmp_path, account, limits={"drain_timeout": limit}) as running, closing(signed_in(running)) as client:
        account.delay = 8
        thread = threading.Thread(target=lambda: statuses.append(asked(client).status_code))
        thread.start()
        until(lambda: account.running == 1)
        began = time.monotonic()
        for _ in range(signals):
            running.process.send_signal(signal.SIGINT)
            time.sleep(0.3)
        assert running.process.wait(timeout=10) == code
        assert time.monotonic() - began < 6
        thread.join(timeout=30)
        account.delay = 0
        until(lambda: account.running == 0)
        last = [event for event in running.audited() if event["event"] == "statement.finished"][-1]
    assert statuses == [500]  # which drivers repeat, so that another instance answers
    assert (last["fields"]["outcome"], last["fields"]["message"]) == (
        "unknown",
        "The proxy ended before the Snowflake account production answered.",
    )
    assert "1 requests were broken off" in "\n".join(running.errors)
    assert "Traceback" not in "\n".join(running.errors)

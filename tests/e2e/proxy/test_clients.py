"""Real drivers through the proxy to the sandbox's account: what people and programs do with it, one driver at a time.

The drivers are those that `make clients` installs, which are all on a machine that has their languages; their programs
are in the folder `clients`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.proxy.conftest import Upstream
from tests.e2e.proxy.running import ACCOUNT, PASSWORD, ProxyProcess, proxy, sandbox_account
from theia_sf.sandbox.snowflake import handshake, sessions
from tools.test_clients.install import absent, folder, installed

PROGRAMS = Path(__file__).with_name("clients")
LIFE = 4
"""Seconds that a session token of the account's is valid: the drivers renew theirs in mid-use."""
ENDLESS = "SELECT COUNT(*) FROM NUMBERS a, NUMBERS b, NUMBERS c WHERE (a.N * b.N) % 7 = c.N % 5"
MILLION = 1_000_000


def must_be_there(name: str) -> None:
    if reason := absent(name):
        pytest.skip(reason)
    if not installed(name):
        pytest.fail(f"the client {name} is missing: make clients")


def command(name: str) -> list[str]:
    """The words that run a driver's program."""
    if name == "python4":
        return [sys.executable, str(PROGRAMS / "client.py")]
    must_be_there(name)
    return {
        "python5": [str(folder("python5") / "bin/python"), str(PROGRAMS / "client.py")],
        "sqlalchemy": [str(folder("sqlalchemy") / "bin/python"), str(PROGRAMS / "client_sqlalchemy.py")],
        "node": ["node", str(PROGRAMS / "client.js")],
        "go": [str(folder("go") / "client")],
        "jdbc": [
            "java",
            "--add-opens=java.base/java.nio=ALL-UNNAMED",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            str(next(folder("jdbc").glob("*.jar"))),
            str(PROGRAMS / "Client.java"),
        ],
    }[name]


def environment(running: ProxyProcess, home: Path, wait: int = LIFE + 1) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "NODE_PATH": str(folder("node") / "node_modules"),
        "PROXY_PORT": str(running.port),
        "PROXY_ACCOUNT": ACCOUNT,
        "PROXY_USER": "ann",
        "PROXY_TOKEN": running.tokens["ann"],
        "PROXY_ENDLESS": ENDLESS,
        "PROXY_WAIT": str(wait),
    }


def run(words: list[str], told: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words, env=told, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL
    )


def expected(rows: int) -> dict[str, Any]:
    return {"bound": "row 7", "rows": rows, "sum": rows * (rows - 1) // 2, "async": 42, "renewed": 43}


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with pytest.MonkeyPatch.context() as patch:
        for module in (handshake, sessions):
            patch.setattr(module, "SESSION_LIFE", timedelta(seconds=LIFE))
        with sandbox_account(20_000) as (account, port):
            yield Upstream(account, port, 20_000)


@pytest.fixture(scope="module")
def running(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProxyProcess]:
    tokens = {"renew_before": 1}
    with proxy(tmp_path_factory.mktemp("proxy"), upstream.port, tokens=tokens) as process:
        yield process


# What each driver tells its caller of a statement that was aborted: Snowflake's 604 where it hands it on, or its own.
DRIVERS = {"python4": {"604"}, "python5": {"604"}, "go": {"604", "deadline"}, "node": {"000604"}, "jdbc": {"604"}}
DRIVERS["sqlalchemy"] = {"604"}
SEEN = {"sqlalchemy": {"tables": True, "columns": ["n", "s"]}}
"""What a driver tells besides."""
BOUND = {"sqlalchemy": "SELECT S FROM NUMBERS WHERE N = 7"}
"""The statement with a value, where it is not bound but written into the text, as SQLAlchemy's dialect does."""


@pytest.mark.parametrize("name", DRIVERS)
def test_a_driver_does_all_that_a_client_does(
    name: str, upstream: Upstream, running: ProxyProcess, tmp_path: Path
) -> None:
    before, open_before = len(running.audited()), upstream.account.sessions.all()
    done = run(command(name), environment(running, tmp_path))
    assert done.returncode == 0, done.stderr[-3000:] + "".join(running.said)[-2000:]
    told = json.loads(done.stdout)
    assert told.pop("cancelled") in DRIVERS[name], told
    assert told == {**expected(upstream.rows), **SEEN.get(name, {})}
    assert upstream.account.sessions.all() == open_before
    kinds = [event["event"] for event in events(running)[before:]]
    assert kinds[0] == "session.started"
    assert kinds[-1] == "session.ended"
    assert {"session.renewed", "statement.running", "statement.aborted"} <= set(kinds)
    texts = [event["fields"]["sqlText"] for event in events(running)[before:] if event["event"] == "statement.started"]
    assert BOUND.get(name, "SELECT S FROM NUMBERS WHERE N = ?") in texts
    assert ENDLESS in texts
    seen = done.stdout + done.stderr
    assert not [secret for secret in (PASSWORD, running.tokens["ann"]) if secret in seen]


def events(running: ProxyProcess) -> list[dict[str, Any]]:
    files = sorted((running.folder / "audit").glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def snow(running: ProxyProcess, home: Path, *words: str, text: str = "") -> Any:
    """Runs `snow sql`, which is asked for JSON; returns it."""
    must_be_there("snow")
    command = [str(folder("snow") / "bin/snow"), "sql", "--temporary-connection", "--format", "json"]
    command += ["--account", ACCOUNT, "--user", "ann", "--host", "127.0.0.1", "--port", str(running.port)]
    told = {**environment(running, home), "SNOWFLAKE_PASSWORD": running.tokens["ann"]}
    done = subprocess.run(
        [*command, "--protocol", "http", *words],
        env=told,
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert not [secret for secret in (PASSWORD, running.tokens["ann"]) if secret in done.stdout + done.stderr]
    return json.loads(done.stdout)


def test_snowflake_cli_runs_a_file_and_fetches_many_rows(
    upstream: Upstream, running: ProxyProcess, tmp_path: Path
) -> None:
    """The CLI has no bindings: it writes variables into the text."""
    file = tmp_path / "file.sql"
    file.write_text("SELECT S FROM NUMBERS WHERE N = <% n %>;\nSELECT N, S FROM NUMBERS; -- and\nselect 'a;b' AS T;")
    before, open_before = len(running.audited()), upstream.account.sessions.all()
    bound, rows, last = snow(running, tmp_path, "--filename", str(file), "-D", "n=7")
    assert bound == [{"S": "row 7"}]
    assert (len(rows), sum(row["N"] for row in rows)) == (20_000, 199_990_000)
    assert last == [{"T": "a;b"}]
    kinds = [event["event"] for event in events(running)[before:]]
    assert (kinds[0], kinds[-1]) == ("session.started", "session.ended")
    assert (kinds.count("statement.started"), kinds.count("statement.finished")) == (3, 3)
    assert upstream.account.sessions.all() == open_before


def test_snowflake_cli_starts_a_query_and_asks_for_its_result_later(running: ProxyProcess, tmp_path: Path) -> None:
    """By `;>` and `!result`, in another session: which has ended in between, and the query has not."""
    ((_, query_id),) = snow(running, tmp_path, "--query", "SELECT 41 + 1 AS A;>")[0].items()
    assert snow(running, tmp_path, "--query", f"!result {query_id}") == [{"A": 42}]


def test_snowflake_cli_aborts_a_query(upstream: Upstream, running: ProxyProcess, tmp_path: Path) -> None:
    """By `!abort`, which is a function of Snowflake's: the policy lets it be called for the user's own queries."""
    ((_, query_id),) = snow(running, tmp_path, "--query", f"{ENDLESS};>")[0].items()
    (query,) = [query for query in upstream.account.queries.all() if query.id == query_id]
    assert not query.done.is_set()
    snow(running, tmp_path, "--query", f"!abort {query_id}")
    assert query.done.wait(10)


def test_snowflake_cli_does_not_notice_that_snowflakes_token_ends(
    upstream: Upstream, running: ProxyProcess, tmp_path: Path
) -> None:
    """A program that runs for a moment renews nothing itself; the proxy does."""
    statements, ended = 60, list[int]()

    def count() -> int:
        return sum(query.sql.startswith("SELECT 'in use'") for query in upstream.account.queries.all())

    def end() -> None:
        deadline = time.monotonic() + 30
        while not count() and time.monotonic() < deadline:
            time.sleep(0.002)
        for token in list(upstream.account.sessions._by_token):
            upstream.account.sessions.expire(token)
        ended.append(count())

    thread = threading.Thread(target=end)
    thread.start()
    text = ";".join(f"SELECT 'in use' AS A, {number} AS N" for number in range(statements))
    results = snow(running, tmp_path, "--stdin", text=text)
    thread.join()
    assert 0 < ended[0] < statements - 1
    assert [rows[0]["N"] for rows in results] == list(range(statements))


@pytest.mark.soak
@pytest.mark.parametrize("name", DRIVERS)
def test_a_driver_fetches_a_million_rows(name: str, tmp_path: Path) -> None:
    with sandbox_account(MILLION) as (_, port), proxy(tmp_path / "proxy", port) as process:
        done = run(command(name), environment(process, tmp_path, wait=0))
        assert done.returncode == 0, done.stderr[-3000:]
        told = json.loads(done.stdout)
        assert told.pop("cancelled") in DRIVERS[name]
        assert told == {**expected(MILLION), **SEEN.get(name, {})}

"""Real drivers through the proxy to the sandbox's account: what people and programs do with it, one driver at a time.

The drivers are those that `make clients` installs, which are all on a machine that has their languages; their programs
are in the folder `clients`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
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


@pytest.mark.parametrize("name", DRIVERS)
def test_a_driver_does_all_that_a_client_does(
    name: str, upstream: Upstream, running: ProxyProcess, tmp_path: Path
) -> None:
    before, open_before = len(running.audited()), upstream.account.sessions.all()
    done = run(command(name), environment(running, tmp_path))
    assert done.returncode == 0, done.stderr[-3000:] + "".join(running.said)[-2000:]
    told = json.loads(done.stdout)
    assert told.pop("cancelled") in DRIVERS[name], told
    assert told == expected(upstream.rows)
    assert upstream.account.sessions.all() == open_before
    kinds = [event["event"] for event in events(running)[before:]]
    assert kinds[0] == "session.started"
    assert kinds[-1] == "session.ended"
    assert {"session.renewed", "statement.running", "statement.aborted"} <= set(kinds)
    texts = [event["fields"]["sqlText"] for event in events(running)[before:] if event["event"] == "statement.started"]
    assert "SELECT S FROM NUMBERS WHERE N = ?" in texts
    assert ENDLESS in texts
    seen = done.stdout + done.stderr
    assert not [secret for secret in (PASSWORD, running.tokens["ann"]) if secret in seen]


def events(running: ProxyProcess) -> list[dict[str, Any]]:
    files = sorted((running.folder / "audit").glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def test_sqlalchemy_sees_tables_and_rows(running: ProxyProcess, tmp_path: Path) -> None:
    done = run(command("sqlalchemy"), environment(running, tmp_path))
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout) == {"bound": "row 7", "sum": 199990000, "columns": ["n", "s"]}


def test_snowflake_cli_prints_rows(running: ProxyProcess, tmp_path: Path) -> None:
    must_be_there("snow")
    words = [str(folder("snow") / "bin/snow"), "sql", "--temporary-connection", "--format", "json"]
    words += ["--account", ACCOUNT, "--user", "ann", "--host", "127.0.0.1", "--port", str(running.port)]
    words += ["--protocol", "http", "--query", "SELECT N, S FROM NUMBERS WHERE N < 2 ORDER BY N"]
    told = {**environment(running, tmp_path), "SNOWFLAKE_PASSWORD": running.tokens["ann"]}
    done = run(words, told)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert json.loads(done.stdout) == [{"N": 0, "S": "row 0"}, {"N": 1, "S": "row 1"}]


@pytest.mark.soak
@pytest.mark.parametrize("name", DRIVERS)
def test_a_driver_fetches_a_million_rows(name: str, tmp_path: Path) -> None:
    with sandbox_account(MILLION) as (_, port), proxy(tmp_path / "proxy", port) as process:
        done = run(command(name), environment(process, tmp_path, wait=0))
        assert done.returncode == 0, done.stderr[-3000:]
        told = json.loads(done.stdout)
        assert told.pop("cancelled") in DRIVERS[name]
        assert told == expected(MILLION)

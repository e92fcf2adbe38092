"""The proxy by its commands, as an operator and an analyst use them: from `init` to a verified audit."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import snowflake.connector
import yaml

from tests.e2e.conftest import PROGRAM, Cli, Sandbox

READ = """
import snowflake.connector
with snowflake.connector.connect() as connection:
    cursor = connection.cursor()
    print(cursor.execute("SELECT CURRENT_ROLE(), COUNT(*) FROM FLOWS WHERE sourcePodName <> %s", ("x",)).fetchall())
    try:
        cursor.execute("DELETE FROM FLOWS")
    except snowflake.connector.errors.ProgrammingError as error:
        print(error)
raise SystemExit(7)
"""
HOLD = """
import snowflake.connector, sys
connection = snowflake.connector.connect()
cursor = connection.cursor()
print(cursor.execute("SELECT 1").fetchall(), flush=True)
sys.stdin.readline()
try:
    cursor.execute("SELECT 2")
except snowflake.connector.errors.DatabaseError as error:
    print(error)
"""


@dataclass
class Proxy:
    """The folder that was made, and the commands with its configuration."""

    cli: Cli
    folder: Path
    port: int
    role: str
    process: subprocess.Popen[str]

    @property
    def token(self) -> str:
        return (self.folder.parent / "alice.token").read_text()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


@pytest.fixture(scope="module")
def database(sandbox: Sandbox) -> Iterator[str]:
    """A database with flows, and the reader's role and warehouse, named as those of a stack."""
    name, reader = "ANTREA_BY_PROXY", "ANTREA_READER_BY_PROXY"
    with snowflake.connector.connect(**sandbox.snowflake) as connection:
        cursor = connection.cursor()
        for sql in (
            f"CREATE DATABASE {name}",
            f"CREATE SCHEMA {name}.THEIA",
            f"CREATE TABLE {name}.THEIA.FLOWS (sourcePodName STRING)",
            f"CREATE ROLE {reader}",
            f"CREATE WAREHOUSE {reader}",
            f"GRANT ROLE {reader} TO ROLE ACCOUNTADMIN",
            f"GRANT USAGE ON DATABASE {name} TO ROLE {reader}",
            f"GRANT USAGE ON SCHEMA {name}.THEIA TO ROLE {reader}",
            f"GRANT SELECT ON ALL TABLES IN SCHEMA {name}.THEIA TO ROLE {reader}",
            f"GRANT USAGE ON WAREHOUSE {reader} TO ROLE {reader}",
        ):
            cursor.execute(sql)
        yield name
        for sql in (f"DROP DATABASE {name}", f"DROP WAREHOUSE {reader}", f"DROP ROLE {reader}"):
            cursor.execute(sql)


@pytest.fixture(scope="module")
def proxy(sandbox: Sandbox, database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """Made, filled and started by the commands; told to end by SIGTERM."""
    top = tmp_path_factory.mktemp("proxy")
    folder, port = top / "made", free_port()
    environment = {
        **sandbox.environment(),
        "THEIA_SF_CONTEXT_FILE": str(top / "context.json"),
        "THEIA_SF_PROXY_CONFIG": str(folder / "proxy.yaml"),
        "THEIA_SF_PROXY_PROFILES": str(top / "profiles"),
        "XDG_CACHE_HOME": str(top / "cache"),
    }
    cli = Cli(environment, top)
    ports = ("--port", str(port), "--health-port", str(free_port()))
    done = cli.run("proxy", "init", str(folder), *ports, "--database-name", database, check=True)
    assert f"theia-sf proxy serve --config {folder / 'proxy.yaml'}" in done.stderr
    adding = ("proxy", "users", "add", "alice", "--group", "analysts", "--token-output", str(top / "alice.token"))
    assert cli.run(*adding, check=True).stdout.count("theia_") == 0
    process = subprocess.Popen(
        [str(PROGRAM), "proxy", "serve"],
        env=environment, cwd=top, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    assert process.stderr.readline() == f"The proxy listens: https://127.0.0.1:{port}\n"
    login = ("--url", f"https://localhost:{port}", "--ca-file", str(folder / "tls" / "ca.pem"), "--user", "alice")
    done = cli.run("proxy", "login", *login, "--token-file", str(top / "alice.token"), check=True)
    role = database.replace("ANTREA_", "ANTREA_READER_", 1)
    assert f"Signed in: role {role}, database {database}." in done.stderr
    yield Proxy(cli, folder, port, role, process)
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert out == ""
    secrets = [environment["SNOWFLAKE_PASSWORD"], (top / "alice.token").read_text()]
    for text in [err, *cli.seen]:
        assert not [secret for secret in secrets if secret in text]


@pytest.fixture
def holding(proxy: Proxy) -> Iterator[Callable[[], str]]:
    """A client whose session is open; called, it goes on, and returns what it printed."""
    started = subprocess.Popen(
        [str(PROGRAM), "proxy", "connect", "--", sys.executable, "-c", HOLD],
        env=proxy.cli.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert started.stdout is not None
    assert started.stdout.readline() == "[(1,)]\n"
    yield lambda: started.communicate("\n", timeout=60)[0]
    started.communicate(timeout=60)


def test_check_tells_that_all_is_well(proxy: Proxy) -> None:
    checks = {one["check"]: one for one in proxy.cli.json("proxy", "check")}
    assert {one["verdict"] for one in checks.values()} == {"ok"}
    assert list(checks) == ["Configuration", "Certificate", "Users", "Policy", "Store", "Audit",
                            "Account snowflake, identity default"]  # fmt: skip
    assert "signed in as THEIA" in checks["Account snowflake, identity default"]["detail"]


def test_check_tells_what_the_identity_may_not_use(proxy: Proxy, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(proxy.folder, folder)
    policy = (folder / "policy.yaml").read_text()
    (folder / "policy.yaml").write_text(policy.replace(f'role: "{proxy.role}"', "role: NO_SUCH_ROLE"))
    done = proxy.cli.run("proxy", "check", "--config", str(folder / "proxy.yaml"))
    assert done.returncode == 1
    assert 'The rule analysts read names the role "NO_SUCH_ROLE"' in done.stdout
    offline = proxy.cli.run("proxy", "check", "--config", str(folder / "proxy.yaml"), "--offline")
    assert offline.returncode == 0
    assert "not signed in" in offline.stdout
    unreachable = proxy.cli.run("proxy", "check", env={"SNOWFLAKE_PORT": "1"})
    assert unreachable.returncode == 3


@pytest.mark.parametrize(
    ("schema", "code", "told"),
    [("THEIA", 0, "into ANTREA_BY_PROXY.THEIA.AUDIT"), ("ELSEWHERE", 1, "ELSEWHERE")],
)
def test_check_signs_in_for_the_audits_copy(proxy: Proxy, tmp_path: Path, schema: str, code: int, told: str) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(proxy.folder, folder)
    config = yaml.safe_load((folder / "proxy.yaml").read_text())
    config["audit"]["snowflake"] = {"identity": {"environment_prefix": ""}, "table": f"ANTREA_BY_PROXY.{schema}.AUDIT"}
    (folder / "proxy.yaml").write_text(yaml.safe_dump(config))
    done = proxy.cli.run("proxy", "check", "--config", str(folder / "proxy.yaml"))
    assert (done.returncode, told in done.stdout) == (code, True), done.stdout


def test_the_folder_holds_no_credential_of_snowflake_and_no_access_token(proxy: Proxy) -> None:
    written = [path.read_bytes() for path in proxy.folder.rglob("*") if path.is_file()]
    for secret in (proxy.cli.environment["SNOWFLAKE_PASSWORD"], proxy.token):
        assert not [content for content in written if secret.encode() in content]


def test_a_program_reads_the_flows_and_may_do_nothing_else(proxy: Proxy) -> None:
    done = proxy.cli.run("proxy", "connect", "--", sys.executable, "-c", READ)
    assert done.returncode == 7, done.stderr
    rows, refusal = done.stdout.splitlines()
    assert rows == f"[('{proxy.role}', 0)]"
    assert "Denied by rule analysts read of the proxy's policy" in refusal
    events = [
        json.loads(line) for line in proxy.cli.run("proxy", "audit", "tail", "--output", "json").stdout.splitlines()
    ]
    last = {event["event"]: event for event in events}
    assert last["statement.denied"]["fields"]["sqlText"] == "DELETE FROM FLOWS"
    finished = last["statement.finished"]
    assert (finished["user"], finished["fields"]["outcome"], finished["fields"]["rows"]) == ("alice", "success", 1)
    assert events[-1]["event"] == "session.ended"


def test_theia_sf_itself_goes_through_the_proxy_by_its_variables(proxy: Proxy) -> None:
    lines = proxy.cli.run("proxy", "env", "--shell", "bash", check=True).stdout
    assert proxy.token not in lines
    command = ["bash", "-c", lines + '\nexec "$0" doctor --snowflake', str(PROGRAM)]
    shown = subprocess.run(command, env=proxy.cli.environment, capture_output=True, text=True, check=False)
    assert f"https://localhost:{proxy.port}" in shown.stdout
    assert "Denied by rule analysts read of the proxy's policy: it does not allow show account" in shown.stdout


def test_an_operator_ends_a_session(proxy: Proxy, holding: Callable[[], str]) -> None:
    (session,) = proxy.cli.json("proxy", "sessions", "list", "--user", "ALICE")
    assert session["client"].startswith("PythonConnector")
    done = proxy.cli.run("proxy", "sessions", "end", session["id"], check=True)
    assert f"Ended the session {session['id']} of alice." in done.stderr
    assert "390104" in holding()
    assert proxy.cli.json("proxy", "sessions", "list") == []
    only = ("--session", session["id"], "--event", "session.ended")
    ended = proxy.cli.run("proxy", "audit", "query", *only, "--output", "json", check=True)
    (event,) = [json.loads(line) for line in ended.stdout.splitlines()]
    assert event["fields"] == {"by": "operator"}


def test_a_user_who_is_taken_away_is_out(proxy: Proxy, holding: Callable[[], str]) -> None:
    registry = (proxy.folder / "users.yaml").read_bytes()
    proxy.cli.run("proxy", "users", "revoke", "alice", "--yes", check=True)
    assert "390104" in holding()
    refused = proxy.cli.run("proxy", "connect", "--", sys.executable, "-c", READ)
    assert "snowflake.connector.errors" in refused.stderr
    assert refused.returncode == 1
    (proxy.folder / "users.yaml").write_bytes(registry)
    until = time.monotonic() + 10
    while proxy.cli.run("proxy", "connect", "--", sys.executable, "-c", READ).returncode != 7:
        assert time.monotonic() < until


def test_a_token_that_is_taken_away_takes_its_sessions_with_it(proxy: Proxy, holding: Callable[[], str]) -> None:
    registry = (proxy.folder / "users.yaml").read_bytes()
    (alice,) = [one for one in proxy.cli.json("proxy", "users", "list") if one["name"] == "alice"]
    (token,) = alice["tokens"]
    newest = proxy.cli.json("proxy", "sessions", "list", "--user", "alice")[0]
    assert newest["credential"] == token["id"]
    told = proxy.cli.run("proxy", "users", "revoke", "alice", "--credential", token["id"], "--yes", check=True)
    assert "sessions begun with it are over" in told.stderr
    assert "390104" in holding()
    (proxy.folder / "users.yaml").write_bytes(registry)


def test_the_audit_is_whole_until_somebody_changes_it(proxy: Proxy, tmp_path: Path) -> None:
    reports = proxy.cli.json("proxy", "audit", "verify")
    assert [(one["problems"], one["keyed"]) for one in reports] == [([], True)] * len(reports)
    copy = tmp_path / "audit"
    shutil.copytree(proxy.folder / "audit", copy)
    (file,) = [path for path in sorted(copy.glob("*.jsonl")) if "operator" not in path.name]
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(line for number, line in enumerate(lines) if number != 3))
    done = proxy.cli.run("proxy", "audit", "verify", "--path", str(copy))
    assert done.returncode == 4
    assert f"{file}:4" in done.stderr
    assert "The records are not whole" in done.stderr
    anchor = reports[0]["last"]
    assert proxy.cli.run("proxy", "audit", "verify", "--anchor", anchor[:-4] + "0000").returncode == 4


def test_the_access_token_is_alone_on_stdout_once(proxy: Proxy) -> None:
    added = proxy.cli.run("proxy", "users", "add", "bob", "--group", "analysts", "--expires", "90d", check=True)
    token = added.stdout.strip()
    proxy.cli.seen.clear()
    assert token.startswith("theia_")
    assert added.stdout.count("\n") == 1
    assert token not in added.stderr
    (row,) = [one for one in proxy.cli.json("proxy", "users", "list") if one["name"] == "bob"]
    assert row["tokens"][0]["id"] in token
    assert token not in json.dumps(row)
    assert token.encode() not in (proxy.folder / "users.yaml").read_bytes()


def test_settings_for_a_client_do_not_hold_the_token_unless_asked(proxy: Proxy) -> None:
    shown = proxy.cli.run("proxy", "show-connection", "--client", "python", check=True)
    assert proxy.token not in shown.stdout + shown.stderr
    asked = proxy.cli.run("proxy", "show-connection", "--client", "python", "--show-secret", check=True)
    assert proxy.token in asked.stdout
    proxy.cli.seen.clear()
    bundle = shown.stderr.removeprefix("Set REQUESTS_CA_BUNDLE=").strip()
    code = shown.stdout + "print(connection.cursor().execute('SELECT CURRENT_ROLE()').fetchall())\nconnection.close()\n"
    environment = {"PATH": os.environ["PATH"], "REQUESTS_CA_BUNDLE": bundle, "HOME": str(proxy.folder)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout == f"[('{proxy.role}',)]\n", done.stderr


def test_a_profile_is_forgotten(proxy: Proxy) -> None:
    login = ("proxy", "login", "--profile", "other", "--url", f"https://localhost:{proxy.port}", "--user", "alice")
    ca_file, token_file = str(proxy.folder / "tls" / "ca.pem"), str(proxy.folder.parent / "alice.token")
    proxy.cli.run(*login, "--ca-file", ca_file, "--token-file", token_file, "--offline", check=True)
    proxy.cli.run("proxy", "logout", "--profile", "other", check=True)
    done = proxy.cli.run("proxy", "env", "--profile", "other")
    assert (done.returncode, done.stderr.splitlines()[0]) == (2, "Error: There is no profile other of a proxy.")
    untrusted = proxy.cli.run(*login, "--token-file", token_file)
    assert untrusted.returncode == 3
    assert "is not trusted" in untrusted.stderr
    assert "--ca-file" in untrusted.stderr

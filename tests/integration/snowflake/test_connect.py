"""Signing in and running statements, with the real connector against the sandbox's Snowflake."""

from __future__ import annotations

import base64
import dataclasses
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
)
from snowflake.connector.auth import Auth

from theia_sf.cli import main
from theia_sf.errors import ConnectionFailedError, UsageError
from theia_sf.secret import Secret
from theia_sf.snowflake.connect import connect, session
from theia_sf.snowflake.errors import (
    LoginRefusedError,
    NoWarehouseError,
    ObjectNotFoundError,
    StatementTimedOutError,
)
from theia_sf.snowflake.query import execute, fetch_all, fetch_records, stream
from theia_sf.snowflake.settings import ConnectionSettings, resolve
from theia_sf.snowflake.warehouse import warehouse_for


@pytest.fixture
def settings(sandbox_env: object) -> ConnectionSettings:
    return resolve()


@pytest.fixture
def connection(settings: ConnectionSettings) -> Iterator[Any]:
    with session(settings) as found:
        yield found


def test_password(connection: Any) -> None:
    ((user, role),) = fetch_all(connection, "SELECT CURRENT_USER(), CURRENT_ROLE()")
    assert (user, role) == ("THEIA", "ACCOUNTADMIN")


def test_a_wrong_password_is_tried_once(settings: ConnectionSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    attempts: list[str] = []
    authenticate = Auth.authenticate

    def counted(self: Any, *args: Any, **kwargs: Any) -> Any:
        attempts.append("x")
        return authenticate(self, *args, **kwargs)

    monkeypatch.setattr(Auth, "authenticate", counted)
    wrong = dataclasses.replace(settings, password=Secret("wrong-password"))
    with pytest.raises(LoginRefusedError, match="refused the user name or password of THEIA") as refused:
        connect(wrong)
    assert attempts == ["x"]
    assert "wrong-password" not in f"{refused.value.message} {refused.value.hint}"


def test_key_pair(connection: Any, settings: ConnectionSettings, tmp_path: Path) -> None:
    key = rsa.generate_private_key(65537, 2048)
    public = base64.b64encode(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    execute(connection, f"CREATE USER KEY_USER TYPE = SERVICE RSA_PUBLIC_KEY = '{public}'")
    path = tmp_path / "key.p8"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"pass-phrase")))
    path.chmod(0o600)
    mine = dataclasses.replace(
        settings,
        user="KEY_USER",
        authenticator="SNOWFLAKE_JWT",
        private_key_path=path,
        private_key_passphrase=Secret("pass-phrase"),
        password=None,
        role=None,
    )
    try:
        with session(mine) as found:
            assert fetch_all(found, "SELECT CURRENT_USER()") == [("KEY_USER",)]
        execute(connection, "ALTER USER KEY_USER UNSET RSA_PUBLIC_KEY")
        with pytest.raises(LoginRefusedError, match="does not have the public key"):
            connect(mine)
    finally:
        execute(connection, "DROP USER KEY_USER")


def test_access_token(connection: Any, settings: ConnectionSettings) -> None:
    execute(connection, "CREATE USER TOKEN_USER TYPE = SERVICE DEFAULT_ROLE = PUBLIC")
    try:
        (made,) = fetch_records(
            connection, "ALTER USER TOKEN_USER ADD PROGRAMMATIC ACCESS TOKEN T1 ROLE_RESTRICTION = 'PUBLIC'"
        )
        mine = dataclasses.replace(
            settings,
            user="TOKEN_USER",
            authenticator="PROGRAMMATIC_ACCESS_TOKEN",
            token=Secret(made["token_secret"]),
            password=None,
            role=None,
        )
        with session(mine) as found:
            assert fetch_all(found, "SELECT CURRENT_USER()") == [("TOKEN_USER",)]
        with pytest.raises(LoginRefusedError, match="refused the access token of TOKEN_USER"):
            connect(dataclasses.replace(mine, token=Secret("not-a-token")))
    finally:
        execute(connection, "DROP USER TOKEN_USER")


def test_a_connection_of_the_file_through_the_command_line(
    sandbox_env: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    values = {**sandbox_env.snowflake, "port": str(sandbox_env.snowflake["port"])}
    lines = "".join(f'{key} = "{value}"\n' for key, value in values.items())
    wrong = lines.replace(values["password"], "wrong-password")
    path = tmp_path / "connections.toml"
    path.touch(mode=0o600)
    path.write_text(f"[good]\n{lines}\n[bad]\n{wrong}")
    for name in list(sandbox_env.env):
        if name.startswith("SNOWFLAKE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SNOWFLAKE_HOME", str(tmp_path))
    assert main.run(["doctor", "--connection", "good"]) == 0
    assert f"from connection good in {path}" in capsys.readouterr().out
    assert main.run(["doctor", "--connection", "bad"]) == 3
    assert "wrong-password" not in "".join(capsys.readouterr())
    assert main.run(["doctor", "--connection", "none"]) == 3
    assert "There is no connection none" in capsys.readouterr().out
    path.chmod(0o644)
    assert main.run(["doctor", "--connection", "good"]) == 1
    assert f"chmod 600 {path}" in capsys.readouterr().out


def test_a_role_that_is_not_ours(settings: ConnectionSettings) -> None:
    with pytest.raises(LoginRefusedError, match="The role NO_SUCH_ROLE does not exist"):
        connect(settings, role="no_such_role")


def test_an_unreachable_host_is_no_refusal(settings: ConnectionSettings) -> None:
    begun = time.monotonic()
    with pytest.raises(ConnectionFailedError, match=r"cannot be reached at http://127\.0\.0\.1:9") as failed:
        connect(dataclasses.replace(settings, port=9))
    assert not isinstance(failed.value, LoginRefusedError)
    assert time.monotonic() - begun < 45


def test_values_are_bound(connection: Any) -> None:
    nasty = "x'; DROP DATABASE y; --\\"
    with warehouse_for(connection, None):
        assert fetch_all(connection, "SELECT %(v)s AS v", {"v": nasty}) == [(nasty,)]
        assert list(stream(connection, "SELECT %s AS v", [nasty])) == [(nasty,)]


def test_a_temporary_warehouse_is_gone_afterwards(connection: Any) -> None:
    with warehouse_for(connection, None) as name:
        assert name in {row["name"] for row in fetch_records(connection, "SHOW WAREHOUSES")}
    assert name not in {row["name"] for row in fetch_records(connection, "SHOW WAREHOUSES")}


def test_statement_errors_by_number(connection: Any) -> None:
    execute(connection, "CREATE DATABASE ERRORS_DB")
    try:
        execute(connection, "CREATE TABLE ERRORS_DB.PUBLIC.T (A NUMBER)")
        with pytest.raises(NoWarehouseError):
            fetch_all(connection, "SELECT * FROM ERRORS_DB.PUBLIC.T")
        with warehouse_for(connection, None), pytest.raises(ObjectNotFoundError) as missing:
            fetch_all(connection, "SELECT * FROM ERRORS_DB.PUBLIC.NONE")
        assert missing.value.errno == 2003
        with pytest.raises(UsageError, match="There is no warehouse NOPE"), warehouse_for(connection, "nope"):
            pytest.fail("entered without a warehouse")
    finally:
        execute(connection, "DROP DATABASE ERRORS_DB")


def test_a_slow_statement_is_cancelled(connection: Any) -> None:
    begun = time.monotonic()
    sql = "SELECT COUNT(*) FROM TABLE(GENERATOR(ROWCOUNT => 300000)) A, TABLE(GENERATOR(ROWCOUNT => 3000000)) B"
    with warehouse_for(connection, None), pytest.raises(StatementTimedOutError, match="not ended after 2 seconds"):
        fetch_all(connection, sql, timeout_seconds=2)
    assert time.monotonic() - begun < 20


def test_doctor_finds_nothing_to_complain_about(
    settings: ConnectionSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main.run(["doctor"])
    out = capsys.readouterr().out
    assert code == 0, out
    assert "ok      AWS identity: " in out
    assert "ok      Snowflake sign-in: THEIA-SANDBOX" in out
    assert "ok      Privilege EXECUTE MANAGED TASK: held by ACCOUNTADMIN" in out
    assert "failed" not in out


def test_doctor_names_missing_privileges_and_wrong_passwords(
    connection: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    execute(connection, "CREATE ROLE POOR")
    execute(connection, "GRANT ROLE POOR TO USER THEIA")
    execute(connection, "GRANT CREATE DATABASE ON ACCOUNT TO ROLE POOR")
    try:
        assert main.run(["doctor", "--role", "POOR"]) == 1
        out = capsys.readouterr().out
        assert "ok      Privilege CREATE DATABASE: held by POOR" in out
        assert "failed  Privilege EXECUTE TASK: POOR lacks it" in out
        assert '-> GRANT EXECUTE TASK ON ACCOUNT TO ROLE "POOR"' in out
        monkeypatch.setenv("SNOWFLAKE_PASSWORD", "not-the-password")
        assert main.run(["doctor"]) == 3
        out = capsys.readouterr().out
        assert "failed  Snowflake: Snowflake refused the user name or password" in out
        assert "not-the-password" not in out
    finally:
        execute(connection, "DROP ROLE POOR")

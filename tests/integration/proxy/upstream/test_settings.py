"""Identities of the configuration, each with its credentials in another place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from theia_sf.errors import ConnectionFailedError, UsageError
from theia_sf.proxy.config.upstreams import Identity
from theia_sf.proxy.upstream.settings import settings_of
from theia_sf.secret import Secret


def private(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o600)
    return path


def identity(**fields: Any) -> Identity:
    return Identity.model_validate(fields)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_what_the_configuration_says_itself(tmp_path: Path) -> None:
    password = private(tmp_path / "password", "of the identity\n")
    found = settings_of(
        identity(account="ORG-ACC", user="SVC", password_file=password, role="R", schema="S", host="h", port=1443),
        "svc",
        {},
    )
    assert found.password == Secret("of the identity")
    assert (found.account, found.user, found.role, found.schema, found.port) == ("ORG-ACC", "SVC", "R", "S", 1443)


def test_a_token_file_and_workload_identity(tmp_path: Path) -> None:
    token = private(tmp_path / "token", "the-token\n")
    found = settings_of(identity(account="ORG-ACC", user="SVC", token_file_path=token), "svc", {})
    assert (found.authenticator, found.token) == ("PROGRAMMATIC_ACCESS_TOKEN", Secret("the-token"))
    arns = ("arn:aws:iam::123456789012:role/A", "arn:aws:iam::123456789012:role/B")
    found = settings_of(
        identity(account="ORG-ACC", workload_identity_provider="AWS", workload_identity_impersonation_path=arns),
        "svc",
        {},
    )
    assert (found.authenticator, found.workload_identity_impersonation_path) == ("WORKLOAD_IDENTITY", arns)


def test_a_named_connection(tmp_path: Path) -> None:
    home = tmp_path / "snowflake"
    home.mkdir()
    private(home / "connections.toml", '[svc]\naccount = "ORG-ACC"\nuser = "SVC"\npassword = "of the file"\n')
    found = settings_of(identity(connection="svc", role="R"), "svc", {"SNOWFLAKE_HOME": str(home)})
    assert (found.user, found.password, found.role) == ("SVC", Secret("of the file"), "R")
    with pytest.raises(ConnectionFailedError, match="no connection other"):
        settings_of(identity(connection="other"), "svc", {"SNOWFLAKE_HOME": str(home)})


def test_variables_under_a_prefix_and_no_others() -> None:
    environ = {
        "READER_SNOWFLAKE_ACCOUNT": "ORG-ACC",
        "READER_SNOWFLAKE_USER": "SVC",
        "READER_SNOWFLAKE_PASSWORD": "of the reader",
        "SNOWFLAKE_USER": "SOMEBODY",
        "SNOWFLAKE_ROLE": "ACCOUNTADMIN",
    }
    found = settings_of(identity(environment_prefix="READER_"), "svc", environ)
    assert (found.user, found.password, found.role) == ("SVC", Secret("of the reader"), None)


def test_a_file_that_happens_to_be_there_signs_nobody_in(tmp_path: Path) -> None:
    home = tmp_path / "snowflake"
    home.mkdir()
    private(home / "connections.toml", '[default]\naccount = "ORG-ACC"\nuser = "ME"\npassword = "mine"\n')
    with pytest.raises(UsageError, match="identity svc has nothing to sign in"):
        settings_of(identity(account="ORG-ACC"), "svc", {"SNOWFLAKE_HOME": str(home)})


def test_somebody_at_a_keyboard_is_not_there() -> None:
    with pytest.raises(UsageError, match="identity svc signs in by web browser"):
        settings_of(
            identity(account="ORG-ACC", user="ME", authenticator="externalbrowser"), "svc", {"HOME": "/nowhere"}
        )


@pytest.mark.parametrize("text", ["", "\n"])
def test_an_empty_secret_is_said_to_be_so(tmp_path: Path, text: str) -> None:
    password = private(tmp_path / "password", text)
    with pytest.raises(UsageError, match="is empty"):
        settings_of(identity(account="ORG-ACC", user="SVC", password_file=password), "svc", {})


def test_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    password = private(tmp_path / "password", "x")
    password.chmod(0o644)
    with pytest.raises(UsageError, match="password"):
        settings_of(identity(account="ORG-ACC", user="SVC", password_file=password), "svc", {})

"""The identity that `proxy init` writes: where the credentials are, and never what they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from theia_sf.errors import ConnectionFailedError, UsageError
from theia_sf.proxy.setup.identity import identity_section
from theia_sf.snowflake.keys import pem
from theia_sf.snowflake.settings import ConnectionSettings, resolve
from theia_sf.snowflake.sign_in import SignIn

ACCOUNT = {"SNOWFLAKE_ACCOUNT": "MYORG-MYACCOUNT", "SNOWFLAKE_USER": "THEIA_PROXY"}
Sections = Callable[..., tuple[dict[str, Any], ConnectionSettings]]


@pytest.fixture
def section(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sections:
    monkeypatch.chdir(tmp_path)
    home = tmp_path / "home"
    home.mkdir()

    def of(flags: SignIn | None = None, **variables: str) -> tuple[dict[str, Any], ConnectionSettings]:
        environ = {"HOME": str(home), "SNOWFLAKE_HOME": str(home), **variables}
        flags = flags or SignIn()
        return identity_section(flags, resolve(flags, environ), environ)

    return of


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "proxy.p8"
    path.write_text(pem(rsa.generate_private_key(public_exponent=65537, key_size=2048)))
    path.chmod(0o600)
    return path


def test_a_key_file_is_named_by_its_whole_path(section: Sections, key: Path) -> None:
    found, settings = section(SignIn(private_key_path="proxy.p8"), **ACCOUNT)
    assert found == {
        "account": "MYORG-MYACCOUNT",
        "user": "THEIA_PROXY",
        "authenticator": "SNOWFLAKE_JWT",
        "private_key_path": str(key),
    }
    assert settings.private_key_path == key


def test_a_token_file_too(section: Sections, tmp_path: Path) -> None:
    (tmp_path / "pat").write_text("the-token-itself")
    (tmp_path / "pat").chmod(0o600)
    found, _ = section(SNOWFLAKE_TOKEN_FILE_PATH="pat", SNOWFLAKE_AUTHENTICATOR="PROGRAMMATIC_ACCESS_TOKEN", **ACCOUNT)
    assert found["token_file_path"] == str(tmp_path / "pat")
    assert "the-token-itself" not in str(found)


@pytest.mark.parametrize(
    "secret",
    [{"SNOWFLAKE_PASSWORD": "the-secret-itself"}, {"SNOWFLAKE_TOKEN": "the-secret-itself"}],
    ids=lambda secret: next(iter(secret)),
)
def test_a_secret_in_a_variable_stays_there(section: Sections, secret: dict[str, str]) -> None:
    found, settings = section(**ACCOUNT, **secret)
    assert found == {"environment_prefix": ""}
    assert settings.user == "THEIA_PROXY"


def test_an_encrypted_key_keeps_its_passphrase_in_the_variables(section: Sections, key: Path) -> None:
    variables = {"SNOWFLAKE_PRIVATE_KEY_PATH": str(key), "SNOWFLAKE_PRIVATE_KEY_PASSPHRASE": "the-secret-itself"}
    found, _ = section(**ACCOUNT, **variables)
    assert found == {"environment_prefix": ""}


def test_what_flags_say_is_not_forgotten_beside_a_secret_in_the_variables(section: Sections, key: Path) -> None:
    """The variables are the operator's: the proxy must not sign in as them when it was told whom to be."""
    flags = SignIn(user="THEIA_PROXY", role="READER")
    variables = {"SNOWFLAKE_ACCOUNT": "MYORG-MYACCOUNT", "SNOWFLAKE_USER": "ADMIN", "SNOWFLAKE_PASSWORD": "the-secret"}
    found, settings = section(flags, **variables)
    assert found == {"environment_prefix": "", "user": "THEIA_PROXY", "role": "READER"}
    assert (settings.user, settings.role) == ("THEIA_PROXY", "READER")
    flags = SignIn(account="OTHER-ACCOUNT", private_key_path=str(key))
    found, settings = section(flags, SNOWFLAKE_USER="THEIA_PROXY", SNOWFLAKE_PRIVATE_KEY_PASSPHRASE="the-secret")
    assert found == {"environment_prefix": "", "account": "OTHER-ACCOUNT", "private_key_path": str(key)}
    assert (settings.account, settings.private_key_path) == ("OTHER-ACCOUNT", key)


def test_a_workload_identity_needs_nothing_else(section: Sections) -> None:
    found, _ = section(
        SNOWFLAKE_ACCOUNT="MYORG-MYACCOUNT",
        SNOWFLAKE_AUTHENTICATOR="WORKLOAD_IDENTITY",
        SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER="AWS",
        SNOWFLAKE_WORKLOAD_IDENTITY_IMPERSONATION_PATH="arn:aws:iam::123456789012:role/A",
    )
    assert found == {
        "account": "MYORG-MYACCOUNT",
        "authenticator": "WORKLOAD_IDENTITY",
        "workload_identity_provider": "AWS",
        "workload_identity_impersonation_path": ["arn:aws:iam::123456789012:role/A"],
    }


@pytest.mark.parametrize("named", [SignIn(connection="work"), SignIn()], ids=["named", "the default one"])
def test_a_connection_is_named(section: Sections, key: Path, tmp_path: Path, named: SignIn) -> None:
    file = tmp_path / "home" / "connections.toml"
    file.write_text(
        f'[work]\naccount = "MYORG-MYACCOUNT"\nuser = "THEIA_PROXY"\nauthenticator = "SNOWFLAKE_JWT"\n'
        f'private_key_file = "{key}"\n'
    )
    file.chmod(0o600)
    found, settings = section(named, SNOWFLAKE_DEFAULT_CONNECTION_NAME="work")
    assert found == {"account": "MYORG-MYACCOUNT", "connection": "work"}
    assert settings.user == "THEIA_PROXY"


def test_a_user_who_is_named_wins_over_that_of_the_connection(section: Sections, key: Path, tmp_path: Path) -> None:
    file = tmp_path / "home" / "connections.toml"
    file.write_text(f'[work]\naccount = "MYORG-MYACCOUNT"\nuser = "ADMIN"\nprivate_key_file = "{key}"\n')
    file.chmod(0o600)
    found, settings = section(SignIn(connection="work", user="THEIA_PROXY"))
    assert found == {"account": "MYORG-MYACCOUNT", "connection": "work", "user": "THEIA_PROXY"}
    assert settings.user == "THEIA_PROXY"


def test_where_the_account_is_goes_with_it(section: Sections, key: Path) -> None:
    where = {"SNOWFLAKE_HOST": "127.0.0.1", "SNOWFLAKE_PORT": "8085", "SNOWFLAKE_PROTOCOL": "http"}
    found, _ = section(SNOWFLAKE_PRIVATE_KEY_PATH=str(key), **ACCOUNT, **where)
    assert (found["host"], found["port"], found["protocol"]) == ("127.0.0.1", 8085, "http")


def test_who_needs_a_keyboard_is_no_identity(section: Sections) -> None:
    with pytest.raises(UsageError, match="needs somebody to be there"):
        section(SNOWFLAKE_AUTHENTICATOR="externalbrowser", **ACCOUNT)


def test_without_credentials_there_is_none(section: Sections) -> None:
    with pytest.raises(ConnectionFailedError):
        section(**ACCOUNT)

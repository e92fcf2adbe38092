from __future__ import annotations

from pathlib import Path

import pytest

from theia_sf.errors import ConnectionFailedError, UsageError
from theia_sf.snowflake.settings import SignIn, resolve

BASE = {"SNOWFLAKE_ACCOUNT": "ORG-ACCT", "SNOWFLAKE_USER": "ALICE"}


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "snowflake-home"
    folder.mkdir()
    return folder


def write(path: Path, text: str, mode: int = 0o600) -> None:
    path.write_text(text)
    path.chmod(mode)


def test_the_originals_variables_are_enough() -> None:
    found = resolve(environ={**BASE, "SNOWFLAKE_PASSWORD": "pass-word"})
    assert (found.account, found.user, found.authenticator) == ("ORG-ACCT", "ALICE", "SNOWFLAKE")
    assert found.password is not None
    assert found.password.reveal() == "pass-word"
    assert found.endpoint == "https://org-acct.snowflakecomputing.com:443"
    assert "pass-word" not in repr(found)


def test_host_port_and_protocol() -> None:
    more = {"SNOWFLAKE_HOST": "127.0.0.1", "SNOWFLAKE_PORT": "5567", "SNOWFLAKE_PROTOCOL": "http"}
    assert resolve(environ={**BASE, "SNOWFLAKE_PASSWORD": "pass-word", **more}).endpoint == "http://127.0.0.1:5567"


@pytest.mark.parametrize(
    ("more", "authenticator"),
    [
        ({"SNOWFLAKE_PRIVATE_KEY_PATH": "k.p8"}, "SNOWFLAKE_JWT"),
        ({"SNOWFLAKE_PRIVATE_KEY_PATH": "k.p8", "SNOWFLAKE_PASSWORD": "p"}, "SNOWFLAKE_JWT"),
        ({"SNOWFLAKE_PRIVATE_KEY": "PEM", "SNOWFLAKE_AUTHENTICATOR": "snowflake"}, "SNOWFLAKE_JWT"),
        ({"SNOWFLAKE_TOKEN": "t"}, "PROGRAMMATIC_ACCESS_TOKEN"),
        ({"SNOWFLAKE_TOKEN": "t", "SNOWFLAKE_AUTHENTICATOR": "pat"}, "PROGRAMMATIC_ACCESS_TOKEN"),
        ({"SNOWFLAKE_PASSWORD": "p", "SNOWFLAKE_TOKEN": "t", "SNOWFLAKE_AUTHENTICATOR": "SNOWFLAKE"}, "SNOWFLAKE"),
    ],
)
def test_the_authenticator_follows_from_what_is_given(more: dict[str, str], authenticator: str) -> None:
    assert resolve(environ={**BASE, **more}).authenticator == authenticator


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({}, "No Snowflake account is configured."),
        ({"SNOWFLAKE_ACCOUNT": "  "}, "No Snowflake account is configured."),
        ({"SNOWFLAKE_ACCOUNT": "ORG-ACCT", "SNOWFLAKE_PASSWORD": "p"}, "the user is missing"),
        (BASE, "the password is missing"),
        ({**BASE, "SNOWFLAKE_PASSWORD": ""}, "the password is missing"),
        ({**BASE, "SNOWFLAKE_AUTHENTICATOR": "SNOWFLAKE_JWT"}, "the private key is missing"),
    ],
)
def test_what_cannot_succeed_is_not_tried(environ: dict[str, str], sentence: str) -> None:
    with pytest.raises(ConnectionFailedError, match=sentence) as refused:
        resolve(environ=environ)
    assert refused.value.hint


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"SNOWFLAKE_PORT": "70000"}, "SNOWFLAKE_PORT"),
        ({"SNOWFLAKE_PORT": "https"}, "SNOWFLAKE_PORT"),
        ({"SNOWFLAKE_PROTOCOL": "ftp"}, "SNOWFLAKE_PROTOCOL"),
        ({"SNOWFLAKE_AUTHENTICATOR": "carrier-pigeon"}, "carrier-pigeon"),
        ({"SNOWFLAKE_TOKEN_FILE_PATH": "/nonexistent/token"}, "/nonexistent/token"),
        ({"SNOWFLAKE_ACCOUNT": "not an account"}, "not an account"),
    ],
)
def test_malformed_values_are_named(more: dict[str, str], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        resolve(environ={**BASE, "SNOWFLAKE_PASSWORD": "p", **more})


def test_a_named_connection(files: Path) -> None:
    write(files / "connections.toml", '[dev]\naccount = "ORG-DEV"\nuser = "BOB"\npassword = "dev-pass"\nrole = "R"\n')
    found = resolve(SignIn(connection="dev"), {"SNOWFLAKE_HOME": str(files)})
    assert (found.account, found.user, found.role) == ("ORG-DEV", "BOB", "R")
    assert found.source == f"connection dev in {files / 'connections.toml'}"


def test_a_named_connection_wins_and_takes_nothing_of_another_account(files: Path) -> None:
    write(files / "connections.toml", '[dev]\naccount = "ORG-DEV"\nuser = "BOB"\npassword = "dev-pass"\n')
    environ = {
        **BASE,
        "SNOWFLAKE_HOME": str(files),
        "SNOWFLAKE_PRIVATE_KEY_PATH": "k",
        "SNOWFLAKE_HOST": "127.0.0.1",
        "SNOWFLAKE_ROLE": "OTHER",
    }
    found = resolve(SignIn(connection="dev"), environ)
    assert (found.account, found.authenticator, found.hostname) == (
        "ORG-DEV",
        "SNOWFLAKE",
        "org-dev.snowflakecomputing.com",
    )
    assert found.role is None


def test_a_connection_without_a_secret_is_filled_for_the_same_account(files: Path) -> None:
    write(files / "connections.toml", '[dev]\naccount = "org-acct"\nuser = "BOB"\n')
    environ = {"SNOWFLAKE_ACCOUNT": "ORG-ACCT", "SNOWFLAKE_PASSWORD": "pw-env", "SNOWFLAKE_HOME": str(files)}
    found = resolve(SignIn(connection="dev"), environ)
    assert (found.user, found.authenticator) == ("BOB", "SNOWFLAKE")


def test_flags_win(files: Path) -> None:
    write(files / "connections.toml", '[dev]\naccount = "ORG-DEV"\nuser = "BOB"\npassword = "dev-pass"\nrole = "R"\n')
    found = resolve(SignIn(connection="dev", user="CAROL", role="S"), {"SNOWFLAKE_HOME": str(files)})
    assert (found.user, found.role) == ("CAROL", "S")


def test_config_toml_and_the_default_connection(files: Path) -> None:
    write(
        files / "config.toml",
        'default_connection_name = "prod"\n[connections.prod]\naccount = "ORG-PROD"\nuser = "EVE"\ntoken = "tok-1"\n',
    )
    assert resolve(environ={"SNOWFLAKE_HOME": str(files)}).account == "ORG-PROD"
    assert resolve(environ={"SNOWFLAKE_HOME": str(files), **BASE, "SNOWFLAKE_PASSWORD": "p"}).account == "ORG-ACCT"


def test_connections_toml_replaces_the_table_in_config_toml(files: Path) -> None:
    write(files / "config.toml", '[connections.old]\naccount = "ORG-OLD"\n')
    write(files / "connections.toml", '[new]\naccount = "ORG-NEW"\n')
    with pytest.raises(ConnectionFailedError, match="There is no connection old") as refused:
        resolve(SignIn(connection="old"), {"SNOWFLAKE_HOME": str(files)})
    assert refused.value.hint == "It has: new."


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_file_that_others_can_read_is_refused(files: Path, mode: int) -> None:
    write(files / "connections.toml", "[dev]\n", mode)
    with pytest.raises(UsageError, match=f"mode 0{mode:o}") as refused:
        resolve(SignIn(connection="dev"), {"SNOWFLAKE_HOME": str(files)})
    assert refused.value.hint == f"Run: chmod 0600 {files / 'connections.toml'}"


@pytest.mark.parametrize("text", ["[dev", "dev = 1", "\x00"])
def test_a_broken_file_is_one_sentence(files: Path, text: str) -> None:
    write(files / "connections.toml", text)
    with pytest.raises(UsageError):
        resolve(SignIn(connection="dev"), {"SNOWFLAKE_HOME": str(files)})


def test_a_token_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("tok-42\n")
    found = resolve(environ={**BASE, "SNOWFLAKE_TOKEN_FILE_PATH": str(tmp_path / "token")})
    assert found.authenticator == "PROGRAMMATIC_ACCESS_TOKEN"
    assert found.token is not None
    assert found.token.reveal() == "tok-42"

"""The settings of a sign-in, once it is clear where they come from (test_sources has that)."""

from __future__ import annotations

from pathlib import Path

import pytest

from theia_sf.errors import ConnectionFailedError, UsageError
from theia_sf.secret import Secret
from theia_sf.snowflake import connector_arguments
from theia_sf.snowflake.settings import resolve

BASE = {"SNOWFLAKE_ACCOUNT": "ORG-ACCT", "SNOWFLAKE_USER": "ALICE"}
OAUTH = {
    "SNOWFLAKE_OAUTH_CLIENT_ID": "grafana",
    "SNOWFLAKE_OAUTH_CLIENT_SECRET": "client-secret",
    "SNOWFLAKE_OAUTH_TOKEN_REQUEST_URL": "https://issuer/token",
}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


def test_the_originals_variables_are_enough() -> None:
    found = resolve(environ={**BASE, "SNOWFLAKE_PASSWORD": "pass-word"})
    assert (found.account, found.user, found.authenticator) == ("ORG-ACCT", "ALICE", "SNOWFLAKE")
    assert found.password == Secret("pass-word")
    assert found.endpoint == "https://org-acct.snowflakecomputing.com:443"
    assert found.source == "SNOWFLAKE_* variables"
    assert "pass-word" not in repr(found)


def test_host_port_and_protocol() -> None:
    more = {"SNOWFLAKE_HOST": "127.0.0.1", "SNOWFLAKE_PORT": "5567", "SNOWFLAKE_PROTOCOL": "http"}
    assert resolve(environ={**BASE, "SNOWFLAKE_PASSWORD": "pass-word", **more}).endpoint == "http://127.0.0.1:5567"


@pytest.mark.parametrize(
    ("more", "authenticator"),
    [
        ({"SNOWFLAKE_PRIVATE_KEY_PATH": "k.p8"}, "SNOWFLAKE_JWT"),
        ({"SNOWFLAKE_PRIVATE_KEY_PATH": "k.p8", "SNOWFLAKE_PASSWORD": "p"}, "SNOWFLAKE_JWT"),
        ({"SNOWFLAKE_PRIVATE_KEY_RAW": "PEM", "SNOWFLAKE_TOKEN": "t"}, "SNOWFLAKE_JWT"),
        ({"SNOWFLAKE_PRIVATE_KEY": "PEM", "SNOWFLAKE_AUTHENTICATOR": "snowflake"}, "SNOWFLAKE_JWT"),
        ({"SNOWFLAKE_TOKEN": "t"}, "PROGRAMMATIC_ACCESS_TOKEN"),
        ({"SNOWFLAKE_TOKEN": "t", "SNOWFLAKE_AUTHENTICATOR": "pat"}, "PROGRAMMATIC_ACCESS_TOKEN"),
        ({"SNOWFLAKE_TOKEN": "t", "SNOWFLAKE_AUTHENTICATOR": "OAuth"}, "OAUTH"),
        (OAUTH, "OAUTH_CLIENT_CREDENTIALS"),
        ({**OAUTH, "SNOWFLAKE_PASSWORD": "p"}, "OAUTH_CLIENT_CREDENTIALS"),
        ({"SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER": "aws"}, "WORKLOAD_IDENTITY"),
        ({"SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER": "AWS", "SNOWFLAKE_PRIVATE_KEY": "PEM"}, "WORKLOAD_IDENTITY"),
        ({"SNOWFLAKE_AUTHENTICATOR": "workload_identity"}, "WORKLOAD_IDENTITY"),
        ({"SNOWFLAKE_AUTHENTICATOR": "externalbrowser", "SNOWFLAKE_PASSWORD": "p"}, "EXTERNALBROWSER"),
        ({"SNOWFLAKE_PASSWORD": "p", "SNOWFLAKE_PASSCODE": "123456"}, "USERNAME_PASSWORD_MFA"),
        ({"SNOWFLAKE_PASSWORD": "p", "SNOWFLAKE_AUTHENTICATOR": "username_password_mfa"}, "USERNAME_PASSWORD_MFA"),
        (
            {"SNOWFLAKE_PASSWORD": "p", "SNOWFLAKE_PASSCODE": "123456", "SNOWFLAKE_AUTHENTICATOR": "SNOWFLAKE"},
            "USERNAME_PASSWORD_MFA",
        ),
        ({"SNOWFLAKE_PASSWORD": "p", "SNOWFLAKE_TOKEN": "t", "SNOWFLAKE_AUTHENTICATOR": "SNOWFLAKE"}, "SNOWFLAKE"),
    ],
)
def test_the_authenticator_follows_from_what_is_given(more: dict[str, str], authenticator: str) -> None:
    assert resolve(environ={**BASE, **more}).authenticator == authenticator


@pytest.mark.parametrize(
    "more",
    [
        {"SNOWFLAKE_TOKEN": "t"},
        {"SNOWFLAKE_TOKEN": "t", "SNOWFLAKE_AUTHENTICATOR": "OAUTH"},
        OAUTH,
        {"SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER": "AWS"},
    ],
)
def test_credentials_that_say_who_it_is_need_no_user(more: dict[str, str]) -> None:
    assert resolve(environ={"SNOWFLAKE_ACCOUNT": "ORG-ACCT", **more}).user == ""


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({}, "No Snowflake account is configured."),
        ({"SNOWFLAKE_ACCOUNT": "  "}, "No Snowflake account is configured."),
        ({"SNOWFLAKE_ACCOUNT": "ORG-ACCT", "SNOWFLAKE_PASSWORD": "p"}, "the user is missing"),
        (BASE, "There is nothing to sign in to Snowflake with"),
        ({**BASE, "SNOWFLAKE_PASSWORD": ""}, "There is nothing to sign in to Snowflake with"),
        ({**BASE, "SNOWFLAKE_AUTHENTICATOR": "SNOWFLAKE_JWT"}, "the private key is missing"),
        ({**BASE, "SNOWFLAKE_AUTHENTICATOR": "OAUTH"}, "the token is missing"),
        ({**BASE, **OAUTH, "SNOWFLAKE_AUTHENTICATOR": "username_password_mfa"}, "the password is missing"),
        (
            {**BASE, "SNOWFLAKE_AUTHENTICATOR": "OAUTH_CLIENT_CREDENTIALS", "SNOWFLAKE_OAUTH_CLIENT_ID": "x"},
            "the OAuth client secret is missing",
        ),
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
        ({"SNOWFLAKE_AUTHENTICATOR": "oauth", "SNOWFLAKE_TOKEN_FILE_PATH": "/nonexistent/token"}, "/nonexistent/token"),
        ({"SNOWFLAKE_ACCOUNT": "not an account"}, "not an account"),
        ({"SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER": "GCP"}, "of AWS and OIDC, not of 'GCP'"),
        (
            {
                "SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER": "AWS",
                "SNOWFLAKE_WORKLOAD_IDENTITY_AWS_USE_OUTBOUND_TOKEN": "maybe",
            },
            "SNOWFLAKE_WORKLOAD_IDENTITY_AWS_USE_OUTBOUND_TOKEN must be true or false",
        ),
    ],
)
def test_malformed_values_are_named(more: dict[str, str], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence) as refused:
        resolve(environ={**BASE, "SNOWFLAKE_PASSWORD": "p", **more})
    assert refused.value.hint


def test_a_token_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("tok-42\n")
    (tmp_path / "token").chmod(0o600)
    found = resolve(environ={**BASE, "SNOWFLAKE_TOKEN_FILE_PATH": str(tmp_path / "token")})
    assert found.authenticator == "PROGRAMMATIC_ACCESS_TOKEN"
    assert found.token == Secret("tok-42")


@pytest.mark.parametrize(("content", "mode", "sentence"), [("t", 0o644, "mode 0644"), (" \n", 0o600, "is empty")])
def test_a_token_file_that_will_not_do(tmp_path: Path, content: str, mode: int, sentence: str) -> None:
    path = tmp_path / "token"
    path.write_text(content)
    path.chmod(mode)
    with pytest.raises(UsageError, match=sentence) as refused:
        resolve(environ={**BASE, "SNOWFLAKE_TOKEN_FILE_PATH": str(path)})
    assert refused.value.hint


def test_the_platforms_own_token_file_may_be_open_to_others(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("tok-43")
    (tmp_path / "token").chmod(0o644)
    more = {"SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER": "oidc", "SNOWFLAKE_TOKEN_FILE_PATH": str(tmp_path / "token")}
    found = resolve(environ={"SNOWFLAKE_ACCOUNT": "ORG-ACCT", **more})
    assert (found.workload_identity_provider, found.token) == ("OIDC", Secret("tok-43"))


def test_a_workload_of_aws() -> None:
    first, last = "arn:aws:iam::123456789012:role/first", "arn:aws:iam::123456789012:role/path/last"
    more = {
        "SNOWFLAKE_AUTHENTICATOR": "WORKLOAD_IDENTITY",
        "SNOWFLAKE_WORKLOAD_IDENTITY_IMPERSONATION_PATH": f"{first}, {last}",
        "SNOWFLAKE_ENABLE_AWS_WIF_OUTBOUND_TOKEN": "true",
    }
    found = resolve(environ={"SNOWFLAKE_ACCOUNT": "ORG-ACCT", **more})
    assert found.workload_identity_provider == "AWS"
    assert found.workload_identity_impersonation_path == (first, last)
    assert found.workload_identity_aws_use_outbound_token


@pytest.mark.parametrize("token", ["eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJYIn0.c2lnbmF0dXJl", "v02-" + 20 * "Ab9_"])
def test_a_token_in_the_place_of_its_path_is_not_repeated(token: str) -> None:
    with pytest.raises(UsageError, match="The path of the token file holds the token itself") as refused:
        resolve(environ={**BASE, "SNOWFLAKE_TOKEN_FILE_PATH": token})
    assert refused.value.hint == "Put it into SNOWFLAKE_TOKEN, and unset SNOWFLAKE_TOKEN_FILE_PATH."


def test_white_space_around_a_token_is_no_part_of_it() -> None:
    token = resolve(environ={**BASE, "SNOWFLAKE_TOKEN": " the-token\n"}).token
    assert token is not None
    assert token.reveal() == "the-token"


def test_a_way_over_roles_is_checked_before_anybody_is_asked() -> None:
    more = {
        "SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER": "AWS",
        "SNOWFLAKE_WORKLOAD_IDENTITY_IMPERSONATION_PATH": "arn:aws:iam::123456789012:role/a, reader",
    }
    with pytest.raises(UsageError, match="'reader' in SNOWFLAKE_WORKLOAD_IDENTITY_IMPERSONATION_PATH"):
        connector_arguments.workload_identity(resolve(environ={**BASE, **more}))


def test_a_workloads_missing_token_is_a_failed_sign_in() -> None:
    with pytest.raises(ConnectionFailedError, match="the token is missing"):
        connector_arguments.workload_identity(resolve(environ={**BASE, "SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER": "OIDC"}))

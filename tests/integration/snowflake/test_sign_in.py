"""Each way to sign in, as the commands do it: from variables, once, and told by `doctor --snowflake`."""

from __future__ import annotations

import json
import os
import threading
import urllib.request
import webbrowser
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.integration.conftest import Sandbox
from theia_sf.cli import main
from theia_sf.errors import TheiaError
from theia_sf.sandbox import credentials
from theia_sf.secret import Secret
from theia_sf.snowflake import keys
from theia_sf.snowflake.connect import session
from theia_sf.snowflake.public_keys import public_text
from theia_sf.snowflake.query import execute, fetch_all, fetch_records
from theia_sf.snowflake.settings import ConnectionSettings, SignIn, resolve

USER = "WAYS_IN"
OTHER = "WAYS_IN_OTHER"
METHODS = {
    "access-token": "PROGRAMMATIC_ACCESS_TOKEN",
    "oauth": "OAUTH",
    "oauth-client": "OAUTH_CLIENT_CREDENTIALS",
    "oidc": "WORKLOAD_IDENTITY",
    "mfa": "USERNAME_PASSWORD_MFA",
    "browser": "EXTERNALBROWSER",
}
Variables = Callable[..., None]


@pytest.fixture(scope="module")
def admin(sandbox: Sandbox) -> Iterator[Any]:
    """The administrator's session, with a warehouse to read the login history with."""
    given = dict(sandbox.snowflake)
    settings = ConnectionSettings(
        account=given["account"],
        user=given["user"],
        authenticator="SNOWFLAKE",
        password=Secret(given["password"]),
        role=given["role"],
        host=given["host"],
        port=given["port"],
        protocol="http",
    )
    with session(settings) as connection:
        execute(connection, "CREATE WAREHOUSE IF NOT EXISTS WAYS_IN_LOOKS")
        execute(connection, "USE WAREHOUSE WAYS_IN_LOOKS")
        yield connection
        execute(connection, "DROP WAREHOUSE WAYS_IN_LOOKS")


@pytest.fixture(autouse=True)
def users(admin: Any) -> Iterator[None]:
    yield
    for user in (USER, OTHER):
        execute(admin, f"DROP USER IF EXISTS {user}")


@pytest.fixture
def sign_in_by(sandbox_env: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Variables:
    """Return a function that leaves in the environment what one way to sign in needs, and nothing else of that kind."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(webbrowser, "open_new", browse)
    kept = {"SNOWFLAKE_ACCOUNT", "SNOWFLAKE_HOST", "SNOWFLAKE_PORT", "SNOWFLAKE_PROTOCOL"}
    kept.add("SNOWFLAKE_WIF_ALLOWED_HOST_SUFFIXES")

    def change(variables: dict[str, str]) -> None:
        for name in [name for name in os.environ if name.startswith("SNOWFLAKE_") and name not in kept]:
            monkeypatch.delenv(name)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return change


def browse(url: str) -> bool:
    """Be the browser: follow where the page leads, while the connector waits for it."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    threading.Thread(target=lambda: opener.open(url).close(), daemon=True).start()
    return True


def who() -> str:
    with session(resolve()) as connection:
        ((user,),) = fetch_all(connection, "SELECT CURRENT_USER()")
    return str(user)


def attempts(admin: Any) -> int:
    ((count,),) = fetch_all(admin, "SELECT COUNT(*) FROM SNOWFLAKE.ACCOUNT_USAGE.LOGIN_HISTORY")
    return int(count)


def refusal(admin: Any, expected: int = 1) -> TheiaError:
    """Sign in, and return why that was refused; one attempt reached Snowflake."""
    before = attempts(admin)
    with pytest.raises(TheiaError) as refused, session(resolve()):
        pass
    assert attempts(admin) - before == expected
    assert refused.value.hint
    assert "\n" not in refused.value.message
    return refused.value


def doctor(capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, dict[str, str]]]:
    capsys.readouterr()
    code = main.run(["doctor", "--snowflake", "--output", "json"])
    return code, {row["check"]: row for row in json.loads(capsys.readouterr().out)}


@pytest.mark.parametrize("method", METHODS)
def test_it_connects(
    sandbox: Sandbox, sign_in_by: Variables, method: str, capsys: pytest.CaptureFixture[str], admin: Any
) -> None:
    sign_in_by(credentials.request(sandbox.state, method, USER))
    assert resolve().authenticator == METHODS[method]
    before = attempts(admin)
    code, found = doctor(capsys)
    assert code == 0, found
    assert attempts(admin) - before == 1
    assert found["Authenticator"]["detail"].startswith(METHODS[method])
    assert found["Source"]["detail"] == "SNOWFLAKE_* variables"
    assert found["Account"]["detail"] == f"THEIA-SANDBOX, at http://127.0.0.1:{sandbox.ports.snowflake}"
    assert found["Signed in"]["detail"].startswith(f"as {USER} to THEIA-SANDBOX")
    assert "granted: " in found["Roles"]["detail"]
    if method in {"oauth", "oidc"}:
        assert found["Token"]["detail"].startswith("good until ")


@pytest.mark.parametrize(
    ("method", "wrong", "sentence"),
    [
        ("access-token", {"SNOWFLAKE_TOKEN": "not-the-token"}, "refused the access token of WAYS_IN"),
        ("oauth", {"SNOWFLAKE_TOKEN": "not.the.token"}, "refused the OAuth token of WAYS_IN"),
        ("mfa", {"SNOWFLAKE_PASSCODE": "000000"}, "refused the passcode of WAYS_IN"),
        ("mfa", {"SNOWFLAKE_PASSWORD": "not-the-password"}, "refused the user name or password of WAYS_IN"),
    ],
)
def test_a_wrong_secret(
    sandbox: Sandbox, sign_in_by: Variables, admin: Any, method: str, wrong: dict[str, str], sentence: str
) -> None:
    sign_in_by(credentials.request(sandbox.state, method, USER) | wrong)
    refused = refusal(admin)
    assert sentence in refused.message
    assert not any(value in f"{refused.message} {refused.hint}" for value in wrong.values())


@pytest.mark.parametrize(
    ("method", "sentence"),
    [
        ("access-token", "refused the access token of WAYS_IN at THEIA-SANDBOX: invalid, expired, revoked, disabled"),
        ("oauth", "The OAuth token of WAYS_IN has expired."),
        ("oidc", "it has expired"),
    ],
)
def test_an_expired_token(
    sandbox: Sandbox,
    sign_in_by: Variables,
    admin: Any,
    method: str,
    sentence: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    sign_in_by(credentials.request(sandbox.state, method, USER, expired=True))
    assert sentence in refusal(admin).message
    code, found = doctor(capsys)
    assert code == 3
    if method != "access-token":
        assert found["Token"]["verdict"] == "failed"
        assert found["Token"]["detail"].startswith("it ended at ")


@pytest.mark.parametrize("method", ["access-token", "oauth", "mfa"])
def test_the_wrong_user(sandbox: Sandbox, sign_in_by: Variables, admin: Any, method: str) -> None:
    credentials.request(sandbox.state, method, OTHER)
    sign_in_by(credentials.request(sandbox.state, method, USER) | {"SNOWFLAKE_USER": OTHER})
    assert OTHER in refusal(admin).message


def test_a_client_that_the_issuer_does_not_know(sandbox: Sandbox, sign_in_by: Variables, admin: Any) -> None:
    made = credentials.request(sandbox.state, "oauth-client", USER)
    sign_in_by(made | {"SNOWFLAKE_OAUTH_CLIENT_SECRET": "not-the-secret"})
    refused = refusal(admin, expected=0)
    assert "gave no token to the client" in refused.message
    assert "not-the-secret" not in refused.message


def test_a_password_without_the_passcode_that_it_takes(sandbox: Sandbox, sign_in_by: Variables, admin: Any) -> None:
    made = credentials.request(sandbox.state, "mfa", USER)
    sign_in_by({name: value for name, value in made.items() if name != "SNOWFLAKE_PASSCODE"})
    assert "wants multi-factor authentication for WAYS_IN" in refusal(admin).message


def test_a_used_passcode(sandbox: Sandbox, sign_in_by: Variables, admin: Any) -> None:
    sign_in_by(credentials.request(sandbox.state, "mfa", USER))
    assert who() == USER
    assert "it is wrong, or was used before" in refusal(admin).message


def test_a_key_pair_its_slot_and_its_revocation(
    sign_in_by: Variables, admin: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = rsa.generate_private_key(65537, 2048)
    path = tmp_path / "key.p8"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    path.chmod(0o600)
    public = public_text(key.public_key())
    execute(admin, f"CREATE USER {USER} TYPE = SERVICE RSA_PUBLIC_KEY_2 = '{public}'")
    sign_in_by({"SNOWFLAKE_USER": USER, "SNOWFLAKE_PRIVATE_KEY_PATH": str(path)})
    code, found = doctor(capsys)
    assert code == 0, found
    assert found["Key"]["detail"].startswith(keys.fingerprint(key))
    assert found["Key in Snowflake"]["detail"].startswith(f"RSA_PUBLIC_KEY_2 of {USER}")
    execute(admin, f"ALTER USER {USER} UNSET RSA_PUBLIC_KEY_2")
    refused = refusal(admin)
    assert refused.message == f"Snowflake does not have the public key of this private key for {USER}."
    assert str(refused.hint).startswith(f"{keys.fingerprint(key)} must be RSA_PUBLIC_KEY_FP")
    code, found = doctor(capsys)
    assert (code, found["Snowflake sign-in"]["verdict"]) == (3, "failed")


def test_a_disabled_user(sandbox: Sandbox, sign_in_by: Variables, admin: Any) -> None:
    sign_in_by(credentials.request(sandbox.state, "oauth", USER))
    execute(admin, f"ALTER USER {USER} SET DISABLED = TRUE")
    assert USER in refusal(admin).message


def test_a_revoked_access_token(sandbox: Sandbox, sign_in_by: Variables, admin: Any) -> None:
    sign_in_by(credentials.request(sandbox.state, "access-token", USER))
    for row in fetch_records(admin, f"SHOW USER PROGRAMMATIC ACCESS TOKENS FOR USER {USER}"):
        execute(admin, f"ALTER USER {USER} REMOVE PROGRAMMATIC ACCESS TOKEN {row['name']}")
    assert "invalid, expired, revoked, disabled" in refusal(admin).message


@pytest.fixture
def role(sandbox_env: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Be a role such as Lambda's console makes; returns its ARN."""
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}
    iam = sandbox_env.aws.client("iam")
    document = json.dumps({"Version": "2012-10-17", **trust})
    made = iam.create_role(RoleName="ways-in", AssumeRolePolicyDocument=document)["Role"]
    last = iam.create_role(RoleName="ways-in-last", AssumeRolePolicyDocument=document)["Role"]
    given = sandbox_env.aws.client("sts").assume_role(RoleArn=made["Arn"], RoleSessionName="function")["Credentials"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", given["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", given["SecretAccessKey"])
    monkeypatch.setenv("AWS_SESSION_TOKEN", given["SessionToken"])
    yield made["Arn"]
    for name in (made["RoleName"], last["RoleName"]):
        iam.delete_role(RoleName=name)


def test_a_workload_of_aws(sign_in_by: Variables, admin: Any, role: str, capsys: pytest.CaptureFixture[str]) -> None:
    sign_in_by({"SNOWFLAKE_AUTHENTICATOR": "WORKLOAD_IDENTITY"})
    refused = refusal(admin)
    assert "theia-sf workload-identity check" in str(refused.hint)
    execute(admin, f"CREATE USER {USER} TYPE = SERVICE WORKLOAD_IDENTITY = (TYPE = AWS ARN = '{role}')")
    code, found = doctor(capsys)
    assert code == 0, found
    assert "assumed-role/ways-in/function" in found["Workload"]["detail"]
    assert f"which Snowflake knows as {role}" in found["Workload"]["detail"]
    assert found["Signed in"]["detail"].startswith(f"as {USER} ")


def test_a_workload_of_aws_by_way_of_another_role(sign_in_by: Variables, admin: Any, role: str) -> None:
    last = f"{role}-last"
    execute(admin, f"CREATE USER {USER} TYPE = SERVICE WORKLOAD_IDENTITY = (TYPE = AWS ARN = '{last}')")
    settings = {"SNOWFLAKE_AUTHENTICATOR": "WORKLOAD_IDENTITY"}
    sign_in_by(settings | {"SNOWFLAKE_WORKLOAD_IDENTITY_IMPERSONATION_PATH": last})
    assert who() == USER
    sign_in_by(settings | {"SNOWFLAKE_WORKLOAD_IDENTITY_IMPERSONATION_PATH": f"{role}-none"})
    assert "prove this workload's identity to Snowflake" in refusal(admin, expected=0).message


def test_from_aws_secrets_manager(
    sandbox_env: Sandbox, sandbox: Sandbox, sign_in_by: Variables, capsys: pytest.CaptureFixture[str]
) -> None:
    made = credentials.request(sandbox.state, "access-token", USER)
    sign_in_by({})
    manager = sandbox_env.aws.client("secretsmanager")
    secret = {name.removeprefix("SNOWFLAKE_").lower(): value for name, value in made.items()}
    arn = manager.create_secret(Name="ways-in", SecretString=json.dumps(secret | {"account": "theia-sandbox"}))["ARN"]
    try:
        for secret_id in ("ways-in", arn):
            settings = resolve(SignIn(secret_id=secret_id))
            assert (settings.user, settings.authenticator) == (USER, "PROGRAMMATIC_ACCESS_TOKEN")
            with session(replace(settings, role=None)):
                pass
        assert main.run(["doctor", "--snowflake", "--secret-id", "ways-in-no-more"]) == 1
        assert "There is no secret ways-in-no-more in AWS Secrets Manager in" in capsys.readouterr().out
        assert main.run(["doctor", "--snowflake", "--secret-id", "ways-in"]) == 0
        out = capsys.readouterr().out
        assert "credentials from the secret ways-in in AWS Secrets Manager" in out
        assert made["SNOWFLAKE_TOKEN"] not in out
    finally:
        manager.delete_secret(SecretId="ways-in", ForceDeleteWithoutRecovery=True)

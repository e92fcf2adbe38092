"""`workload-identity check`, as a role with a path, a user and nobody, against the sandbox's AWS and Snowflake."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
import snowflake.connector
from snowflake.connector.errors import DatabaseError

from tests.integration.conftest import Sandbox
from tests.integration.identity.conftest import Admin

Run = Callable[..., tuple[int, str, str]]
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
}


@pytest.fixture
def role(sandbox_env: Sandbox, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """Be a role such as Lambda's console makes, with a path; returns its ARN."""
    name = f"function-{request.node.name}"[:60].replace("[", "-").replace("]", "")
    made = sandbox_env.aws.client("iam").create_role(
        Path="/service-role/", RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST)
    )["Role"]
    keys = sandbox_env.aws.client("sts").assume_role(RoleArn=made["Arn"], RoleSessionName="function")["Credentials"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys["SecretAccessKey"])
    monkeypatch.setenv("AWS_SESSION_TOKEN", keys["SessionToken"])
    return made["Arn"]


def sign_in(sandbox: Sandbox) -> str:
    """Sign in with the connector alone, as the function of the article does."""
    where = {name: sandbox.snowflake[name] for name in ("account", "host", "port", "protocol")}
    with snowflake.connector.connect(
        authenticator="WORKLOAD_IDENTITY",
        workload_identity_provider="AWS",
        platform_detection_timeout_seconds=0.0,
        **where,
    ) as connection:
        return connection.cursor().execute("SELECT CURRENT_USER()").fetchone()[0]


def test_the_path_in_the_arn(
    admin: Admin, theia_sf: Run, sandbox_env: Sandbox, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = role.replace("service-role/", "")
    user = admin.user(f"TYPE = SERVICE DEFAULT_ROLE = PUBLIC WORKLOAD_IDENTITY = (TYPE = AWS ARN = '{role}')")
    with pytest.raises(DatabaseError, match="Unable to find an associated Snowflake user for the verified AWS Caller"):
        sign_in(sandbox_env)

    # As in the function, whose variables say how it signs in; those of an administrator are there besides.
    monkeypatch.setenv("SNOWFLAKE_AUTHENTICATOR", "WORKLOAD_IDENTITY")
    monkeypatch.setenv("SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER", "AWS")
    code, out, err = theia_sf("workload-identity", "check", "-o", "json")
    found = json.loads(out)
    assert code == 1, err
    assert (found["role_arn"], found["user"]) == (plain, None)
    assert found["caller_arn"].startswith("arn:aws:sts::")
    assert user in found["fault"]
    assert "service-role is the path of a role" in found["fault"]
    assert found["statement"] == f"ALTER USER \"{user}\" SET WORKLOAD_IDENTITY = (TYPE = AWS ARN = '{plain}');"

    monkeypatch.delenv("SNOWFLAKE_AUTHENTICATOR")
    monkeypatch.delenv("SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER")
    command = found["command"].split()
    assert command[0] == "theia-sf"
    assert theia_sf(*command[1:])[0] == 0
    assert sign_in(sandbox_env) == user
    code, out, _ = theia_sf("workload-identity", "check")
    assert (code, f"Snowflake user:  {user}" in out) == (0, True)


def test_nobody_and_no_other_sign_in(admin: Admin, theia_sf: Run, role: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SNOWFLAKE_USER", "SNOWFLAKE_PASSWORD", "SNOWFLAKE_ROLE"):
        monkeypatch.delenv(name)
    code, out, err = theia_sf("workload-identity", "check", "-o", "json")
    assert code == 1, err
    statement = json.loads(out)["statement"]
    user = statement.split('"')[1]
    admin.made.append(f'"{user}"')
    admin.run(statement.rstrip(";"))
    code, out, _ = theia_sf("workload-identity", "check", "-o", "json")
    assert (code, json.loads(out)["user"]) == (0, user)


def test_impersonation(admin: Admin, theia_sf: Run, role: str, sandbox_env: Sandbox) -> None:
    last = sandbox_env.aws.client("iam").create_role(
        RoleName="shared-reader", AssumeRolePolicyDocument=json.dumps(TRUST)
    )["Role"]["Arn"]
    user = admin.user(f"TYPE = SERVICE WORKLOAD_IDENTITY = (TYPE = AWS ARN = '{last}')")
    code, out, err = theia_sf("workload-identity", "check", "--impersonation-path", last, "-o", "json")
    found = json.loads(out)
    assert (code, found["user"], found["role_arn"]) == (0, user, last), err
    assert "assumed-role/function-" in found["caller_arn"]


def test_by_token(
    admin: Admin, theia_sf: Run, sandbox_env: Sandbox, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Snowflake takes an account's tokens only from a user that has the account's issuer."""
    iam = sandbox_env.aws.client("iam")
    issuer = iam.enable_outbound_web_identity_federation()["IssuerIdentifier"]
    try:
        monkeypatch.setenv("SNOWFLAKE_ENABLE_AWS_WIF_OUTBOUND_TOKEN", "true")
        plain = role.replace("service-role/", "")
        user = admin.user(f"TYPE = SERVICE WORKLOAD_IDENTITY = (TYPE = AWS ARN = '{plain}')")
        code, out, err = theia_sf("workload-identity", "check", "-o", "json")
        assert code == 1, err
        found = json.loads(out)
        assert issuer in found["fault"]
        assert theia_sf(*found["command"].split()[1:])[0] == 0
        code, out, err = theia_sf("workload-identity", "check", "-o", "json")
        assert (code, json.loads(out)["user"]) == (0, user), err
    finally:
        iam.disable_outbound_web_identity_federation()


def test_a_user_is_no_role(admin: Admin, theia_sf: Run) -> None:
    code, out, err = theia_sf("workload-identity", "check", "-o", "json")
    found = json.loads(out)
    assert (code, found["user"], found["role_arn"]) == (1, None, None), err
    assert "not a role" in found["fault"]


def test_no_snowflake(theia_sf: Run, role: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNOWFLAKE_PORT", "1")
    monkeypatch.setattr("theia_sf.snowflake.connect.LOGIN_TIMEOUT", 1)
    assert theia_sf("workload-identity", "check")[0] == 3

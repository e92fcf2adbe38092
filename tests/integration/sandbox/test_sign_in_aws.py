"""WORKLOAD_IDENTITY with AWS: a role signs in as the service user that it belongs to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
import snowflake.connector
from snowflake.connector.errors import DatabaseError

ROLE = "wif-reader-role-lo7dzts3"
NOT_FOUND = "Unable to find an associated Snowflake user for the verified AWS Caller Identity."
ENABLE = "EnableOutboundWebIdentityFederation"

Connect = Callable[..., Any]


@pytest.fixture(scope="module")
def role(sandbox: Any) -> Iterator[str]:
    """The ARN, with its path, of a role that the user's account trusts."""
    iam = sandbox.aws.client("iam")
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": sandbox.aws.account_id}},
        ],
    }
    made = iam.create_role(RoleName=ROLE, Path="/service-role/", AssumeRolePolicyDocument=json.dumps(trust))
    yield made["Role"]["Arn"]
    iam.delete_role(RoleName=ROLE)


@pytest.fixture
def admin(sandbox: Any) -> Iterator[Any]:
    with closing(snowflake.connector.connect(**sandbox.snowflake)) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE WAREHOUSE IF NOT EXISTS WIF_LOOKS")
        cursor.execute("USE WAREHOUSE WIF_LOOKS")
        yield cursor
        for user in ("WIF_ONE", "WIF_TWO"):
            cursor.execute(f"DROP USER IF EXISTS {user}")
        cursor.execute("DROP WAREHOUSE WIF_LOOKS")


@pytest.fixture
def connect(sandbox_env: Any, monkeypatch: pytest.MonkeyPatch, role: str) -> Connect:
    """Signs in with the credentials of the role's session, as a Lambda function does."""
    session = sandbox_env.aws.client("sts").assume_role(RoleArn=role, RoleSessionName="fn")["Credentials"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", session["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", session["SecretAccessKey"])
    monkeypatch.setenv("AWS_SESSION_TOKEN", session["SessionToken"])
    settings = {key: sandbox_env.snowflake[key] for key in ("account", "host", "port", "protocol")}

    def open_connection(**changes: Any) -> Any:
        return snowflake.connector.connect(
            **settings,
            authenticator="WORKLOAD_IDENTITY",
            **{"workload_identity_provider": "AWS", "login_timeout": 10, **changes},
        )

    return open_connection


def create(admin: Any, user: str, arn: str, more: str = "") -> None:
    identity = f"TYPE = AWS ARN = '{arn}' {more}"
    admin.execute(f"CREATE USER {user} TYPE = SERVICE DEFAULT_ROLE = PUBLIC WORKLOAD_IDENTITY = ({identity})")


def attempts(admin: Any) -> list[tuple[Any, ...]]:
    admin.execute(
        "SELECT USER_NAME, IS_SUCCESS, ERROR_MESSAGE "
        "FROM TABLE(INFORMATION_SCHEMA.LOGIN_HISTORY(RESULT_LIMIT => 10000)) "
        "WHERE FIRST_AUTHENTICATION_FACTOR = 'WORKLOAD_IDENTITY' ORDER BY EVENT_ID"
    )
    return admin.fetchall()


def test_the_path_of_a_role_leads_to_nobody_until_it_is_taken_away(admin: Any, connect: Connect, role: str):
    before = len(attempts(admin))
    create(admin, "WIF_ONE", role)
    with pytest.raises(DatabaseError, match=NOT_FOUND) as caught:
        connect()
    assert caught.value.msg is not None
    assert caught.value.msg.startswith("250001 (08001): Failed to connect to DB")
    with pytest.raises(DatabaseError, match="and IAM role 'service-role' already exists in this Snowflake account"):
        create(admin, "WIF_TWO", role)
    create(admin, "WIF_TWO", role.replace("service-role/", ""))
    with closing(connect()) as connection:
        assert connection.cursor().execute("SELECT CURRENT_USER()").fetchall() == [("WIF_TWO",)]
    assert attempts(admin)[before:] == [
        (None, "NO", "WORKLOAD_IDENTITY_USER_NOT_FOUND"),
        ("WIF_TWO", "YES", None),
    ]


def test_refusals_are_final(admin: Any, connect: Connect, role: str, monkeypatch: pytest.MonkeyPatch):
    create(admin, "WIF_ONE", role.replace("service-role/", ""))
    connect(user="WIF_ONE").close()
    before = len(attempts(admin))
    with pytest.raises(DatabaseError, match="differs from the user of the workload identity"):
        connect(user="THEIA")
    admin.execute("ALTER USER WIF_ONE SET DISABLED = TRUE")
    with pytest.raises(DatabaseError, match="User access disabled"):
        connect()
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x" * 40)
    with pytest.raises(DatabaseError, match="could not be verified: the signature does not match"):
        connect()
    monkeypatch.setenv("AWS_SESSION_TOKEN", "another")
    with pytest.raises(DatabaseError, match="the security token included in the request is invalid"):
        connect()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIANOBODY")
    with pytest.raises(DatabaseError, match="the security token included in the request is invalid"):
        connect()
    assert len(attempts(admin)) == before + 5


def test_iam_users_and_impersonated_roles(admin: Any, connect: Connect, sandbox: Any, role: str, monkeypatch: Any):
    own = sandbox.env
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", own["AWS_ACCESS_KEY_ID"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", own["AWS_SECRET_ACCESS_KEY"])
    monkeypatch.delenv("AWS_SESSION_TOKEN")
    create(admin, "WIF_ONE", f"arn:aws:iam::{sandbox.aws.account_id}:user/theia")
    with closing(connect()) as connection:
        assert connection.cursor().execute("SELECT CURRENT_USER()").fetchall() == [("WIF_ONE",)]
    create(admin, "WIF_TWO", role.replace("service-role/", ""))
    with closing(connect(workload_identity_impersonation_path=[role])) as connection:
        assert connection.cursor().execute("SELECT CURRENT_USER()").fetchall() == [("WIF_TWO",)]


def test_outbound_tokens_need_the_issuer(admin: Any, connect: Connect, sandbox: Any, role: str):
    issuer = sandbox.aws.client("iam").enable_outbound_web_identity_federation()["IssuerIdentifier"]
    stripped = role.replace("service-role/", "")
    create(admin, "WIF_ONE", stripped)
    with pytest.raises(DatabaseError, match="Unable to find an associated Snowflake user for the verified AWS JWT"):
        connect(workload_identity_aws_use_outbound_token=True)
    admin.execute(f"ALTER USER WIF_ONE SET WORKLOAD_IDENTITY = (TYPE = AWS ARN = '{stripped}' ISSUER = '{issuer}')")
    with closing(connect(workload_identity_aws_use_outbound_token=True)) as connection:
        assert connection.cursor().execute("SELECT CURRENT_USER()").fetchall() == [("WIF_ONE",)]
    connect().close()

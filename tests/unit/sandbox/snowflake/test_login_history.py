"""What the account tells about attempts to sign in, and about credentials."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from theia_sf.sandbox.snowflake.account import Account
from theia_sf.sandbox.snowflake.errors import SnowflakeError
from theia_sf.sandbox.snowflake.login import open_signed_in

CLIENT = {"CLIENT_APP_ID": "PythonConnector", "CLIENT_APP_VERSION": "4.8.1"}


@pytest.fixture(autouse=True)
def warehouse(run: Any) -> None:
    run("CREATE WAREHOUSE W", "USE WAREHOUSE W")


def attempt(account: Account, **data: str) -> None:
    open_signed_in(account, {**CLIENT, **data}, {}, "10.0.0.9").close()


def test_attempts_are_recorded_in_function_and_view(run: Any, account: Account):
    attempt(account, LOGIN_NAME="theia", PASSWORD="pw")
    with pytest.raises(SnowflakeError):
        attempt(account, LOGIN_NAME="theia", PASSWORD="no")
    with pytest.raises(SnowflakeError):
        attempt(account, LOGIN_NAME="nobody", PASSWORD="no")
    rows = run("SELECT * FROM SNOWFLAKE.ACCOUNT_USAGE.LOGIN_HISTORY ORDER BY EVENT_ID")
    assert [(r["USER_NAME"], r["IS_SUCCESS"], r["ERROR_CODE"], r["ERROR_MESSAGE"]) for r in rows] == [
        ("THEIA", "YES", None, None),
        ("THEIA", "NO", 390100, "INCORRECT_USERNAME_PASSWORD"),
        (None, "NO", 390100, "INCORRECT_USERNAME_PASSWORD"),
    ]
    assert {r["REPORTED_CLIENT_TYPE"] for r in rows} == {"PYTHON_DRIVER"}
    assert {r["CLIENT_IP"] for r in rows} == {"10.0.0.9"}
    assert [
        r["IS_SUCCESS"] for r in run("SELECT * FROM TABLE(INFORMATION_SCHEMA.LOGIN_HISTORY(RESULT_LIMIT => 2))")
    ] == ["NO", "NO"]
    by_user = "SELECT COUNT(*) AS N FROM TABLE(INFORMATION_SCHEMA.LOGIN_HISTORY_BY_USER({})) L"
    assert run(by_user.format("USER_NAME => 'theia'")) == [{"N": 2}]
    assert run(by_user.format("TIME_RANGE_START => DATEADD(HOUR, 1, CURRENT_TIMESTAMP())")) == [{"N": 0}]


def test_others_see_their_own_attempts_only(run: Any, account: Account):
    run("CREATE ROLE R", "CREATE USER U PASSWORD = 'x' DEFAULT_ROLE = R", "GRANT ROLE R TO USER U")
    run("GRANT USAGE ON WAREHOUSE W TO ROLE R")
    attempt(account, LOGIN_NAME="theia", PASSWORD="pw")
    attempt(account, LOGIN_NAME="u", PASSWORD="x")
    session = account.open_session("U", role="R", warehouse="W")
    rows = account.execute("SELECT USER_NAME FROM TABLE(INFORMATION_SCHEMA.LOGIN_HISTORY())", session).dicts()
    assert rows == [{"USER_NAME": "U"}]
    with pytest.raises(SnowflakeError, match="does not exist or not authorized"):
        account.execute("SELECT * FROM SNOWFLAKE.ACCOUNT_USAGE.LOGIN_HISTORY", session)


def test_the_id_of_an_error_tells_the_cause(run: Any, account: Account):
    with pytest.raises(SnowflakeError) as caught:
        attempt(account, LOGIN_NAME="theia", AUTHENTICATOR="SNOWFLAKE_JWT", TOKEN="x")
    found = re.search(r"\[(.*)\]", caught.value.message)
    assert found is not None
    [row] = run(f"SELECT SYSTEM$GET_LOGIN_FAILURE_DETAILS('{found[1]}') AS D")
    details = json.loads(next(iter(row.values())))
    assert (details["errorCode"], details["clientType"]) == ("JWT_TOKEN_INVALID", "PYTHON_DRIVER")


def test_credentials_view(run: Any):
    run(
        "CREATE USER S TYPE = SERVICE WORKLOAD_IDENTITY = "
        "(TYPE = AWS ARN = 'arn:aws:iam::123456789012:role/service-role/x')",
        "CREATE USER U",
        "ALTER USER U ADD PAT tok",
    )
    rows = run(
        "select user_name, type, domain, additional_details, from snowflake.account_usage.credentials "
        "order by user_name"
    )
    assert [(r["USER_NAME"], r["TYPE"], r["DOMAIN"]) for r in rows] == [
        ("S", "AWS", "WORKLOAD_IDENTITY_FEDERATION_METHOD"),
        ("U", "PAT", "PROGRAMMATIC_ACCESS_TOKEN"),
    ]
    assert json.loads(rows[0]["ADDITIONAL_DETAILS"])["iam_role"] == "service-role"
    assert run(
        "SELECT additional_details:iam_role::STRING AS R FROM SNOWFLAKE.ACCOUNT_USAGE.CREDENTIALS WHERE TYPE = 'AWS'"
    ) == [{"R": "service-role"}]
    with pytest.raises(SnowflakeError, match="does not exist"):
        run("SELECT * FROM SNOWFLAKE.ACCOUNT_USAGE.SESSIONS")

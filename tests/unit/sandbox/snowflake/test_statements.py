"""What statements do to the account, seen through SHOW and DESCRIBE."""

from __future__ import annotations

import time
from typing import Any

import pytest

from theia_sf.sandbox.snowflake.account import Account
from theia_sf.sandbox.snowflake.errors import SnowflakeError

STORAGE = (
    "CREATE STORAGE INTEGRATION \"I\" TYPE = EXTERNAL_STAGE STORAGE_PROVIDER = 'S3' STORAGE_AWS_ROLE_ARN = 'arn:r' "
    "ENABLED = true STORAGE_ALLOWED_LOCATIONS = ('s3://b/flows/') COMMENT = 'c'"
)
NOTIFICATION = (
    'CREATE NOTIFICATION INTEGRATION "N" ENABLED = true DIRECTION = OUTBOUND TYPE = QUEUE '
    "NOTIFICATION_PROVIDER = AWS_SNS AWS_SNS_TOPIC_ARN = 'arn:t' AWS_SNS_ROLE_ARN = 'arn:r' COMMENT = 'd'"
)


def refused(run: Any, sql: str, code: str) -> str:
    with pytest.raises(SnowflakeError) as caught:
        run(sql)
    assert caught.value.code == code
    return caught.value.message


def properties(rows: list[dict[str, Any]]) -> dict[str, str]:
    return {row["property"]: row["property_value"] for row in rows}


def test_database_with_everything_inside(run: Any):
    run("CREATE DATABASE \"D\" COMMENT = 'it''s' --tracking {}", 'CREATE SCHEMA "D"."S"', STORAGE)
    run("CREATE STAGE D.S.ST URL = 's3://b/flows/' STORAGE_INTEGRATION = \"I\" COMMENT = 'e'")
    run("CREATE TASK D.S.T SCHEDULE = 'USING CRON 0 0 * * * UTC' AS SELECT 1", "CREATE TABLE D.S.X (a INT)")
    [shown] = run("SHOW DATABASES LIKE 'd'")
    assert (shown["name"], shown["comment"], shown["retention_time"], shown["owner"]) == (
        "D",
        "it's",
        "1",
        "ACCOUNTADMIN",
    )
    assert [r["name"] for r in run("SHOW SCHEMAS IN DATABASE D")] == ["PUBLIC", "S"]
    run('DROP DATABASE IF EXISTS "D"')
    for kind in ("DATABASES", "STAGES IN ACCOUNT", "TASKS IN ACCOUNT", "TABLES IN ACCOUNT"):
        assert run(f"SHOW {kind}") == []
    assert "does not exist, or operation cannot be performed" in refused(run, "SHOW STAGES IN SCHEMA D.S", "002043")
    refused(run, "DROP DATABASE D", "002003")
    run("DROP DATABASE IF EXISTS D")


def test_a_name_is_taken_once(run: Any):
    run("CREATE WAREHOUSE W")
    assert "already exists" in refused(run, "CREATE WAREHOUSE W", "002002")
    assert run("CREATE WAREHOUSE IF NOT EXISTS W")[0]["status"] == "W already exists, statement succeeded."
    run("CREATE OR REPLACE WAREHOUSE W WAREHOUSE_SIZE = SMALL")
    assert run("SHOW WAREHOUSES")[0]["size"] == "Small"


def test_warehouse(run: Any):
    run("CREATE WAREHOUSE \"W\" WAREHOUSE_SIZE = 'XSMALL' AUTO_SUSPEND = 60 INITIALLY_SUSPENDED = true")
    [shown] = run("SHOW WAREHOUSES LIKE 'W'")
    assert (shown["size"], shown["auto_suspend"], shown["auto_resume"], shown["state"]) == (
        "X-Small",
        60,
        "true",
        "SUSPENDED",
    )
    run("ALTER WAREHOUSE W SET AUTO_SUSPEND = 120 COMMENT = 'x' STATEMENT_TIMEOUT_IN_SECONDS = 5")
    [shown] = run("SHOW WAREHOUSES LIKE 'W'")
    assert (shown["auto_suspend"], shown["comment"]) == (120, "x")
    [timeout] = run("SHOW PARAMETERS LIKE 'STATEMENT_TIMEOUT%' IN WAREHOUSE W")
    assert (timeout["value"], timeout["level"]) == ("5", "WAREHOUSE")
    run("ALTER WAREHOUSE W UNSET COMMENT", "ALTER WAREHOUSE W RENAME TO V", "ALTER WAREHOUSE V RESUME IF SUSPENDED")
    assert [(r["name"], r["state"], r["comment"]) for r in run("SHOW WAREHOUSES")] == [("V", "STARTED", "")]


def test_query_needs_a_warehouse(run: Any):
    run("CREATE DATABASE D", "CREATE TABLE D.PUBLIC.T (a INT)")
    assert "No active warehouse selected" in refused(run, "SELECT * FROM D.PUBLIC.T", "000606")
    refused(run, "INSERT INTO D.PUBLIC.T VALUES (1)", "000606")
    refused(run, "CREATE TABLE D.PUBLIC.U AS SELECT 1 AS a", "000606")
    assert run("SELECT 1 AS one, CURRENT_WAREHOUSE() AS w") == [{"ONE": 1, "W": None}]
    run("CREATE WAREHOUSE W INITIALLY_SUSPENDED = TRUE", "INSERT INTO D.PUBLIC.T VALUES (1)")
    assert run("SHOW WAREHOUSES")[0]["state"] == "STARTED"
    run("DROP WAREHOUSE W")
    refused(run, "SELECT * FROM D.PUBLIC.T", "000606")


def test_suspended_warehouse_without_auto_resume(run: Any):
    run(
        "CREATE DATABASE D",
        "CREATE TABLE T (a INT)",
        "CREATE WAREHOUSE W INITIALLY_SUSPENDED = TRUE AUTO_RESUME = FALSE",
    )
    assert "auto resume is off" in refused(run, "SELECT * FROM T", "090073")


def test_storage_integration(run: Any):
    run(STORAGE)
    [shown] = run("SHOW STORAGE INTEGRATIONS LIKE 'I'")
    assert (shown["type"], shown["category"], shown["enabled"]) == ("EXTERNAL_STAGE", "STORAGE", "true")
    described = properties(run('DESCRIBE STORAGE INTEGRATION "I"'))
    assert described["STORAGE_ALLOWED_LOCATIONS"] == "s3://b/flows/"
    assert described["STORAGE_AWS_IAM_USER_ARN"].startswith("arn:aws:iam::")
    assert described["STORAGE_AWS_EXTERNAL_ID"].startswith("LOCAL01_SFCRole=")
    run("ALTER STORAGE INTEGRATION I SET STORAGE_AWS_ROLE_ARN = 'arn:q'")
    again = properties(run("DESC INTEGRATION I"))
    assert again["STORAGE_AWS_ROLE_ARN"] == "arn:q"
    assert again["STORAGE_AWS_EXTERNAL_ID"] == described["STORAGE_AWS_EXTERNAL_ID"]
    run("DROP INTEGRATION IF EXISTS I")
    assert [row["name"] for row in run("SHOW INTEGRATIONS")] == ["SANDBOX_OAUTH"]


def test_replacing_an_integration_breaks_the_trust(run: Any):
    run(STORAGE)
    before = properties(run("DESC INTEGRATION I"))["STORAGE_AWS_EXTERNAL_ID"]
    run(STORAGE.replace("CREATE", "CREATE OR REPLACE"))
    assert properties(run("DESC INTEGRATION I"))["STORAGE_AWS_EXTERNAL_ID"] != before


def test_notification_integration(run: Any):
    run(NOTIFICATION)
    [shown] = run("SHOW NOTIFICATION INTEGRATIONS LIKE 'N'")
    assert (shown["type"], shown["category"]) == ("QUEUE - AWS_SNS", "NOTIFICATION")
    described = properties(run('DESCRIBE NOTIFICATION INTEGRATION "N"'))
    assert (described["DIRECTION"], described["AWS_SNS_TOPIC_ARN"]) == ("OUTBOUND", "arn:t")
    assert described["SF_AWS_EXTERNAL_ID"]
    refused(run, NOTIFICATION.replace('"N"', "M").replace("AWS_SNS_TOPIC_ARN = 'arn:t'", ""), "002034")


def test_stage_must_lie_inside_its_integration(run: Any):
    run("CREATE DATABASE D", STORAGE)
    create = "CREATE STAGE D.PUBLIC.S URL = '{}' STORAGE_INTEGRATION = I"
    assert "not allowed by integration" in refused(run, create.format("s3://other/"), "002035")
    refused(run, create.format("https://b/"), "002040")
    refused(run, "CREATE STAGE D.PUBLIC.S URL = 's3://b/flows/' STORAGE_INTEGRATION = NONE_SUCH", "002003")
    refused(run, "CREATE STAGE D.PUBLIC.S", "000002")
    run(create.format("s3://b/flows/") + " FILE_FORMAT = (TYPE = CSV SKIP_HEADER = 1)")
    described = {(r["parent_property"], r["property"]): r["property_value"] for r in run("DESC STAGE D.PUBLIC.S")}
    assert described["STAGE_LOCATION", "URL"] == '["s3://b/flows/"]'
    assert described["STAGE_FILE_FORMAT", "SKIP_HEADER"] == "1"
    assert described["DIRECTORY", "ENABLE"] == "false"


def test_task(run: Any, account: Account):
    run("CREATE DATABASE D", "CREATE TABLE T (a INT)", "CREATE WAREHOUSE W", "INSERT INTO T VALUES (1)")
    run(
        "CREATE TASK D.PUBLIC.TK USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE = 'XSMALL' SCHEDULE = '5 MINUTE' "
        "AS DELETE FROM T"
    )
    [shown] = run("SHOW TASKS LIKE 'TK' IN SCHEMA D.PUBLIC")
    assert (shown["state"], shown["warehouse"], shown["definition"]) == ("suspended", None, "DELETE FROM T")
    run("ALTER TASK D.PUBLIC.TK RESUME", "ALTER TASK D.PUBLIC.TK MODIFY AS DELETE FROM D.PUBLIC.T")
    assert run("SHOW TASKS")[0]["state"] == "started"
    parameter = {r["key"]: r for r in run("SHOW PARAMETERS IN TASK D.PUBLIC.TK")}
    assert parameter["USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE"]["level"] == "TASK"
    run("EXECUTE TASK D.PUBLIC.TK")
    history = "SELECT STATE, NAME FROM TABLE(D.INFORMATION_SCHEMA.TASK_HISTORY(TASK_NAME => 'TK'))"
    deadline = time.monotonic() + 10
    while run(history)[0]["STATE"] == "EXECUTING" and time.monotonic() < deadline:
        time.sleep(0.01)
    assert run(history) == [{"STATE": "SUCCEEDED", "NAME": "TK"}]
    assert run("SELECT COUNT(*) AS n FROM T") == [{"N": 0}]
    run("ALTER TASK D.PUBLIC.TK SUSPEND", "DROP TASK D.PUBLIC.TK")


def test_failing_task_says_so(run: Any, account: Account):
    run("CREATE DATABASE D", "CREATE WAREHOUSE W", "CREATE TASK TK AS DELETE FROM D.PUBLIC.GONE", "EXECUTE TASK TK")
    deadline = time.monotonic() + 10
    while account.catalog.task_runs[0].completed_time is None and time.monotonic() < deadline:
        time.sleep(0.01)
    [row] = run("SELECT STATE, ERROR_CODE FROM TABLE(D.INFORMATION_SCHEMA.TASK_HISTORY())")
    assert row == {"STATE": "FAILED", "ERROR_CODE": "002003"}


def test_show_narrows(run: Any):
    run("CREATE ROLE ALPHA", "CREATE ROLE ALPINE", "CREATE ROLE BETA")
    assert [r["name"] for r in run("SHOW ROLES LIKE 'alp%'")] == ["ALPHA", "ALPINE"]
    assert [r["name"] for r in run("SHOW ROLES LIKE '_ETA'")] == ["BETA"]
    assert [r["name"] for r in run("SHOW ROLES STARTS WITH 'ALP' LIMIT 1")] == ["ALPHA"]
    assert run("SHOW ROLES STARTS WITH 'alp'") == []


def test_comments_of_tables_views_and_columns(run: Any):
    run("CREATE DATABASE D", "CREATE TABLE T (a INT COMMENT 'first', b NUMBER(20,0)) COMMENT = 'table'")
    run(
        "CREATE VIEW V COMMENT = 'view' AS SELECT a FROM T",
        "ALTER TABLE T ADD COLUMN IF NOT EXISTS c VARCHAR COMMENT 'third'",
    )
    assert [(r["name"], r["comment"]) for r in run("SHOW TABLES IN SCHEMA D.PUBLIC")] == [("T", "table")]
    assert [(r["name"], r["comment"]) for r in run("SHOW VIEWS IN SCHEMA D.PUBLIC")] == [("V", "view")]
    columns = [(r["name"], r["type"], r["comment"]) for r in run("DESC TABLE T")]
    assert columns == [
        ("A", "NUMBER(38,0)", "first"),
        ("B", "NUMBER(20,0)", None),
        ("C", "VARCHAR(16777216)", "third"),
    ]
    run(
        "COMMENT ON TABLE T IS 'it''s'",
        "COMMENT ON COLUMN D.PUBLIC.T.B IS 'second'",
        "COMMENT IF EXISTS ON VIEW W IS 'x'",
    )
    assert run("SHOW TABLES")[0]["comment"] == "it's"
    assert run("DESC TABLE T")[1]["comment"] == "second"
    run("CREATE TABLE IF NOT EXISTS T (a INT) COMMENT = 'other'")
    assert run("SHOW TABLES")[0]["comment"] == "it's"


def test_large_numbers_stay_exact(run: Any):
    run("CREATE DATABASE D", "CREATE TABLE T (n NUMBER(20,0), at TIMESTAMP_TZ)", "CREATE WAREHOUSE W")
    run("INSERT INTO T VALUES (18446744073709551615, NULL), (18446744073709551615, '2024-01-01 00:00:00+00:00')")
    assert run("SELECT SUM(n) AS s, COUNT(at) AS c FROM T") == [{"S": 36893488147419103230, "C": 1}]


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("FOO BAR", "001003"),
        ("SELECT FROM WHERE", "001003"),
        ("CALL X()", "000002"),
        ("PUT file:///etc/hosts @~", "000002"),
        ("CREATE EXTERNAL VOLUME V", "000002"),
        ("SHOW STREAMS", "000002"),
        ("SELECT SYSTEM$NO_SUCH()", "002140"),
        ("SELECT * FROM READ_CSV('/etc/hosts')", "002140"),
        ("SELECT 1; SELECT 2", "000008"),
        ("", "000900"),
        ("USE DATABASE NO_SUCH", "002043"),
        ("ALTER SESSION SET NO_SUCH = 1", "001420"),
        ("CREATE TABLE T (a INT)", "090105"),
        ("DROP WAREHOUSE NO_SUCH", "002003"),
        ("CREATE PIPE D.PUBLIC.P AS COPY INTO T FROM @S", "002003"),
        ("SELECT 'abc'::INT", "100038"),
        ("ATTACH '/tmp/x.db'", "001003"),
    ],
)
def test_refusals_are_snowflakes(run: Any, sql: str, code: str):
    refused(run, sql, code)

"""SNOWFLAKE.ACCOUNT_USAGE: who may read which view, and what queries, warehouses, tasks and tables leave in them."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from theia_sf.sandbox.snowflake.account import Account
from theia_sf.sandbox.snowflake.account_usage import VIEWS
from theia_sf.sandbox.snowflake.catalog import Catalog, TaskRun, Warehouse
from theia_sf.sandbox.snowflake.errors import SnowflakeError
from theia_sf.sandbox.snowflake.query_log import KEPT_TEXT, Finished
from theia_sf.sandbox.snowflake.sessions import Session
from theia_sf.sandbox.snowflake.usage.metering import by_hour, warehouse_runs

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def warehouse(run: Any) -> None:
    run("CREATE WAREHOUSE W AUTO_SUSPEND = 60", "USE WAREHOUSE W")


def view(run: Any, name: str, rest: str = "") -> list[dict[str, Any]]:
    return run(f"SELECT * FROM SNOWFLAKE.ACCOUNT_USAGE.{name} {rest}")


def tagged(run: Any, tag: str, name: str = "QUERY_HISTORY") -> list[dict[str, Any]]:
    return view(run, name, f"WHERE QUERY_TAG = '{tag}' ORDER BY START_TIME")


class TestAccess:
    @pytest.fixture
    def reader(self, run: Any) -> Any:
        """Runs statements as a role that may use the warehouse, with the given database roles."""
        run("CREATE ROLE R", "GRANT ROLE R TO USER THEIA", "GRANT USAGE ON WAREHOUSE W TO ROLE R")

        def as_reader(sql: str, *database_roles: str) -> list[dict[str, Any]]:
            run("USE ROLE ACCOUNTADMIN")
            for role in database_roles:
                run(f"GRANT DATABASE ROLE SNOWFLAKE.{role} TO ROLE R")
            run("USE ROLE R")
            return run(sql)

        return as_reader

    @pytest.mark.parametrize("name", sorted(VIEWS))
    def test_a_view_is_of_its_database_roles_alone(self, run: Any, reader: Any, name: str):
        sql = f"SELECT COUNT(*) AS N FROM SNOWFLAKE.ACCOUNT_USAGE.{name}"
        others = {"GOVERNANCE_VIEWER", "OBJECT_VIEWER", "SECURITY_VIEWER", "USAGE_VIEWER"} - set(VIEWS[name].roles)
        with pytest.raises(SnowflakeError) as refused:
            reader(sql, *others)
        assert refused.value.code == "002003"
        assert f"'SNOWFLAKE.ACCOUNT_USAGE.{name}' does not exist or not authorized" in refused.value.message
        for role in VIEWS[name].roles:
            assert reader(sql, role)[0]["N"] >= 0
            run("USE ROLE ACCOUNTADMIN", f"REVOKE DATABASE ROLE SNOWFLAKE.{role} FROM ROLE R")
        with pytest.raises(SnowflakeError, match="does not exist or not authorized"):
            reader(sql)

    def test_a_role_inherits_it(self, run: Any, reader: Any):
        run("CREATE ROLE PARENT", "GRANT ROLE PARENT TO USER THEIA", "GRANT ROLE R TO ROLE PARENT")
        reader("SELECT 1", "GOVERNANCE_VIEWER")
        run("USE ROLE ACCOUNTADMIN", "USE ROLE PARENT")
        assert view(run, "QUERY_HISTORY", "LIMIT 1")

    def test_the_grant_is_shown(self, run: Any, reader: Any):
        reader("SELECT 1", "USAGE_VIEWER")
        run("USE ROLE ACCOUNTADMIN")
        shown = [r for r in run("SHOW GRANTS TO ROLE R") if r["granted_on"] == "DATABASE_ROLE"]
        assert [(r["privilege"], r["name"], r["granted_by"]) for r in shown] == [
            ("USAGE", "SNOWFLAKE.USAGE_VIEWER", "ACCOUNTADMIN")
        ]

    @pytest.mark.parametrize(
        ("sql", "code"),
        [
            ("GRANT DATABASE ROLE SNOWFLAKE.NO_SUCH TO ROLE R", "002003"),
            ("GRANT DATABASE ROLE D.USAGE_VIEWER TO ROLE R", "002003"),
            ("GRANT DATABASE ROLE SNOWFLAKE.USAGE_VIEWER TO ROLE NO_SUCH", "002003"),
            ("GRANT DATABASE ROLE SNOWFLAKE.USAGE_VIEWER TO USER THEIA", "001003"),
            ("GRANT DATABASE ROLE SNOWFLAKE.USAGE_VIEWER ROLE R", "001003"),
            ("GRANT DATABASE ROLE USAGE_VIEWER TO ROLE R", "090105"),
        ],
    )
    def test_what_there_is_not_cannot_be_granted(self, run: Any, reader: Any, sql: str, code: str):
        with pytest.raises(SnowflakeError) as refused:
            run(sql)
        assert refused.value.code == code

    def test_others_have_nothing_to_grant(self, reader: Any):
        with pytest.raises(SnowflakeError) as refused:
            reader("GRANT DATABASE ROLE SNOWFLAKE.USAGE_VIEWER TO ROLE R")
        assert refused.value.code == "003001"


class TestQueries:
    def test_a_statement_and_what_it_read(self, run: Any):
        run("CREATE DATABASE D", "CREATE SCHEMA D.S", "CREATE TABLE D.S.T (a INT, b INT, c VARCHAR)")
        run("INSERT INTO D.S.T SELECT 1, 2, 'x' FROM TABLE(GENERATOR(ROWCOUNT => 100))")
        run("CREATE VIEW D.S.V AS SELECT a FROM D.S.T", "CREATE VIEW D.S.V2 AS SELECT a FROM V")
        run("ALTER SESSION SET QUERY_TAG = 'theia-sf test'", "SELECT a FROM D.S.V2 LIMIT 7", "SHOW TABLES", "SELECT 1")
        read, shown, constant = tagged(run, "theia-sf test")
        assert (read["QUERY_TEXT"], read["QUERY_TYPE"]) == ("SELECT a FROM D.S.V2 LIMIT 7", "SELECT")
        assert (read["USER_NAME"], read["ROLE_NAME"], read["EXECUTION_STATUS"]) == ("THEIA", "ACCOUNTADMIN", "SUCCESS")
        assert (read["WAREHOUSE_NAME"], read["WAREHOUSE_SIZE"]) == ("W", "X-Small")
        assert (read["DATABASE_NAME"], read["SCHEMA_NAME"]) == ("D", "S")
        assert (read["ROWS_PRODUCED"], read["BYTES_SCANNED"]) == (7, 100 * 3 * 8)
        took = (read["END_TIME"] - read["START_TIME"]).total_seconds() * 1000
        assert read["TOTAL_ELAPSED_TIME"] == pytest.approx(took, abs=1)
        assert (shown["QUERY_TYPE"], shown["WAREHOUSE_SIZE"], shown["BYTES_SCANNED"]) == ("SHOW", None, 0)
        assert constant["WAREHOUSE_SIZE"] is None, "a query without FROM needs no warehouse"

    def test_a_failure(self, run: Any):
        run("ALTER SESSION SET QUERY_TAG = 'fails'")
        with pytest.raises(SnowflakeError):
            run("SELECT * FROM NO.SUCH.TABLE")
        (row,) = tagged(run, "fails")
        assert (row["EXECUTION_STATUS"], row["ERROR_CODE"]) == ("FAIL", "002003")
        assert "does not exist" in row["ERROR_MESSAGE"]

    def test_passwords_and_endless_texts_are_not_kept(self, run: Any):
        run("ALTER SESSION SET QUERY_TAG = 'texts'", "CREATE USER U PASSWORD = 'hunter2'")
        run(f"SELECT '{'x' * KEPT_TEXT}'")
        made, long = tagged(run, "texts")
        assert made["QUERY_TEXT"] == "CREATE USER U PASSWORD = '********'"
        assert len(long["QUERY_TEXT"]) == KEPT_TEXT

    def test_a_query_in_a_warehouse_costs_the_time_it_took_there(self, run: Any, account: Account, session: Session):
        run("CREATE WAREHOUSE BIG WAREHOUSE_SIZE = MEDIUM", "ALTER SESSION SET QUERY_TAG = 'slow'", "CREATE DATABASE D")
        run("CREATE TABLE D.PUBLIC.T AS SELECT SEQ4() AS a FROM TABLE(GENERATOR(ROWCOUNT => 10))")
        slow = [q for q in account.query_log.all() if q.tag == "slow"][-1]
        hour = replace(slow, id="long", started=slow.ended - timedelta(hours=1))
        account.query_log._entries["long"] = hour  # pyright: ignore[reportPrivateUsage]
        rows = {row["QUERY_ID"]: row for row in tagged(run, "slow", "QUERY_ATTRIBUTION_HISTORY")}
        assert rows["long"]["CREDITS_ATTRIBUTED_COMPUTE"] == pytest.approx(4)
        assert (rows["long"]["WAREHOUSE_NAME"], rows["long"]["USER_NAME"]) == ("BIG", session.user)
        assert rows.keys() <= {"long", slow.id}, "neither DDL nor what took no time"

    def test_a_grafana_tag_is_json(self, run: Any):
        tag = json.dumps({"pluginVersion": "2.1.0", "dashboardId": "dbxiHWV4k", "panelId": "3"})
        run(f"ALTER SESSION SET QUERY_TAG = '{tag}'", "SELECT 1")
        rows = run(
            "SELECT TRY_PARSE_JSON(QUERY_TAG):dashboardId::VARCHAR AS D FROM SNOWFLAKE.ACCOUNT_USAGE.QUERY_HISTORY"
            " WHERE QUERY_TAG LIKE '{%'"
        )
        assert rows[0] == {"D": "dbxiHWV4k"}

    def test_ten_thousand_statements_are_read_in_a_moment(self, run: Any, account: Account):
        run("SELECT 1")
        one = account.query_log.all()[-1]
        for number in range(10_050):
            entry = replace(one, id=f"{number}", tag="many")
            account.query_log._entries[entry.id] = entry  # pyright: ignore[reportPrivateUsage]
        begun = time.monotonic()
        (row,) = run("SELECT COUNT(*) AS N FROM SNOWFLAKE.ACCOUNT_USAGE.QUERY_HISTORY WHERE QUERY_TAG = 'many'")
        assert time.monotonic() - begun < 5
        assert row["N"] > 9_900, "the oldest are forgotten with the next statement"
        assert len(account.query_log.all()) == 10_000


def query(begin: float, seconds: float, **changes: Any) -> Finished:
    """A statement of the warehouse W that began `begin` minutes after noon."""
    started = NOON + timedelta(minutes=begin)
    values: dict[str, Any] = {
        "id": f"{begin}",
        "text": "SELECT 1",
        "type": "SELECT",
        "database": None,
        "schema": None,
        "session_id": 1,
        "user": "U",
        "role": "R",
        "warehouse": "W",
        "warehouse_size": "X-Small",
        "auto_suspend": 120,
        "tag": "",
        "started": started,
        "ended": started + timedelta(seconds=seconds),
        "bytes_scanned": 0,
        "rows_produced": 0,
        "error": None,
    }
    return Finished(**values | changes)


class TestWarehouseRuns:
    def minutes(self, queries: list[Finished], at: float = 1000, *, gone: bool = False, suspended: bool = False) -> Any:
        catalog = Catalog()
        if not gone:
            catalog.warehouses["W"] = Warehouse(name="W", state="SUSPENDED" if suspended else "STARTED")
        runs = warehouse_runs(queries, catalog, NOON + timedelta(minutes=at))
        return [((r.start - NOON) / timedelta(minutes=1), (r.end - NOON) / timedelta(minutes=1)) for r in runs]

    def test_idles_until_it_suspends(self):
        assert self.minutes([query(0, 60)]) == [(0, 3)]

    def test_what_comes_while_it_idles_is_the_same_run(self):
        assert self.minutes([query(0, 60), query(2, 60), query(30, 30)]) == [(0, 5), (30, 32.5)]

    def test_has_not_idled_longer_than_until_now(self):
        assert self.minutes([query(0, 60)], at=2) == [(0, 2)]

    def test_runs_on_when_it_never_suspends(self):
        assert self.minutes([query(0, 60, auto_suspend=None)], at=90) == [(0, 90)]
        assert self.minutes([query(0, 60, auto_suspend=0)], at=90) == [(0, 90)]

    def test_a_start_is_a_minute_at_least(self):
        assert self.minutes([query(0, 1)], gone=True) == [(0, 1)]
        assert self.minutes([query(0, 1)], at=0.1) == [(0, 1)]

    def test_one_that_is_gone_or_was_suspended_did_not_idle(self):
        assert self.minutes([query(0, 90)], gone=True) == [(0, 1.5)]
        assert self.minutes([query(0, 90)], suspended=True) == [(0, 1.5)]

    def test_another_size_is_another_run(self):
        assert self.minutes([query(0, 60), query(2, 60, warehouse_size="Large")]) == [(0, 3), (3, 5)]

    def test_what_needs_no_warehouse_starts_none(self):
        assert self.minutes([query(0, 60, warehouse_size=None)]) == []

    def test_hours_are_cut(self):
        cut = list(by_hour(NOON + timedelta(minutes=50), NOON + timedelta(minutes=125)))
        assert cut == [(NOON, 600), (NOON + timedelta(hours=1), 3600), (NOON + timedelta(hours=2), 300)]


class TestMetering:
    def test_a_warehouse_by_the_hour(self, run: Any):
        run("CREATE DATABASE D", "CREATE TABLE D.PUBLIC.T AS SELECT 1 AS a")
        rows = view(run, "WAREHOUSE_METERING_HISTORY")
        assert {row["WAREHOUSE_NAME"] for row in rows} == {"W"}
        assert all(row["END_TIME"] - row["START_TIME"] == timedelta(hours=1) for row in rows)
        assert float(sum(row["CREDITS_USED"] for row in rows)) == pytest.approx(60 / 3600), "a minute of X-Small"
        assert all(row["CREDITS_ATTRIBUTED_COMPUTE_QUERIES"] <= row["CREDITS_USED_COMPUTE"] for row in rows)

    def test_serverless_tasks(self, run: Any, account: Account):
        common: dict[str, Any] = {"query_id": "q", "query_text": "DELETE", "scheduled_time": NOON}
        for begin, seconds, used in ((0, 600, None), (50, 1200, None), (0, 3600, "W")):
            start = NOON + timedelta(minutes=begin)
            account.catalog.task_runs.append(
                TaskRun(
                    task=("D", "S", "T"),
                    query_start_time=start,
                    completed_time=start + timedelta(seconds=seconds),
                    warehouse=used,
                    **common,
                )
            )
        account.catalog.task_runs.append(TaskRun(task=("D", "S", "RUNNING"), query_start_time=NOON, **common))
        rows = view(run, "SERVERLESS_TASK_HISTORY", "ORDER BY START_TIME")
        assert [(r["START_TIME"], r["TASK_NAME"], r["CREDITS_USED"]) for r in rows] == [
            (NOON, "T", "0.300000000"),
            (NOON + timedelta(hours=1), "T", "0.150000000"),
        ], "0.9 credits an hour: 20 minutes, 10 minutes; as text"

    def test_pipes_without_the_loading_service(self, run: Any):
        assert view(run, "PIPE_USAGE_HISTORY") == []


class TestStorage:
    def test_tables_and_databases(self, run: Any):
        run("CREATE DATABASE D", "CREATE DATABASE EMPTY", "CREATE TABLE D.PUBLIC.T (a INT, b INT)")
        run("COMMENT ON TABLE D.PUBLIC.T IS 'numbers'", "CREATE VIEW D.PUBLIC.V AS SELECT a FROM D.PUBLIC.T")
        run("INSERT INTO D.PUBLIC.T SELECT 1, 2 FROM TABLE(GENERATOR(ROWCOUNT => 50))")
        (table,) = view(run, "TABLE_STORAGE_METRICS", "WHERE TABLE_CATALOG = 'D'")
        assert (table["TABLE_NAME"], table["TABLE_SCHEMA"], table["COMMENT"]) == ("T", "PUBLIC", "numbers")
        assert (table["ACTIVE_BYTES"], table["FAILSAFE_BYTES"], table["DELETED"]) == (50 * 2 * 8, 0, False)
        rows = {r["DATABASE_NAME"]: r for r in view(run, "DATABASE_STORAGE_USAGE_HISTORY")}
        assert rows["D"]["AVERAGE_DATABASE_BYTES"] == 800
        assert rows["EMPTY"]["AVERAGE_DATABASE_BYTES"] == 0
        assert rows["D"]["USAGE_DATE"] == datetime.now(UTC).date()

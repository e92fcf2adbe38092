"""What a role is told of loading, by what it was granted; and what loading costs."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from theia_sf.sandbox.snowflake.errors import SnowflakeError
from theia_sf.sandbox.snowflake.usage.rates import number_of

from .conftest import Pipeline, wait_for

Ask = Callable[[str], list[dict[str, Any]]]
DAMAGED = gzip.compress(b"10.0.0.1,10.0.0.2\n" * 1000)[:-20]
NEITHER = "does not exist or not authorized"


@pytest.fixture
def reader(pipeline: Pipeline) -> Iterator[Ask]:
    """Runs statements as a role that has SELECT on the table, and what the test grants to READER besides."""
    account, database = pipeline.services.account, pipeline.database
    for sql in (
        "CREATE OR REPLACE ROLE READER",
        f"GRANT USAGE ON DATABASE {database} TO ROLE READER",
        f"GRANT USAGE ON SCHEMA {database}.THEIA TO ROLE READER",
        f"GRANT SELECT ON TABLE {database}.THEIA.FLOWS TO ROLE READER",
        "GRANT USAGE ON WAREHOUSE LAB TO ROLE READER",
    ):
        pipeline.sql(sql)
    session = account.open_session("THEIA", role="READER", warehouse="LAB", database=database, schema="THEIA")
    session.secondary_roles = False
    yield lambda sql: account.execute(sql, session).dicts()
    session.close()


def loads(reader: Ask, table: str = "FLOWS") -> list[dict[str, Any]]:
    since = "START_TIME => DATEADD(HOUR, -1, CURRENT_TIMESTAMP())"
    return reader(f"SELECT * FROM TABLE(INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => '{table}', {since}))")


def test_the_status_of_a_pipe_is_told_to_who_may_monitor_it(pipeline: Pipeline, reader: Ask):
    status = "SELECT PARSE_JSON(SYSTEM$PIPE_STATUS('FLOWPIPE')):executionState::VARCHAR AS STATE"
    for privilege in (None, "OPERATE"):
        if privilege:
            pipeline.sql(f"GRANT {privilege} ON PIPE {pipeline.database}.THEIA.FLOWPIPE TO ROLE READER")
        with pytest.raises(SnowflakeError):
            reader(status)
    pipeline.sql(f"GRANT MONITOR ON PIPE {pipeline.database}.THEIA.FLOWPIPE TO ROLE READER")
    assert reader(status) == [{"STATE": "RUNNING"}]


def test_the_history_of_a_table_hides_the_pipe_from_who_may_not_monitor_it(pipeline: Pipeline, reader: Ask):
    pipeline.upload("good.csv.gz", 3)
    pipeline.upload("damaged.csv.gz", content=DAMAGED)
    wait_for(lambda: len(pipeline.history()) == 2)
    told = {row["FILE_NAME"]: (row["STATUS"], row["PIPE_CATALOG_NAME"], row["PIPE_NAME"]) for row in loads(reader)}
    assert told == {"good.csv.gz": ("Loaded", None, None), "damaged.csv.gz": ("Load failed", None, None)}
    pipeline.sql(f"GRANT MONITOR ON PIPE {pipeline.database}.THEIA.FLOWPIPE TO ROLE READER")
    assert {(row["PIPE_CATALOG_NAME"], row["PIPE_NAME"]) for row in loads(reader)} == {(pipeline.database, "FLOWPIPE")}


def test_the_history_of_a_table_is_told_to_who_may_do_anything_with_it(pipeline: Pipeline, reader: Ask):
    pipeline.sql(f"CREATE TABLE {pipeline.database}.THEIA.HIDDEN (a INT)")
    with pytest.raises(SnowflakeError, match=NEITHER):
        loads(reader, "HIDDEN")
    pipeline.sql(f"REVOKE SELECT ON TABLE {pipeline.database}.THEIA.FLOWS FROM ROLE READER")
    with pytest.raises(SnowflakeError, match=NEITHER):
        loads(reader)


def test_what_a_pipe_loaded_is_metered_by_its_bytes(pipeline: Pipeline):
    for number in range(3):
        pipeline.upload(f"good-{number}.csv.gz", 50 * (number + 1))
    pipeline.upload("damaged.csv.gz", content=DAMAGED)
    wait_for(lambda: len(pipeline.history()) == 4)
    loaded = sum(row["FILE_SIZE"] for row in pipeline.history() if row["STATUS"] == "Loaded")
    pipe = pipeline.services.account.catalog.pipes[pipeline.database, "THEIA", "FLOWPIPE"]
    rows = pipeline.services.account.execute(
        "SELECT PIPE_NAME, SUM(FILES_INSERTED::NUMBER) AS FILES, SUM(BYTES_INSERTED) AS BYTES,"
        " SUM(CREDITS_USED) AS USED FROM SNOWFLAKE.ACCOUNT_USAGE.PIPE_USAGE_HISTORY"
        f" WHERE PIPE_ID = {number_of(*pipe.full_name)} GROUP BY PIPE_NAME",
        pipeline.session,
    ).dicts()
    assert [(row["PIPE_NAME"], row["FILES"], row["BYTES"]) for row in rows] == [("FLOWPIPE", 3, loaded)]
    assert float(rows[0]["USED"]) == pytest.approx(loaded / 10**9 * 0.0037, abs=1e-9)

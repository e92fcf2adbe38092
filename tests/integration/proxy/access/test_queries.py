"""Users of the proxy who share one of Snowflake's: what they can do to each other's queries."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest
from snowflake.connector import SnowflakeConnection
from snowflake.connector.errors import DatabaseError, ProgrammingError

from tests.integration.proxy.access.conftest import Guarded

OTHERS = (
    "select * from table(result_scan('{}'))",
    "select a from flows union all select * from table(result_scan('{}'))",
    "select 1; select * from table(result_scan('{}'))",
    "execute immediate 'select * from table(result_scan(''{}''))'",
    "select * from table(result_scan(concat('{}', '')))",
    "select * from table(result_scan(upper('{}')))",
    "select * from table(result_scan('{}' || ''))",
    "select * from table(result_scan($${}$$))",
    "select * from table(\"RESULT_SCAN\"('{}'))",
    "set id = '{}'; select * from table(result_scan($id))",
    "describe result '{}'",
    "select system$cancel_query('{}')",
    "select * from table(get_query_operator_stats('{}'))",
)
HISTORY = (
    "select * from table(information_schema.query_history())",
    "select * from table(antrea_x.information_schema.query_history_by_user())",
    "select query_text from snowflake.account_usage.query_history",
    "select system$cancel_all_queries(1)",
)


def ask(connection: SnowflakeConnection, path: str) -> dict[str, Any]:
    rest: Any = connection.rest
    return rest.fetch("get", f"{rest.server_url}{path}", {}, token=rest.token)


def test_nobody_gets_at_the_queries_of_others(guarded: Guarded) -> None:
    with (
        closing(guarded.connect("writer", warehouse="WH_X")) as writer,
        closing(guarded.connect("reader", warehouse="WH_X")) as reader,
    ):
        query_id = str(writer.cursor().execute("select a from flows").sfqid)
        guarded.statements.clear()
        tried = [sql.format(query_id) for sql in OTHERS] + list(HISTORY)
        for sql in tried:
            with pytest.raises(ProgrammingError, match="Denied by rule readers of the proxy's policy"):
                reader.cursor().execute(sql)
        assert guarded.statements == []
        assert [event["sqlText"] for event in guarded.events("statement.denied")] == tried
        for path in (f"/queries/{query_id}/result", f"/monitoring/queries/{query_id}"):
            told = ask(reader, path)
            assert (told["success"], told["code"]) == (False, "000709")
        with pytest.raises(ProgrammingError, match="is not one that the user has run"):
            reader.cursor().execute(OTHERS[0].format("01b2c3d4-0000-0000-0000-000000000000"))


def test_everybody_gets_at_their_own(guarded: Guarded) -> None:
    with closing(guarded.connect("reader", warehouse="WH_X")) as reader:
        query_id = str(reader.cursor().execute("select a from flows").sfqid)
    with closing(guarded.connect("reader", warehouse="WH_X")) as reader:  # in another session, too
        assert sorted(guarded.rows(reader, OTHERS[0].format(query_id))) == [(1,), (2,), (3,)]
        guarded.rows(reader, f"select system$cancel_query('{query_id}')")
    assert guarded.events("statement.denied") == []


def test_a_query_that_is_denied_is_nobodys(guarded: Guarded) -> None:
    """An ID that a client makes up does not become its own by being asked for."""
    with closing(guarded.connect("reader", warehouse="WH_X")) as reader:
        for _ in range(2):
            with pytest.raises(DatabaseError, match="is not one that the user has run"):
                reader.cursor().execute("select * from table(result_scan('01b2c3d4'))")

"""snowflake-connector-python through the proxy to the sandbox's account."""

from __future__ import annotations

import threading
import time
from contextlib import closing

import pytest
from snowflake.connector import SnowflakeConnection
from snowflake.connector.errors import DatabaseError, Error, ProgrammingError

from tests.integration.proxy.protocol.conftest import Running
from theia_sf.proxy.audit.events import Kind


def test_a_client_queries_with_bindings_and_logs_out(running: Running) -> None:
    with closing(running.connect(paramstyle="qmark")) as connection:
        assert connection.rest.token.startswith("Theia:")
        cursor = connection.cursor()
        cursor.execute("CREATE DATABASE D")
        cursor.execute("CREATE TABLE T (N INTEGER, S VARCHAR)")
        cursor.executemany("INSERT INTO T VALUES (?, ?)", [(1, "one"), (2, "two")])
        assert cursor.execute("SELECT S FROM T WHERE N = ?", (2,)).fetchall() == [("two",)]
        assert [column.name for column in cursor.describe("SELECT N, S FROM T")] == ["N", "S"]
        assert connection.rest._heartbeat()["success"]
    told = next(fields for fields in running.audit.of(Kind.STATEMENT_FINISHED) if "WHERE N" in fields["sqlText"])
    assert (told["outcome"], told["rows"]) == ("success", 1)
    assert running.audit.kinds[0] == "session.started"
    assert running.audit.kinds[-1] == "session.ended"
    assert running.account.sessions.all() == []


def test_the_session_knows_the_context_that_a_statement_left(running: Running) -> None:
    with closing(running.connect()) as connection:
        connection.cursor().execute("CREATE DATABASE SEEN")
        connection.cursor().execute("SELECT 1")
        assert (running.access.asked[-1].database, running.access.asked[-1].schema) == ("SEEN", "PUBLIC")


def test_a_denied_statement_is_an_ordinary_sql_error(running: Running) -> None:
    with closing(running.connect()) as connection:
        with pytest.raises(ProgrammingError, match="denied by the rule readers") as caught:
            connection.cursor().execute("SELECT 'forbidden'")
        assert (caught.value.errno, caught.value.sqlstate) == (3001, "42501")
        assert connection.cursor().execute("SELECT 1").fetchall() == [(1,)]


def test_a_wrong_password_is_refused_at_once(running: Running) -> None:
    began = time.monotonic()
    with pytest.raises(DatabaseError, match="Incorrect username or password") as caught:
        running.connect(password="wrong")
    assert caught.value.errno == 390100
    assert time.monotonic() - began < 4
    assert running.audit.of(Kind.SESSION_DENIED)[0]["loginName"].upper() == "ANN"


def test_a_session_of_snowflakes_that_expires_is_renewed_unnoticed(running: Running) -> None:
    with closing(running.connect()) as connection:
        mine = connection.rest.token
        for token in list(running.account.sessions._by_token):
            running.account.sessions.expire(token)
        assert connection.cursor().execute("SELECT 41 + 1").fetchall() == [(42,)]
        assert connection.rest.token == mine


def test_a_client_renews_its_own_ids(running: Running) -> None:
    with closing(running.connect()) as connection:
        before = (connection.rest.token, connection.rest.master_token)
        connection.rest._renew_session()
        after = (connection.rest.token, connection.rest.master_token)
        assert not set(before) & set(after)
        assert all(token.startswith("Theia:") for token in after)
        assert connection.cursor().execute("SELECT 1").fetchall() == [(1,)]
    assert "session.renewed" in running.audit.kinds


def test_all_threads_of_a_client_find_it_expired_at_once(running: Running) -> None:
    with closing(running.connect()) as connection:
        failed: list[Exception] = []
        together = threading.Barrier(6)

        def query() -> None:
            together.wait()
            try:
                assert connection.cursor().execute("SELECT 1").fetchall() == [(1,)]
            except (Error, AssertionError) as error:
                failed.append(error)

        threads = [threading.Thread(target=query) for _ in range(6)]
        running.services.clock = lambda: time.time() + 3601
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []
        assert 1 <= running.audit.kinds.count("session.renewed") < 6


def test_an_asynchronous_query_is_followed_to_its_result(running: Running) -> None:
    with closing(running.connect()) as connection:
        cursor = connection.cursor()
        query_id = cursor.execute_async("SELECT 7 AS N")["queryId"]
        while connection.is_still_running(connection.get_query_status(query_id)):
            time.sleep(0.05)
        cursor.get_results_from_sfqid(query_id)
        assert cursor.fetchall() == [(7,)]
    assert running.audit.of(Kind.STATEMENT_RUNNING)[0]["queryId"] == query_id


def forever(connection: SnowflakeConnection) -> str:
    """A statement that ends only if somebody ends it."""
    doubled = " CROSS JOIN ".join(f"(SELECT 1 AS x{n} UNION ALL SELECT 2) t{n}" for n in range(18))
    connection.cursor().execute("CREATE DATABASE IF NOT EXISTS D")
    connection.cursor().execute(f"CREATE TABLE BIG AS SELECT ROW_NUMBER() OVER (ORDER BY 1) AS i FROM ({doubled})")
    return "SELECT COUNT(*) FROM BIG a, BIG b, BIG c WHERE (a.i * b.i) % 7 = c.i % 5"


def test_a_statement_is_aborted_on_a_second_connection(running: Running) -> None:
    with closing(running.connect()) as connection:
        sql = forever(connection)
        began = time.monotonic()
        with pytest.raises(ProgrammingError, match="SQL execution canceled"):
            connection.cursor().execute(sql, timeout=1)
        assert time.monotonic() - began < 15
    assert running.audit.of(Kind.STATEMENT_ABORTED)
    assert running.audit.of(Kind.STATEMENT_FINISHED)[-1]["code"] == "000604"


def test_the_policys_time_limit_ends_a_statement_there_too(running: Running) -> None:
    with closing(running.connect()) as connection:
        sql = forever(connection)
        running.access.timeout = 0.5
        with pytest.raises(ProgrammingError, match="reached its statement or warehouse timeout") as caught:
            connection.cursor().execute(sql)
        assert caught.value.errno == 630
        running.access.timeout = None
        assert connection.cursor().execute("SELECT 1").fetchall() == [(1,)]  # that one has ended, or this would wait


def test_queries_of_one_user_are_nobody_elses(running: Running) -> None:
    with closing(running.connect("ann")) as ann, closing(running.connect("bob")) as bob:
        query_id = ann.cursor().execute("SELECT 'of ann'").sfqid
        assert bob.rest.fetch("get", f"{bob.rest.server_url}/queries/{query_id}/result", {}, token=bob.rest.token) == {
            **ann.rest.fetch("get", f"{ann.rest.server_url}/queries/none/result", {}, token=ann.rest.token),
            "message": f"Statement {query_id} not found",
        }
        with closing(running.connect("ann")) as again:
            cursor = again.cursor()
            cursor.get_results_from_sfqid(query_id)
            assert cursor.fetchall() == [("of ann",)]


def test_an_ended_session_has_to_log_in_again(running: Running) -> None:
    with closing(running.connect()) as connection:
        token = connection.rest.token
        assert connection.rest.fetch(
            "post", f"{connection.rest.server_url}/session?delete=true", {}, data="{}", token=token
        )["success"]
        with pytest.raises(Error) as caught:
            connection.cursor().execute("SELECT 1")
        assert caught.value.errno == 390104


def test_no_token_of_snowflakes_is_in_what_the_client_holds(running: Running) -> None:
    with closing(running.connect()) as connection:
        held = repr(vars(connection.rest)) + repr(vars(connection))
        tokens = running.upstream_tokens()
        assert tokens
        assert not [token for token in tokens if token in held]

"""The real Python connector against the account: signing in, values, cancelling, limits, refusals."""

from __future__ import annotations

import base64
import threading
import time
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from snowflake.connector.errors import DatabaseError, ProgrammingError

FOREVER = "SELECT COUNT(*) FROM BIG a, BIG b, BIG c WHERE (a.i * b.i) % 7 = c.i % 5"


@pytest.fixture
def cursor(connect: Any, database: str) -> Any:
    with closing(connect(database=database, warehouse="W", paramstyle="qmark")) as connection:
        yield connection.cursor()


@pytest.fixture
def big(cursor: Any) -> Any:
    cursor.execute("CREATE TABLE BIG (i NUMBER(20,0), a VARCHAR)")
    cursor.execute(
        "INSERT INTO BIG SELECT ROW_NUMBER() OVER (ORDER BY 1), 'pod-' || (ROW_NUMBER() OVER (ORDER BY 1)) FROM ("
        + " CROSS JOIN ".join(f"(SELECT 1 AS x{n} UNION ALL SELECT 2) t{n}" for n in range(18))
        + ")"
    )
    return cursor


def test_session_of_a_login(connect: Any, database: str) -> None:
    with closing(connect(database="d", schema="public", warehouse="w", role="accountadmin")) as connection:
        row = connection.cursor().execute(
            "SELECT CURRENT_USER(), CURRENT_ROLE(), CURRENT_DATABASE(), CURRENT_SCHEMA(), CURRENT_WAREHOUSE(), "
            "CURRENT_ACCOUNT(), CURRENT_ACCOUNT_NAME(), CURRENT_ORGANIZATION_NAME(), CURRENT_REGION()"
        )
        assert row.fetchone() == (
            *("THEIA", "ACCOUNTADMIN", "D", "PUBLIC", "W", "LOCAL01", "SANDBOX", "THEIA", "AWS_US_WEST_2"),
        )
        assert (connection.role, connection.warehouse, connection.database) == ("ACCOUNTADMIN", "W", "D")


@pytest.mark.parametrize(
    ("changes", "errno", "message"),
    [
        ({"password": "wrong"}, 390100, "Incorrect username or password"),
        ({"user": "nobody"}, 390100, "Incorrect username or password"),
        ({"role": "NO_SUCH"}, 390189, "Role 'NO_SUCH' specified in the connect string does not exist"),
        ({"authenticator": "PROGRAMMATIC_ACCESS_TOKEN", "token": "x"}, 394400, "access token is invalid"),
    ],
)
def test_refused_login_is_final(connect: Any, changes: dict[str, str], errno: int, message: str) -> None:
    started = time.monotonic()
    with pytest.raises(DatabaseError, match=message) as caught:
        connect(**changes)
    assert caught.value.errno == errno
    assert time.monotonic() - started < 3


def test_key_pair_login(connect: Any) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    private = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with closing(connect()) as connection:
        body = base64.b64encode(public).decode()
        connection.cursor().execute(f"CREATE OR REPLACE USER ROBOT TYPE = SERVICE RSA_PUBLIC_KEY = '{body}'")
    login = {"user": "ROBOT", "password": None, "authenticator": "SNOWFLAKE_JWT", "private_key": private}
    with closing(connect(**login)) as connection:
        assert connection.cursor().execute("SELECT CURRENT_USER(), CURRENT_ROLE()").fetchone() == ("ROBOT", "PUBLIC")
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(DatabaseError, match="JWT token is invalid"):
        connect(**{**login, "private_key": other})


def test_values_come_back_as_they_went(cursor: Any) -> None:
    cursor.execute(
        "CREATE TABLE T (n NUMBER(20,0), s VARCHAR, z TIMESTAMP_TZ, p TIMESTAMP_NTZ, d NUMBER(10,2), f FLOAT)"
    )
    moment = datetime(2024, 5, 6, 7, 8, 9, 123456, UTC)
    row = (2**64 - 1, "it's 'ü'", moment, None, Decimal("1.25"), 0.5)
    cursor.execute("INSERT INTO T VALUES (?, ?, ?, ?, ?, ?)", row)
    cursor.execute("INSERT INTO T (z) VALUES ('1969-12-31 23:59:59.5 +00:00'::TIMESTAMP_TZ)")
    assert cursor.rowcount == 1
    assert cursor.execute("SELECT * FROM T WHERE n = ?", (2**64 - 1,)).fetchall() == [row]
    assert cursor.execute("SELECT z FROM T WHERE n IS NULL").fetchone() == (
        datetime(1969, 12, 31, 23, 59, 59, 500000, UTC),
    )
    cursor.execute("SELECT COUNT(*) AS n, SUM(n) AS total FROM T")
    assert [column.name for column in cursor.description] == ["N", "TOTAL"]
    assert cursor.fetchone() == (2, 2**64 - 1)


@pytest.mark.parametrize("comment", ["-- why\n", "/* why */ ", " -- a\n/* b\n */\n-- c\n"])
def test_a_query_that_begins_with_a_comment_keeps_its_types(cursor: Any, comment: str) -> None:
    """Columns of nothing but NULL would lose them, and the connector would read beyond their end."""
    nothing = "CAST(NULL AS NUMBER(3, 0)) AS n, CAST(NULL AS TIMESTAMP_TZ) AS t"
    assert cursor.execute(f"{comment}WITH x AS (SELECT {nothing}) SELECT n, t FROM x").fetchall() == [(None, None)]


def test_many_rows_in_one_binding(cursor: Any) -> None:
    cursor.execute("CREATE TABLE T (n INT, s VARCHAR)")
    cursor.executemany("INSERT INTO T VALUES (?, ?)", [(n, str(n)) for n in range(25)])
    assert cursor.rowcount == 25
    assert cursor.execute("SELECT COUNT(*), SUM(n) FROM T").fetchone() == (25, 300)


def test_large_result_is_fetched_quickly(big: Any) -> None:
    started = time.monotonic()
    rows = big.execute("SELECT i, a, COUNT(*) FROM BIG GROUP BY ALL LIMIT 194000").fetchall()
    assert len(rows) == 194_000
    assert time.monotonic() - started < 15  # about 1 s on an idle machine


def test_client_cancels(big: Any) -> None:
    started = time.monotonic()
    with pytest.raises(ProgrammingError, match="SQL execution canceled") as caught:
        big.execute(FOREVER, timeout=1)
    assert caught.value.errno == 604
    assert time.monotonic() - started < 10
    assert big.execute("SELECT 1").fetchone() == (1,)


def test_statement_timeout(big: Any) -> None:
    big.execute("ALTER SESSION SET STATEMENT_TIMEOUT_IN_SECONDS = 1")
    with pytest.raises(ProgrammingError, match=r"timeout of 1 second\(s\) and was canceled") as caught:
        big.execute(FOREVER)
    assert caught.value.errno == 630


def test_query_without_waiting(big: Any) -> None:
    big.execute_async("SELECT COUNT(*) FROM BIG")
    query_id = big.sfqid
    connection = big.connection
    while connection.is_still_running(connection.get_query_status(query_id)):
        time.sleep(0.02)
    big.get_results_from_sfqid(query_id)
    assert big.fetchone() == (2**18,)


def test_failed_query_without_waiting(cursor: Any) -> None:
    cursor.execute_async("SELECT * FROM NO_SUCH")
    with pytest.raises(ProgrammingError, match="does not exist or not authorized"):  # noqa: PT012 - now or then
        cursor.get_results_from_sfqid(cursor.sfqid)
        cursor.fetchall()


@pytest.mark.parametrize(
    ("sql", "errno", "sqlstate"),
    [
        ("SELECT * FROM D.PUBLIC.NO_SUCH", 2003, "02000"),
        ("SELECT no_such FROM INFORMATION_SCHEMA.TABLES", 904, "42000"),
        ("SELECT NO_SUCH(1)", 2140, "42601"),
        ("FOO BAR", 1003, "42000"),
        ("CREATE EXTERNAL VOLUME V", 2, "0A000"),
    ],
)
def test_errors_come_at_once(cursor: Any, sql: str, errno: int, sqlstate: str) -> None:
    started = time.monotonic()
    with pytest.raises(ProgrammingError) as caught:
        cursor.execute(sql)
    assert (caught.value.errno, caught.value.sqlstate) == (errno, sqlstate)
    assert time.monotonic() - started < 3


def test_own_fault_is_no_server_error(cursor: Any, served: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        message = "a secret detail"
        raise RuntimeError(message)

    monkeypatch.setattr("theia_sf.sandbox.snowflake.access.check", fail)
    with pytest.raises(ProgrammingError, match="SQL execution internal error") as caught:
        cursor.execute("SELECT 1")
    assert caught.value.errno == 603
    assert "secret detail" not in str(caught.value)


def test_transaction(cursor: Any) -> None:
    cursor.execute("CREATE TABLE T (a INT)")
    for sql in ("BEGIN", "INSERT INTO T VALUES (1)", "ROLLBACK", "BEGIN", "INSERT INTO T VALUES (2)", "COMMIT"):
        cursor.execute(sql)
    assert cursor.execute("SELECT a FROM T").fetchall() == [(2,)]


def test_sessions_write_at_the_same_time(connect: Any, cursor: Any) -> None:
    cursor.execute("CREATE TABLE T (a INT)")
    failures: list[Exception] = []

    def work(number: int) -> None:
        try:
            with closing(connect(database="D", warehouse="W")) as connection:
                for _ in range(10):
                    connection.cursor().execute(f"INSERT INTO D.PUBLIC.T VALUES ({number})")
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert cursor.execute("SELECT COUNT(*) FROM T").fetchone() == (40,)


def test_expired_session_is_renewed(connect: Any, served: Any) -> None:
    with closing(connect()) as connection:
        served.account.sessions.expire(connection.rest.token)
        assert connection.cursor().execute("SELECT 1").fetchone() == (1,)


def test_closed_session_is_gone(connect: Any, served: Any) -> None:
    before = len(served.account.sessions.all())
    connection = connect()
    assert len(served.account.sessions.all()) == before + 1
    connection.close()
    assert len(served.account.sessions.all()) == before


def test_statements_are_remembered_with_their_tag(connect: Any, database: str) -> None:
    with closing(connect(database=database, warehouse="W", session_parameters={"QUERY_TAG": "theia"})) as connection:
        connection.cursor().execute("SELECT 'tagged'")
        history = (
            "SELECT QUERY_TEXT, QUERY_TAG, EXECUTION_STATUS FROM TABLE(D.INFORMATION_SCHEMA.QUERY_HISTORY_BY_SESSION())"
        )
        rows = connection.cursor().execute(f"{history} WHERE QUERY_TAG = 'theia'").fetchall()
        connection.cursor().execute("CREATE OR REPLACE USER U PASSWORD = 'it''s secret'")
        told = str(connection.cursor().execute(history).fetchall())
    assert ("SELECT 'tagged'", "theia", "SUCCESS") in rows
    assert "PASSWORD = '********'" in told
    assert "secret" not in told


def test_autocommit_can_be_off(connect: Any, database: str) -> None:
    with closing(connect(database=database, warehouse="W", autocommit=False)) as connection:
        cursor = connection.cursor()
        cursor.execute("CREATE TABLE T (a INT)")
        cursor.execute("INSERT INTO T VALUES (1)")
        connection.rollback()
        cursor.execute("INSERT INTO T VALUES (2)")
        connection.commit()
        assert cursor.execute("SELECT a FROM T").fetchall() == [(2,)]


def test_result_is_fetched_by_its_id(connect: Any, database: str, served: Any) -> None:
    with closing(connect(database=database, warehouse="W")) as connection:
        cursor = connection.cursor()
        first = cursor.execute("SELECT 'early'").sfqid
        for number in range(12):
            last = cursor.execute(f"SELECT {number} AS n").sfqid
        fetched = connection.rest.request(f"/queries/{last}/result", method="get")
        assert (fetched["success"], fetched["data"]["total"]) == (True, 1)
        forgotten = connection.rest.request(f"/queries/{first}/result", method="get")
        assert (forgotten["success"], forgotten["code"]) == (False, "000709")

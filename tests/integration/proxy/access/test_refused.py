"""Every attempt through the real proxy, by a real driver: refused, recorded, and never seen by the account."""

from __future__ import annotations

from contextlib import closing

import pytest
from snowflake.connector.errors import DatabaseError, ProgrammingError

from tests.integration.proxy.access.conftest import Guarded
from tests.unit.proxy.access import attempts
from theia_sf.secret import MASK

LONG = 100_000


def _try(guarded: Guarded, user: str, tried: dict[str, str]) -> None:
    with closing(guarded.connect(user)) as connection:
        guarded.statements.clear()
        for name, sql in tried.items():
            with pytest.raises(ProgrammingError, match=f"Denied by rule {user}s of the proxy's policy") as caught:
                connection.cursor().execute(sql)
            assert (caught.value.errno, caught.value.sqlstate) == (3001, "42501"), name

    assert guarded.statements == []
    denied = guarded.events("statement.denied")
    assert len(denied) == len(tried)
    assert {(event["user"], event["rule"], event["outcome"]) for event in denied} == {(user, f"{user}s", "denied")}
    for sql, event in zip(tried.values(), denied, strict=True):
        assert event["sqlText"] == sql or MASK in event["sqlText"]  # what may be credentials


@pytest.mark.parametrize("user", ["reader", "writer"])
def test_attempts_are_refused_and_recorded_and_reach_nobody(guarded: Guarded, user: str) -> None:
    tried = {"reader": attempts.READER, "writer": attempts.WRITER}[user]
    names = [name for name, sql in tried.items() if len(sql) < LONG]
    _try(guarded, user, {name: tried[name] for name in names[::4]})


@pytest.mark.soak
@pytest.mark.parametrize("user", ["reader", "writer"])
def test_all_attempts_are_refused_and_recorded_and_reach_nobody(guarded: Guarded, user: str) -> None:
    tried = {"reader": attempts.READER, "writer": attempts.WRITER}[user]
    _try(guarded, user, {name: sql for name, sql in tried.items() if len(sql) < LONG})


def test_what_is_allowed_runs_with_the_limits_of_the_rule(guarded: Guarded) -> None:
    mine = {"rows_per_resultset": 0, "QUERY_TAG": "me"}
    with closing(guarded.connect("reader", warehouse="WH_X", session_parameters=mine)) as reader:
        guarded.statements.clear()
        assert guarded.rows(reader, "select count(*) from flows") == [(3,)]
        guarded.rows(reader, "select a from flows", rows_per_resultset=5000, search_path="secret.s")
        guarded.rows(reader, "select a from flows", rows_per_resultset=10)

    login = guarded.logins[-1]["data"]
    assert login["SESSION_PARAMETERS"]["ROWS_PER_RESULTSET"] == 1000
    assert login["SESSION_PARAMETERS"]["QUERY_TAG"] == "proxy"
    assert login["SESSION_PARAMETERS"]["SEARCH_PATH"] == "$current"
    assert "rows_per_resultset" not in login["SESSION_PARAMETERS"]
    assert login["SECONDARY_ROLES"] == "NONE"
    sent = [body["parameters"] for body in guarded.statements if "flows" in body["sqlText"]]
    assert [parameters["ROWS_PER_RESULTSET"] for parameters in sent] == [1000, 1000, 10]
    assert sent[1]["SEARCH_PATH"] == "$current"
    assert "search_path" not in sent[1]
    assert {parameters["STATEMENT_TIMEOUT_IN_SECONDS"] for parameters in sent} == {60}


def test_a_session_starts_where_the_rule_says_and_stays_within(guarded: Guarded) -> None:
    with closing(guarded.connect("reader", role="ACCOUNTADMIN", warehouse="WH_X")) as reader:
        found = guarded.rows(reader, "select current_role(), current_database(), current_schema()")
        assert found == [("ANTREA_READER_X", "ANTREA_X", "THEIA")]
        with pytest.raises(ProgrammingError, match="the database SECRET is not in"):
            guarded.rows(reader, "use database secret")
        guarded.rows(reader, "use schema antrea_x.theia")
        assert guarded.rows(reader, "select max(a) from flows") == [(3,)]


def test_a_context_that_is_not_allowed_is_refused_at_sign_in(guarded: Guarded) -> None:
    with pytest.raises(DatabaseError, match="the database SECRET is not among"):
        guarded.connect("reader", database="SECRET")
    with pytest.raises(DatabaseError, match=r"rule night of the proxy's policy: it applies from 00:00 to 00:01"):
        guarded.connect("owl")
    with pytest.raises(DatabaseError, match="no rule applies"):
        guarded.connect("stranger")

    assert [event["rule"] for event in guarded.events("session.denied")] == ["readers", "night", "default"]
    assert guarded.logins == []


def test_a_writer_writes_with_bound_rows(guarded: Guarded) -> None:
    with closing(guarded.connect("writer", warehouse="WH_X", paramstyle="qmark")) as writer:
        writer.cursor().executemany("insert into flows values (?)", [(number,) for number in range(10, 20)])
        assert guarded.rows(writer, "select count(*) from flows") == [(13,)]


def test_long_statements_are_examined_too(guarded: Guarded) -> None:
    rows = ", ".join(f"({number})" for number in range(3000))
    with closing(guarded.connect("writer", warehouse="WH_X")) as writer:
        guarded.rows(writer, f"insert into flows values {rows}")
        with pytest.raises(ProgrammingError, match=r"the object SECRET\.S\.T is not in"):
            guarded.rows(writer, f"insert into flows values {rows}, ((select max(a) from secret.s.t)), {rows}")
        assert guarded.rows(writer, "select count(*) from flows") == [(3003,)]

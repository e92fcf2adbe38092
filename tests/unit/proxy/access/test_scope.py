"""What names mean that leave out their database or schema, in whatever context the session may be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.proxy.access.support import SESSION, policy, refusal, rule

TWO = policy(rule(schemas=["A.S", "A.ONLY_A", "B.S"]))
IN_A = replace(SESSION, database="A", schema="S")


def test_a_schema_that_is_allowed_in_every_database_may_leave_out_the_database() -> None:
    assert refusal(TWO, "select * from s.t", IN_A) is None


def test_a_schema_that_is_allowed_in_one_of_two_databases_needs_it_in_front() -> None:
    # another statement of the session may be moving it to B at this moment
    assert refusal(TWO, "select * from only_a.t", IN_A) is not None
    assert refusal(TWO, "select * from a.only_a.t", IN_A) is None


@pytest.mark.parametrize(
    ("settings", "allowed"),
    [
        ({"schemas": ["S"]}, True),
        ({"databases": ["A", "B"], "schemas": ["S"]}, True),
        ({"databases": ["A", "B"], "schemas": ["A.S", "OTHER"]}, False),
        ({"databases": ["A"], "schemas": ["A.S", "OTHER"]}, True),
        ({"schemas": ["A.S", "OTHER"]}, False),
        ({"schemas": ["A.*", "B.OTHER"]}, False),
        ({"schemas": ["*.S", "B.OTHER"]}, True),
        ({"schemas": ["A*.S", "AB.OTHER"]}, True),
        ({"schemas": ["A*.S", "B*.OTHER"]}, False),
        ({"databases": ["A*"]}, True),
    ],
)
def test_which_schemas_may_leave_out_their_database(settings: dict[str, list[str]], allowed: bool) -> None:
    assert (refusal(policy(rule(**settings)), "select * from s.t", IN_A) is None) is allowed


@pytest.mark.parametrize(
    ("database", "schema"), [("OTHER", "S"), ("A", "OTHER"), ("A", None), (None, None), ("a", "S"), (None, "S")]
)
def test_unqualified_names_mean_what_is_current(database: str | None, schema: str | None) -> None:
    session = replace(SESSION, database=database, schema=schema)

    assert refusal(TWO, "select * from t", session) is not None
    assert refusal(TWO, "insert into t values (1)", session) is not None
    assert refusal(TWO, "show tables in schema", session) is not None
    assert refusal(TWO, "select * from a.s.t", session) is None


@pytest.mark.parametrize(
    "sql",
    [
        "with t as (select 1 a) select * from t",
        "with t as (select 1 a), u as (select * from t) select * from u join t on 1 = 1",
        "select * from (with t as (select 1 a) select * from t) x",
        'with "t" as (select 1 a) select * from "t"',
    ],
)
def test_tables_of_a_with_need_no_context(sql: str) -> None:
    assert refusal(TWO, sql, replace(SESSION, database="OTHER")) is None


@pytest.mark.parametrize(
    "sql",
    [
        "with t as (select * from t) select * from t",
        "with u as (select * from t), t as (select 1 a) select * from u",
        "select * from (with t as (select 1 a) select * from t) x, t",
        'with "t" as (select 1 a) select * from t',
        "with t as (select 1 a) select 1; select * from t",
        "select * from t where a in (with t as (select 1 a) select a from t)",
        "create table x as with t as (select * from t) select * from t",
    ],
)
def test_a_table_is_no_table_of_a_with_that_does_not_reach_it(sql: str) -> None:
    assert refusal(TWO, sql, replace(SESSION, database="OTHER")) is not None


def test_use_changes_what_the_following_statements_mean() -> None:
    outside = replace(SESSION, database="OTHER", schema="S")

    assert refusal(TWO, "select * from t; use schema a.s", outside) is not None
    assert refusal(TWO, "use schema a.s; select * from t; show tables", outside) is None


def test_with_a_database_its_schema_public_becomes_current() -> None:
    public = policy(rule(schemas=["A.PUBLIC", "B.S"]))

    assert refusal(public, "use database a; select * from t", replace(SESSION, database="OTHER")) is None
    denied = refusal(public, "use database b")
    assert denied is not None
    assert "USE SCHEMA" in denied.message


def test_two_dots_mean_public() -> None:
    assert refusal(policy(rule(schemas=["A.PUBLIC"])), "select * from a..t") is None
    assert refusal(TWO, "select * from a..t", IN_A) is not None


def test_a_database_without_schemas_allows_all_of_them() -> None:
    access = policy(rule(databases=["ANTREA_*", '"lower"']))

    assert refusal(access, 'select * from antrea_y.any.t, "lower".s.t, antrea_x.information_schema.tables') is None
    assert refusal(access, "select * from lower.s.t") is not None
    assert refusal(access, 'select * from "antrea_y".s.t') is not None
    assert refusal(access, "use database antrea_y; select * from t") is None


def test_functions_and_procedures_by_name() -> None:
    access = policy(rule(schemas=["A.S"], functions=["S.F", "AI_COMPLETE"], procedures=["A.S.P_*"]))

    assert refusal(access, "select s.f(1), a.s.f(2), f(3), ai_complete('m', 'p')", IN_A) is None
    assert refusal(access, "call a.s.p_1()", IN_A) is None
    assert refusal(access, "call p_2()", IN_A) is None
    assert refusal(access, "select b.s.f(1)", IN_A) is not None
    assert refusal(access, "call a.s.q()", IN_A) is not None
    assert refusal(access, "call b.s.p_1()", IN_A) is not None


def test_routines_that_leave_out_their_schema_where_it_can_be_several() -> None:
    # a statement under way may be moving the session, and what is current is known only from its answer
    access = policy(rule(schemas=["A.S", "A.T"], functions=["A.S.F", "G"], procedures=["A.S.P"]))

    assert refusal(access, "select a.s.f(1), g(2)", IN_A) is None
    assert refusal(access, "call a.s.p()", IN_A) is None
    for sql in ("select f(1)", "select s.f(1)", "call p()", "call s.p()"):
        denied = refusal(access, sql, IN_A)
        assert denied is not None
        assert denied.message.endswith("; write its name in full.")


def test_a_function_without_its_schema_must_be_in_one_that_is_allowed() -> None:
    access = policy(rule(schemas=["A.S"], functions=["F", "AI_COMPLETE"]))
    outside = replace(SESSION, database="OTHER", schema="S")

    assert refusal(access, "select f(1), ai_complete('m', 'p')", IN_A) is None
    assert refusal(access, "select ai_complete('m', 'p')", outside) is None
    assert refusal(access, "select f(1)", outside) is not None


def test_a_function_in_quotes_is_another_one() -> None:
    access = policy(rule(schemas=["A.S"], functions=["F", '"g"']))

    assert refusal(access, 'select "F"(1), "g"(2)', IN_A) is None
    assert refusal(access, 'select "f"(1)', IN_A) is not None
    assert refusal(access, "select g(1)", IN_A) is not None


def test_a_stage_in_the_middle_of_a_long_list_is_seen() -> None:
    texts = ", ".join(["'@a.s.st/x'"] * 40 + ["'@secret.s.st/x'"] + ["'@a.s.st/x'"] * 40)

    assert refusal(TWO, f"select $1 from {texts}", IN_A) is not None
    assert refusal(TWO, f"select $1 from {texts.replace('secret', 'a')}", IN_A) is None


@pytest.mark.parametrize("row", ["1, 'a', null, -2.5, true, ?", ":1", "$$a$$"])
def test_long_lists_of_literals_hide_nothing(row: str) -> None:
    rows = ", ".join([f"({row})"] * 300)

    assert refusal(TWO, f"insert into t values {rows}", IN_A) is None
    assert refusal(TWO, f"insert into t values {rows}, ((select a from secret.s.t)), {rows}", IN_A) is not None
    listed = f"select a from t where a in ({', '.join([row] * 500)}"
    assert refusal(TWO, listed + ")", IN_A) is None
    assert refusal(TWO, listed + ", secret.s.f(1), 1, 2)", IN_A) is not None


@pytest.mark.parametrize(
    ("settings", "allowed"),
    [
        ({"database": "A"}, {"A.S", "A.PUBLIC"}),
        ({"database": "A", "schema": "S"}, {"A.S"}),
        ({"database": "A", "schemas": ["S"]}, {"A.S"}),
        ({"database": "A", "schemas": ["A.S", "B.PUBLIC"]}, {"A.S", "B.PUBLIC"}),
        ({"database": "A", "schemas": ["S", "B.PUBLIC"]}, {"A.S"}),
        ({"database": "A", "databases": ["A", "B"]}, {"A.S", "A.PUBLIC", "B.S", "B.PUBLIC"}),
        ({"databases": ["B"], "schemas": ["A.S", "B.S"]}, {"B.S"}),
        ({"database": "A", "schema": "S", "schemas": ["A.*"]}, {"A.S", "A.PUBLIC"}),
    ],
)
def test_what_one_name_and_a_list_allow_together(settings: dict[str, Any], allowed: set[str]) -> None:
    access = policy(rule(**settings))
    schemas = ("A.S", "A.PUBLIC", "B.S", "B.PUBLIC", "C.S")

    assert {schema for schema in schemas if refusal(access, f"select * from {schema}.t") is None} == allowed

"""A kind of statement is allowed by its own word, by its group, and by nothing else."""

from __future__ import annotations

import pytest

from tests.unit.proxy.access.support import policy, refusal, rule, run
from theia_sf.proxy.access.kinds import GROUPS, KINDS, SESSION

OF_KIND = {
    "select": "select 1",
    "show": "show tables",
    "describe": "describe table t",
    "explain": "explain select 1",
    "insert": "insert into t values (1)",
    "update": "update t set a = 1",
    "delete": "delete from t",
    "merge": "merge into t using u on t.a = u.a when matched then delete",
    "truncate": "truncate t",
    "create": "create table t (a int)",
    "alter": "alter table t add column b int",
    "drop": "drop view v",
    "undrop": "undrop schema s",
    "comment": "comment on view v is 'x'",
    "copy": "copy into t from @s",
    "unload": "copy into @s from t",
    "put": "put file:///tmp/x @s",
    "get": "get @s file:///tmp/",
    "list": "ls @s",
    "remove": "rm @s",
    "call": "call p()",
    "show_account": "show users",
    "script": "begin return 1; end",
    "other": "create user u",
    "use": "use database d",
    "set": "set a = 1",
    "unset": "unset a",
    "alter_session": "alter session set timezone = 'UTC'",
    "transaction": "commit",
}


def test_every_kind_has_a_statement() -> None:
    assert OF_KIND.keys() == KINDS


@pytest.mark.parametrize("kind", sorted(KINDS - {"script"}))
def test_the_audit_is_told_the_kind(kind: str) -> None:
    assert kind in run(policy(rule()), OF_KIND[kind]).kinds


@pytest.mark.parametrize("kind", sorted(KINDS - SESSION))
def test_its_own_word_allows_it(kind: str) -> None:
    words = [kind, "select"] if kind == "explain" else [kind, "other"] if kind == "script" else [kind]

    assert refusal(policy(rule(statements=words)), OF_KIND[kind]) is None


@pytest.mark.parametrize("kind", sorted(KINDS - SESSION))
def test_all_others_together_do_not(kind: str) -> None:
    words = sorted(KINDS - {kind})

    denied = refusal(policy(rule(statements=words)), OF_KIND[kind])

    assert denied is not None
    assert denied.rule == "r"


@pytest.mark.parametrize("kind", sorted(SESSION))
def test_what_every_client_needs_is_always_allowed(kind: str) -> None:
    assert refusal(policy(rule(statements=["select"])), OF_KIND[kind]) is None


@pytest.mark.parametrize("group", sorted(GROUPS))
def test_a_group_allows_its_kinds_and_no_other(group: str) -> None:
    access = policy(rule(statements=[group]))

    allowed = {kind for kind in KINDS - {"explain"} if refusal(access, OF_KIND[kind]) is None}

    assert allowed == (GROUPS[group] | SESSION) - {"explain"}


def test_explain_needs_the_kind_of_what_it_explains() -> None:
    access = policy(rule(statements=["read"]))

    assert refusal(access, "explain select 1") is None
    assert refusal(access, "explain delete from t") is not None


@pytest.mark.parametrize("sql", ["set v = (select max(a) from t)", "set (v, w) = (1, (select a from t))"])
def test_a_variable_from_a_query_needs_select(sql: str) -> None:
    assert refusal(policy(rule(statements=["show"])), sql) is not None
    assert refusal(policy(rule(statements=["select"])), sql) is None


def test_a_call_with_a_query_needs_select() -> None:
    assert refusal(policy(rule(statements=["call"])), "call p((select max(a) from t))") is not None
    assert refusal(policy(rule(statements=["call", "select"])), "call p((select max(a) from t))") is None


def test_table_is_no_way_to_call_a_procedure() -> None:
    sql = "select * from table(p())"

    assert refusal(policy(rule(statements=["read"])), sql) is not None
    assert refusal(policy(rule(statements=["read", "call"])), sql) is None
    assert refusal(policy(rule(statements=["read"], functions=["p"])), sql) is None
    assert refusal(policy(rule(procedures=["q"])), sql) is not None
    assert refusal(policy(rule(procedures=["q"])), "select * from table(a.s.p())") is not None
    assert refusal(policy(rule(procedures=["q"], functions=["p"])), sql) is None
    assert refusal(policy(rule(procedures=["q"])), "select * from table(q())") is None
    assert refusal(policy(rule(statements=["read"], procedures=["p"])), sql) is not None
    tables = "select * from table(information_schema.query_history())"
    assert refusal(policy(rule(statements=["read"])), tables) is None


def test_the_audit_is_told_the_kinds_of_a_long_statement_that_was_looked_at() -> None:
    sql = f"select 1 -- {'x' * 9000}"

    assert run(policy(rule(row_limit=5)), sql).kinds == ("select",)
    assert run(policy(rule()), sql).kinds == ()


def test_places_that_statements_about_the_account_name_must_be_allowed() -> None:
    access = policy(rule(schemas=["antrea_x.theia"], statements=["read", "show_account"]))
    for sql in (
        "show grants on table antrea_x.theia.flows",
        "show grants on schema antrea_x.theia",
        "show grants to role r",
        "desc semantic view antrea_x.theia.v",
        "show users",
        "desc user u",
    ):
        assert refusal(access, sql) is None, sql
    for sql in (
        "show grants on table secret.s.t",
        "show grants on schema secret.s",
        "show grants on database secret",
        "show roles in database secret",
        "show grants to database role secret.r",
        "desc semantic view secret.s.v",
        "desc secret.s.t",
        "desc model identifier('secret.s.m')",
    ):
        assert refusal(access, sql) is not None, sql


def test_one_statement_of_several_is_enough_to_refuse_all() -> None:
    assert refusal(policy(rule(statements=["read"])), "select 1; select 2; delete from t; select 3") is not None


def test_a_function_that_acts_is_no_reading() -> None:
    access = policy(rule(statements=["read"]))

    assert refusal(access, "select system$cancel_all_queries(1)") is not None
    assert refusal(access, 'select "system$cancel_all_queries"(1)') is not None
    assert refusal(access, "select my_function(1)") is None

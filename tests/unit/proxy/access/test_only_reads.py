"""Which statements can do nothing but answer: these go to Snowflake while their start is still being recorded."""

from __future__ import annotations

import pytest

from tests.unit.proxy.access.support import policy, rule, run

READS = [
    "select sourceip, sum(octetdeltacount) from d.public.flows where n > ? group by 1",
    "with a as (select 1) select upper(x) from a, t",
    "values (1)",
    "show tables in schema d.public",
    "describe table d.public.flows",
    "explain select * from t",
    "select 1; show views",
    "execute immediate 'select 1'",
]
DOES_MORE = [
    "insert into t select 1",
    "explain insert into t select 1",
    "select my_function(1)",
    "select system$cancel_query('01b-1')",
    "select * from table(result_scan('01b-1'))",
    "select * from table(my_table_function(1))",
    "select system$wait(5)",
    "call p()",
    "use schema d.public",
    "alter session set timezone = 'UTC'",
    "select 1; drop table t",
    "begin select 1; end",
    "get @s file:///tmp/",
    "select $$ unfinished",
    "select " + "1 + " * 4000 + "1",
]


@pytest.mark.parametrize("sql", READS)
def test_it_only_reads(sql: str) -> None:
    assert run(policy(rule()), sql).only_reads


@pytest.mark.parametrize("sql", DOES_MORE)
def test_it_may_do_more(sql: str) -> None:
    assert not run(policy(rule()), sql).only_reads

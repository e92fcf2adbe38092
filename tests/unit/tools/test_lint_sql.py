"""The linter of our SQL: what it fills in, what it finds, what it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tools import lint_sql


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lint_sql, "CACHE", tmp_path / "cache")


def told(*texts: lint_sql.Text) -> list[str]:
    return lint_sql.report([(text, lint_sql.lint(text)) for text in texts])


def dashboard(query: str) -> dict[str, Any]:
    targets = [{"refId": "A", "queryText": query}]
    row = {"type": "row", "title": "More", "panels": [{"title": "Inside", "targets": targets}]}
    return {
        "templating": {"list": [{"name": "cluster", "query": query.replace("$__interval", "1m")}]},
        "annotations": {"list": [{"name": "built in"}, {"name": "Findings", "target": {"queryText": query}}]},
        "panels": [{"title": "Flows", "targets": targets}, {"title": "Text"}, row],
    }


GOOD = """SELECT
  $__timeGroup(ended, $__interval) AS "time",
  COUNT(*) AS "Flow records"
FROM FLOWS
WHERE rejectedRecord IS NULL
  AND $__timeTzFilter(flowEndSeconds)
  AND ('__all' IN (${cluster:sqlstring}) OR clusterUUID IN (${cluster:sqlstring}))
GROUP BY "time"
ORDER BY "time"
LIMIT 100"""


def test_a_file_that_does_not_parse_is_told_with_its_line() -> None:
    (line,) = told(lint_sql.template("a.sql", "SELECT a\nFROM b\nWHERE (a = 1\n"))
    assert line.startswith("a.sql:3: PRS ")


def test_style_counts_in_what_is_our_own() -> None:
    found = told(lint_sql.template("a.sql", "select a\nFROM ({flows}) AS record\nWHERE sum(a) > %(least)s\n"))
    assert [line.split(" ")[:2] for line in found] == [["a.sql:1:", "CP01"], ["a.sql:3:", "CP03"]]


def test_what_is_left_open_is_filled_in_where_it_stands() -> None:
    text = "WITH a AS (\n  {rows}\n)\nSELECT {name} AS x\nFROM ({rows}) AS b\nWHERE ({on} OR c = %(c)s)\n"
    filled = lint_sql.template("a.sql", text)
    assert filled.sql.splitlines() == [
        "WITH a AS (",
        "  SELECT * FROM given_rows",
        ")",
        "SELECT given_name AS x",
        "FROM (SELECT * FROM given_rows) AS b",
        "WHERE (given_on OR c = 1)",
    ]
    assert filled.stretched == {2, 4, 5, 6}


def test_every_query_of_a_dashboard_is_linted_as_it_runs() -> None:
    texts = list(lint_sql.panels("d.json", dashboard(GOOD)))
    origins = ["d.json [variable cluster]", "d.json [Flows A]", "d.json [Inside A]", "d.json [annotation Findings]"]
    assert [text.origin for text in texts] == origins
    assert "TIME_SLICE(TO_TIMESTAMP_NTZ(ended), 60, 'SECOND', 'START')" in texts[1].sql
    assert told(*texts[1:]) == []


def test_what_several_panels_share_is_told_once() -> None:
    (line,) = told(*lint_sql.panels("d.json", dashboard(GOOD.replace("COUNT", "count"))))[:1]
    assert line.startswith("d.json [variable cluster]:3: CP03 ")
    assert line.endswith("(and 3 more)")


def test_what_panels_have_in_common_is_linted_once() -> None:
    sql = "WITH a AS (\n  SELECT x\n  FROM t\n), b AS (\n  select x\n  FROM a\n)\nSELECT x\nFROM b\norder BY x\n"
    known = set[str]()
    first, second = (lint_sql.shortened(lint_sql.Text(name, sql), known) for name in ("first", "second"))
    assert first.sql == sql
    assert second.sql.splitlines() == [
        "WITH a AS (",
        "  SELECT * FROM given_rows",
        "), b AS (",
        "  SELECT * FROM a",
        ")",
        "SELECT x",
        "FROM b",
        "order BY x",
    ]
    assert [line.split(" ")[:2] for line in told(first)] == [["first:5:", "CP01"], ["first:10:", "CP01"]]
    assert [line.split(" ")[:2] for line in told(second)] == [["second:10:", "CP01"]]


def test_a_macro_that_does_not_exist_is_told() -> None:
    (line,) = told(*lint_sql.panels("d.json", dashboard(GOOD.replace("$__timeTzFilter", "$__timeZoneFilter"))))
    assert line.startswith('d.json [variable cluster]:1: MACRO unknown macro "__timeZoneFilter"')
    assert line.endswith("(and 3 more)")


def test_a_long_line_is_one_that_was_written_so() -> None:
    long = "SELECT a -- " + "x" * 120
    (line,) = told(lint_sql.template("a.sql", f"{long}\nFROM b\n"))
    assert line.startswith("a.sql:1: LT05 ")
    assert told(lint_sql.template("a.sql", "SELECT {a} AS " + "x" * 103 + "\nFROM b\n")) == []


@pytest.mark.parametrize(("last", "rules"), [("LIMIT 1", []), ("LIMIT 2", ["AM09"])])
def test_only_a_single_row_needs_no_order(last: str, rules: list[str]) -> None:
    text = lint_sql.template("a.sql", f"SELECT COUNT(*) AS flows\nFROM b\n{last}\n")
    assert [rule for _, rule, _ in lint_sql.lint(text)] == rules


def test_a_text_is_linted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    text = lint_sql.template("a.sql", "select 1\n")
    found = told(text)
    monkeypatch.setattr(lint_sql, "_linter", None)  # would fail if it were used
    assert told(text) == found != []

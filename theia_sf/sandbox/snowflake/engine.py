"""fakesnow's connection and cursor, with three corrections.

- DuckDB's Arrow export of a prepared result copies the rows and warns about it; a relation does neither.
- fakesnow adds up every SUM in floating point; a sum of whole numbers must stay exact (octets don't fit a double).
- Names that are reserved words in DuckDB alone (AT, for one) are quoted.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false, reportUnknownParameterType=false
# fakesnow, DuckDB and pyarrow are untyped

from __future__ import annotations

import functools
import re
from typing import Any

import duckdb
import pyarrow as pa
from fakesnow.conn import FakeSnowflakeConnection
from fakesnow.cursor import FakeSnowflakeCursor
from fakesnow.instance import FakeSnow
from sqlglot import exp

_RESERVED = """
SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category IN ('reserved', 'type_function')
"""
# fakesnow sets a random seed by a statement of its own, in front of the query
SEVERAL = re.compile(r"^SELECT setseed\([^)]*\);", re.IGNORECASE)
QUERIES = ("SELECT", "WITH", "FROM", "(")
COMMENTS = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*", re.DOTALL)
EXACT_SUM = "exact_sum"


@functools.cache
def reserved_words() -> frozenset[str]:
    """What DuckDB doesn't take as a name, in lower case."""
    with duckdb.connect() as duck:
        rows = duck.execute(_RESERVED).fetchall()
    return frozenset(row[0] for row in rows)


class DuckConnection:
    """A DuckDB cursor whose queries are kept as relations until somebody fetches them."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self._relation: Any = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def execute(self, sql: str, parameters: Any = None) -> DuckConnection:
        """Runs a statement; a single query is planned only."""
        self._relation = None
        begun = COMMENTS.sub("", sql, count=1).upper()
        if begun.startswith(QUERIES) and not SEVERAL.search(sql):
            self._relation = self._inner.sql(sql, params=parameters)
        else:
            self._inner.execute(sql, parameters)
        return self

    def fetchall(self) -> list[Any]:
        """The rows of the last statement."""
        return self._inner.fetchall() if self._relation is None else self._relation.fetchall()

    def fetchone(self) -> Any:
        """The first row of the last query, or the next one of another statement."""
        if self._relation is None:
            return self._inner.fetchone()
        return next(iter(self._relation.limit(1).fetchall()), None)

    def to_arrow_table(self) -> Any:
        """The rows of the last statement as an Arrow table."""
        if self._relation is not None:
            relation, self._relation = self._relation, None
            return relation.to_arrow_table()
        names = [column[0] for column in self._inner.description or []]
        rows = self._inner.fetchall() if names else []
        return pa.table([pa.array([row[i] for row in rows]) for i in range(len(names))], names=names)

    def cursor(self) -> Any:
        """Another connection to the same database."""
        return self._inner.cursor()

    def interrupt(self) -> None:
        """Stops what runs now."""
        self._inner.interrupt()

    def close(self) -> None:
        """Frees the connection."""
        self._relation = None
        self._inner.close()


class Cursor(FakeSnowflakeCursor):
    """fakesnow's cursor with exact sums."""

    def _transform(self, expression: exp.Expr, params: Any) -> exp.Expr:
        for node in expression.find_all(exp.Sum):
            if not isinstance(node.this, exp.Cast | exp.TryCast | exp.Distinct):
                node.meta[EXACT_SUM] = True
        transformed = super()._transform(expression, params)
        for node in transformed.find_all(exp.Sum):
            if node.meta.get(EXACT_SUM) and isinstance(node.this, exp.TryCast):
                node.set("this", node.this.this)
        for identifier in transformed.find_all(exp.Identifier):
            if identifier.name.lower() in reserved_words():
                identifier.set("quoted", True)
        return transformed


class Connection(FakeSnowflakeConnection):
    """fakesnow's connection, giving out our cursors."""

    def cursor(self, cursor_class: Any = None) -> Cursor:
        """A cursor of this connection; the connector's cursor classes make no difference here."""
        del cursor_class
        return Cursor(conn=self, duck_conn=self._duck_conn)


def connect(fake: FakeSnow) -> Connection:
    """A connection of its own to the shared DuckDB."""
    duck: Any = DuckConnection(fake.duck_conn.cursor())
    return Connection(duck, fake.results_cache, create_database=False, create_schema=False)

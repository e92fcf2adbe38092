"""DESCRIBE TABLE and VIEW. "DESCRIBE TABLE" lists the columns."""

# pyright: reportUnknownMemberType=false
# DuckDB is untyped

from __future__ import annotations

from theia_sf.sandbox.snowflake import privileges
from theia_sf.sandbox.snowflake.catalog import Relation
from theia_sf.sandbox.snowflake.errors import does_not_exist
from theia_sf.sandbox.snowflake.results import Result, listing
from theia_sf.sandbox.snowflake.statements.context import Statement

COLUMNS = [
    *("name", "type", "kind", "null?", "default", "primary key", "unique key", "check", "expression", "comment"),
    *("policy name", "privacy domain"),
]
_QUERY = """
SELECT column_name, data_type, is_nullable, column_default, comment FROM duckdb_columns()
WHERE database_name = ? AND schema_name = ? AND table_name = ? ORDER BY column_index
"""
# DuckDB type -> Snowflake type; DECIMAL(p,s) is NUMBER(p,s)
TYPES = {
    "VARCHAR": "VARCHAR(16777216)",
    "BIGINT": "NUMBER(38,0)",
    "INTEGER": "NUMBER(38,0)",
    "HUGEINT": "NUMBER(38,0)",
    "DOUBLE": "FLOAT",
    "BOOLEAN": "BOOLEAN",
    "DATE": "DATE",
    "TIME": "TIME(9)",
    "BLOB": "BINARY(8388608)",
    "JSON": "VARIANT",
    "TIMESTAMP": "TIMESTAMP_NTZ(9)",
    "TIMESTAMP_NS": "TIMESTAMP_NTZ(9)",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMP_TZ(9)",
}


def describe(statement: Statement) -> Result:
    """DESCRIBE TABLE | VIEW name."""
    name = statement.object_name()
    statement.tokens.accept("TYPE", "=", "COLUMNS")
    statement.tokens.expect_end()
    record = statement.catalog.relations.get(name)
    if record is None:
        raise does_not_exist(".".join(name), "Object")
    usable = ("SELECT", "INSERT", "UPDATE", "DELETE", "REFERENCES")
    privileges.require(statement.catalog, statement.session, record.kind, name, *usable)
    rows = [
        (
            column,
            snowflake_type(kind),
            "COLUMN",
            "Y" if nullable else "N",
            default,
            "N",
            "N",
            None,
            None,
            comment,
            None,
            None,
        )
        for column, kind, nullable, default, comment in _columns(statement, record)
    ]
    return listing(COLUMNS, rows, describe=True)


def snowflake_type(kind: str) -> str:
    """A DuckDB type as Snowflake names it."""
    if kind.startswith("DECIMAL"):
        return kind.replace("DECIMAL", "NUMBER")
    return TYPES.get(kind, kind)


def _columns(statement: Statement, record: Relation) -> list[tuple[str, str, bool, str | None, str | None]]:
    with statement.account.fake.duck_conn.cursor() as duck:
        return duck.execute(_QUERY, list(record.full_name)).fetchall()

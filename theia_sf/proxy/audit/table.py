"""The table in Snowflake that holds a copy of the records."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, cast

from theia_sf.proxy.audit.chain import parse
from theia_sf.proxy.config.audit import TABLE_PART
from theia_sf.snowflake.errors import ObjectNotFoundError
from theia_sf.snowflake.identifiers import qualified
from theia_sf.snowflake.query import execute

if TYPE_CHECKING:
    from snowflake.connector import SnowflakeConnection

_COLUMNS: Final = {
    "INSTANCE": "VARCHAR NOT NULL",
    "SEQ": "NUMBER(38, 0) NOT NULL",
    "TIME": "TIMESTAMP_NTZ NOT NULL",
    "EVENT": "VARCHAR",
    "USER_NAME": "VARCHAR",
    "ACCOUNT": "VARCHAR",
    "SESSION_ID": "VARCHAR",
    "PEER": "VARCHAR",
    "QUERY_ID": "VARCHAR",
    "OUTCOME": "VARCHAR",
    "RECORD": "VARCHAR",
    "HASH": "VARCHAR NOT NULL",
}
_LARGEST_NUMBER: Final = 10**38
_KEY: Final = ("INSTANCE", "SEQ", "HASH")
LARGEST: Final = 700_000
"""Characters of the values in one statement; Snowflake takes texts of 1 MB
(https://docs.snowflake.com/en/user-guide/query-size-limits)."""


def table_name(text: str) -> str:
    """Return the configuration's `DATABASE.SCHEMA.TABLE` as it is put into SQL."""
    return qualified(*TABLE_PART.findall(text))


def place(text: str) -> tuple[str, str]:
    """Return the database and the schema of the configuration's `DATABASE.SCHEMA.TABLE`, as they stand there."""
    database, schema, _ = TABLE_PART.findall(text)
    return database, schema


def row(line: bytes) -> tuple[Any, ...] | None:
    """Return a line's values, in the columns' order; None if it is no record.

    A record that is too long for a statement comes without its text: the file has that, and its hash is here.
    """
    record = parse(line)
    if record is None or not _fits(record):
        return None
    fields = record["fields"]
    text = line.decode("ascii", "replace").rstrip("\n")
    return (
        record.get("instance"), record.get("seq"), str(record.get("time")).removesuffix("Z"), record.get("event"),
        record.get("user"), record.get("account"), record.get("session"), record.get("peer"),
        fields.get("queryId"), fields.get("outcome"), text if weight(line) <= LARGEST else None, record.get("hash"),
    )  # fmt: skip


def _fits(record: dict[str, Any]) -> bool:
    """Tell whether the table takes it: a line that somebody changed must not hold up all those after it."""
    fields: Any = record.get("fields")
    told = cast("dict[str, Any]", fields) if isinstance(fields, dict) else {}
    texts = [record.get(name) for name in ("user", "account", "session", "peer")]
    try:
        datetime.fromisoformat(str(record.get("time")))
    except ValueError:
        return False
    return (
        type(seq := record.get("seq")) is int
        and abs(seq) < _LARGEST_NUMBER
        and isinstance(fields, dict)
        and all(isinstance(record.get(name), str) for name in ("instance", "event", "hash"))
        and all(isinstance(text, str | None) for text in (*texts, told.get("queryId"), told.get("outcome")))
    )


def weight(line: bytes) -> int:
    """Return how long a line gets in SQL text, at most."""
    return len(line) + line.count(b"\\") + line.count(b"'") + 512


def store(connection: SnowflakeConnection, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Put rows into the table, those that it has already excepted; make it if it does not exist.

    Args:
        connection: an open session with a warehouse.
        table: as by `table_name`.
        rows: as by `row`; no more than fit into one statement.

    Raises:
        TheiaError: as `execute`.
    """
    sql = _merge(table, len(rows))
    values = [value for each in rows for value in each]
    try:
        execute(connection, sql, values).close()
    except ObjectNotFoundError:
        # Not before: CREATE … IF NOT EXISTS needs the privilege to create, also where the table is there.
        columns = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
        execute(connection, f"CREATE TABLE IF NOT EXISTS {table} ({columns})").close()
        execute(connection, sql, values).close()


def _merge(table: str, count: int) -> str:
    names = ", ".join(_COLUMNS)
    told = ", ".join(
        f"column{i}::TIMESTAMP_NTZ AS TIME" if name == "TIME" else f"column{i} AS {name}"
        for i, name in enumerate(_COLUMNS, 1)
    )
    one = "(" + ", ".join(["%s"] * len(_COLUMNS)) + ")"
    same = " AND ".join(f"KEPT.{name} = FRESH.{name}" for name in _KEY)
    fresh = ", ".join(f"FRESH.{name}" for name in _COLUMNS)
    return (
        f"MERGE INTO {table} AS KEPT USING (SELECT {told} FROM VALUES {', '.join([one] * count)}) AS FRESH ON {same} "  # noqa: S608 (quoted name, bound values)
        f"WHEN NOT MATCHED THEN INSERT ({names}) VALUES ({fresh})"
    )

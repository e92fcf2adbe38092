"""How much tables and databases hold: DuckDB's number of rows, and eight bytes for each of their columns."""

# pyright: reportUnknownMemberType=false
# fakesnow is untyped

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from theia_sf.sandbox.snowflake.catalog_base import FullName, now
from theia_sf.sandbox.snowflake.usage.rates import number_of

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.account import Account

Row = dict[str, Any]

BYTES_PER_VALUE = 8
_TABLES = "SELECT database_name, schema_name, table_name, estimated_size * column_count, comment FROM duckdb_tables()"


def table_bytes(account: Account) -> dict[FullName, int]:
    """The bytes of every table."""
    return {name: size for name, (size, _) in _tables(account).items()}


def _tables(account: Account) -> dict[FullName, tuple[int, str | None]]:
    """Bytes and comment of every table."""
    with account.fake.duck_conn.cursor() as duck:
        rows: list[tuple[Any, ...]] = duck.execute(_TABLES).fetchall()
    found = {(d, s, n): (int(values or 0) * BYTES_PER_VALUE, comment) for d, s, n, values, comment in rows}
    return {name: facts for name, facts in found.items() if name in account.catalog.relations}


def table_storage_metrics(account: Account) -> list[Row]:
    """Every table that stands."""
    catalog = account.catalog
    return [
        {
            "ID": number_of(*name),
            "TABLE_NAME": name[2],
            "TABLE_SCHEMA_ID": number_of(*name[:2]),
            "TABLE_SCHEMA": name[1],
            "TABLE_CATALOG_ID": number_of(name[0]),
            "TABLE_CATALOG": name[0],
            "CLONE_GROUP_ID": number_of(*name),
            "IS_TRANSIENT": "YES" if catalog.databases[name[0]].transient else "NO",
            "ACTIVE_BYTES": size,
            "TIME_TRAVEL_BYTES": 0,
            "FAILSAFE_BYTES": 0,
            "RETAINED_FOR_CLONE_BYTES": 0,
            "DELETED": False,
            "TABLE_CREATED": catalog.relations[name].created_on,
            "COMMENT": comment,
        }
        for name, (size, comment) in _tables(account).items()
    ]


def database_storage_usage_history(account: Account) -> list[Row]:
    """What every database holds at present, as the average of today."""
    totals: defaultdict[str, int] = defaultdict(int, dict.fromkeys(account.catalog.databases, 0))
    for name, size in table_bytes(account).items():
        totals[name[0]] += size
    return [
        {
            "USAGE_DATE": now().date(),
            "DATABASE_ID": number_of(database),
            "DATABASE_NAME": database,
            "AVERAGE_DATABASE_BYTES": float(size),
            "AVERAGE_FAILSAFE_BYTES": 0.0,
        }
        for database, size in totals.items()
    ]

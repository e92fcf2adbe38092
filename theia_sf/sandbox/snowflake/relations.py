"""Tables and views as DuckDB has them, and the catalog's record of who owns them."""

# pyright: reportUnknownMemberType=false
# fakesnow is untyped

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from theia_sf.sandbox.snowflake import privileges
from theia_sf.sandbox.snowflake.catalog import FullName, Relation

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.account import Account

_TABLES = """
SELECT database_name, schema_name, table_name, 'TABLE', comment, estimated_size, NULL FROM duckdb_tables()
WHERE NOT internal AND schema_name NOT IN ('main', '_fs_information_schema')
UNION ALL
SELECT database_name, schema_name, view_name, 'VIEW', comment, 0, sql FROM duckdb_views()
WHERE NOT internal AND schema_name NOT IN ('main', '_fs_information_schema')
"""


@dataclass(frozen=True)
class Stored:
    """A table or view in DuckDB. `rows` is DuckDB's estimate, which is exact for tables without deleted rows."""

    name: FullName
    kind: str
    comment: str | None
    rows: int
    text: str | None


def stored(account: Account) -> dict[FullName, Stored]:
    """The tables and views of all databases."""
    with account.fake.duck_conn.cursor() as duck:
        rows = duck.execute(_TABLES).fetchall()
    found = [Stored((d, s, n), kind, comment, size or 0, text) for d, s, n, kind, comment, size, text in rows]
    return {relation.name: relation for relation in found if relation.name[0] in account.catalog.databases}


def synchronise(account: Account, role: str, *, replaced: FullName | None = None) -> None:
    """Brings the catalog's records up to what DuckDB holds, after a statement that may have changed it.

    New relations belong to `role` and get future grants; grants on gone (or `replaced`) ones are dropped.
    """
    catalog = account.catalog
    present = stored(account)
    with catalog.lock:
        for name, record in list(catalog.relations.items()):
            if name == replaced or name not in present or present[name].kind != record.kind:
                del catalog.relations[name]
                privileges.forget(catalog, record.kind, name)
        for name, relation in present.items():
            if name in catalog.relations:
                continue
            catalog.relations[name] = Relation(
                name=name[2], database=name[0], schema=name[1], kind=relation.kind, owner=role
            )
            privileges.own(catalog, relation.kind, name, role)

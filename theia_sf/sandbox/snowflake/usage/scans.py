"""The bytes that a statement reads: all of every table that it names, also through views."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# fakesnow is untyped

from __future__ import annotations

from typing import TYPE_CHECKING

from fakesnow.dialect import parse_one
from sqlglot import exp
from sqlglot.errors import SqlglotError

from theia_sf.sandbox.snowflake import access
from theia_sf.sandbox.snowflake.catalog_base import FullName
from theia_sf.sandbox.snowflake.usage.storage import table_bytes

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.account import Account
    from theia_sf.sandbox.snowflake.sessions import Session


def scanned_bytes(account: Account, session: Session, tree: exp.Expr) -> int:
    """How much a statement is going to read, as tables are now. Snowflake would leave out micro-partitions."""
    written = access.target_of(tree) if isinstance(tree, exp.Insert | exp.Create) else None
    waiting = _names(tree, session.database, session.schema, written)
    found: set[FullName] = set()
    while waiting:
        name = waiting.pop()
        relation = account.catalog.relations.get(name)
        if relation is None or name in found:
            continue
        found.add(name)
        if relation.kind == "VIEW" and relation.text:
            waiting += _names_in_view(relation.text, name)
    if not found:
        return 0
    sizes = table_bytes(account)
    return sum(sizes.get(name, 0) for name in found)


def _names_in_view(text: str, view: FullName) -> list[FullName]:
    try:
        tree = parse_one(text)
    except SqlglotError:  # what DuckDB keeps of a view made before the account knew of it
        return []
    return _names(tree, view[0], view[1], access.target_of(tree))


def _names(tree: exp.Expr, database: str | None, schema: str | None, written: exp.Table | None) -> list[FullName]:
    tables = [table for table in tree.find_all(exp.Table) if table is not written]
    names = [access.full_name(table, database, schema) for table in tables]
    return [name for name in names if name is not None]

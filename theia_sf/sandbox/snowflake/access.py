"""Access checks of queries and table DDL, by the names in the parsed statement.

A view needs SELECT on itself only: what it reads is its owner's matter, and isn't in the statement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from theia_sf.sandbox.snowflake import account_usage, privileges
from theia_sf.sandbox.snowflake.catalog import FullName
from theia_sf.sandbox.snowflake.errors import SnowflakeError, does_not_exist, insufficient_privileges, unsupported
from theia_sf.sandbox.snowflake.statements.parse import Tokens

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.account import Account
    from theia_sf.sandbox.snowflake.sessions import Session

# statement -> privileges on its target, one of which is enough
ON_TARGET: dict[type[exp.Expr], tuple[str, ...]] = {
    exp.Insert: ("INSERT",),
    exp.Update: ("UPDATE",),
    exp.Delete: ("DELETE",),
    exp.Merge: ("INSERT", "UPDATE", "DELETE"),
    exp.TruncateTable: ("TRUNCATE", "DELETE"),
    exp.Copy: ("INSERT",),
    exp.Alter: ("OWNERSHIP",),
    exp.Drop: ("OWNERSHIP",),
    exp.Describe: ("SELECT", "INSERT", "UPDATE", "DELETE", "REFERENCES"),
}
CREATED_KINDS = {"TABLE", "VIEW"}


def check(account: Account, session: Session, tree: exp.Expr) -> None:
    """Makes sure that every table named in a statement is there and may be used so.

    Raises:
        SnowflakeError: 002003, 003001, and 002140 for table functions that Snowflake doesn't have.
    """
    target = target_of(tree)
    if isinstance(tree, exp.Create):
        _check_create(account, session, tree, target)
    elif target is not None:
        wanted = ON_TARGET.get(type(tree), ("SELECT",))
        if not tree.args.get("exists") or ((name := resolve(session, target)) and name in account.catalog.relations):
            _check_relation(account, session, target, *wanted)
    shadowing = {cte.alias_or_name.upper() for cte in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        if table is target or isinstance(table.parent, exp.AlterRename):
            continue
        if (named := _identifier_function(table)) is not None:
            _check_relation(account, session, named, "SELECT")
            continue
        if isinstance(table.this, exp.Func):
            message = f"SQL compilation error:\nUnknown table function {table.this.sql(dialect='snowflake')}"
            raise SnowflakeError(2140, "42601", message)
        if not isinstance(table.this, exp.Identifier):
            continue
        if not table.args.get("db") and table.name.upper() in shadowing:
            continue
        _check_relation(account, session, table, "SELECT")


def resolve(session: Session, table: exp.Table) -> FullName | None:
    """The full name of a table in a statement; None if the session has no database or schema to complete it."""
    return full_name(table, session.database, session.schema)


def full_name(table: exp.Table, database: str | None, schema: str | None) -> FullName | None:
    """The full name of a table, completed by a database and a schema; None if they are missing."""
    name = _part(table.this)
    schema = _part(table.args.get("db")) or schema
    database = _part(table.args.get("catalog")) or database
    if not name or not schema or not database:
        return None
    return (database, schema, name)


def _identifier_function(table: exp.Table) -> exp.Table | None:
    """The table that IDENTIFIER('…') names in a FROM."""
    call = table.this
    if not isinstance(call, exp.DynamicIdentifier) or not isinstance(call.this, exp.Literal):
        return None
    parts = [exp.to_identifier(part, quoted=True) for part in Tokens(call.this.name).name()]
    keys = ("this", "db", "catalog")
    return exp.Table(**dict(zip(keys, reversed(parts), strict=False)))


def _part(identifier: object) -> str:
    if not isinstance(identifier, exp.Identifier):
        return ""
    return identifier.name if identifier.quoted else identifier.name.upper()


def target_of(tree: exp.Expr) -> exp.Table | None:
    """The table or view that a statement changes, creates or describes; None for queries."""
    if not isinstance(tree, (exp.Create, *ON_TARGET)):
        return None
    this: object = tree.args.get("this")
    if isinstance(tree, exp.TruncateTable):
        this = next(iter(tree.expressions), None)
    if isinstance(tree, exp.Drop):
        this = next(iter(tree.args.get("tables") or []), this)
    if isinstance(this, exp.Schema):
        this = this.this
    return this if isinstance(this, exp.Table) else None


def _check_create(account: Account, session: Session, tree: exp.Create, target: exp.Table | None) -> None:
    kind = str(tree.kind or "").upper()
    if kind not in CREATED_KINDS or target is None:
        return
    if tree.find(exp.TemporaryProperty):
        feature = "TEMPORARY TABLE"
        raise unsupported(feature)
    name = resolve(session, target)
    if name is None:
        return
    _check_schema(account, name)
    privileges.require_usage(account.catalog, session, name[0], name[1])
    if privileges.is_admin(account.catalog, session):
        return
    held = privileges.privileges_on(account.catalog, session, "SCHEMA", name[:2])
    if not held & {f"CREATE {kind}", "OWNERSHIP", "ALL"}:
        raise insufficient_privileges(name[1], "schema")


def _check_schema(account: Account, name: FullName) -> None:
    if name[0] not in account.catalog.databases:
        raise does_not_exist(name[0], "Database")
    if name[:2] not in account.catalog.schemas:
        raise does_not_exist(".".join(name[:2]), "Schema")


def _check_relation(account: Account, session: Session, table: exp.Table, *wanted: str) -> None:
    name = resolve(session, table)
    if name is None:
        return
    catalog = account.catalog
    if name[0] == account_usage.SCHEMA[0]:
        account_usage.check(account, session, name)
        return
    if name[0] not in catalog.databases:
        raise does_not_exist(name[0], "Database")
    if name[1] == "INFORMATION_SCHEMA":
        privileges.require_usage(catalog, session, name[0], None)
        return
    _check_schema(account, name)
    privileges.require_usage(catalog, session, name[0], name[1])
    record = catalog.relations.get(name)
    if record is None:
        raise does_not_exist(".".join(name), "Object")
    try:
        privileges.require(catalog, session, record.kind, name, *wanted)
    except SnowflakeError as error:
        if error.errno == 2003:  # noqa: PLR2004 - names the kind only where the object is known
            raise does_not_exist(".".join(name), "Object") from error
        raise

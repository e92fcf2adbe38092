"""Queries, DML and table DDL: checked here, run by fakesnow on DuckDB."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportPrivateUsage=false
# pyright: reportUnknownArgumentType=false
# ruff: noqa: SLF001
# fakesnow is untyped, and what a cursor ran last can be described through private members only

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import duckdb
from fakesnow.cursor import FakeSnowflakeCursor
from fakesnow.dialect import parse_one
from fakesnow.statement_type import statement_type_id
from sqlglot import exp

from theia_sf.sandbox.snowflake import access, privileges
from theia_sf.sandbox.snowflake.arrow_types import snowflake_table
from theia_sf.sandbox.snowflake.catalog import FullName
from theia_sf.sandbox.snowflake.ddl_comments import Comments, take_comments
from theia_sf.sandbox.snowflake.errors import syntax_error, unsupported
from theia_sf.sandbox.snowflake.functions import calls_functions, needs_warehouse, replace_functions
from theia_sf.sandbox.snowflake.history import history_tables
from theia_sf.sandbox.snowflake.relations import synchronise
from theia_sf.sandbox.snowflake.results import Result, status, succeeded
from theia_sf.sandbox.snowflake.statements.comments import comment_column, comment_relation
from theia_sf.sandbox.snowflake.statements.warehouses import wake
from theia_sf.sandbox.snowflake.usage.scans import scanned_bytes

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.account import Account, Bindings
    from theia_sf.sandbox.snowflake.queries import Query
    from theia_sf.sandbox.snowflake.sessions import Session

CONFLICT_ATTEMPTS = 8
CONFLICT_PAUSE_SECONDS = 0.05
RUNNABLE = (
    exp.Query,
    exp.Insert,
    exp.MultitableInserts,
    exp.Update,
    exp.Delete,
    exp.Merge,
    exp.Copy,
    exp.Create,
    exp.Drop,
    exp.Alter,
    exp.TruncateTable,
    exp.Describe,
    exp.Show,
    exp.Transaction,
    exp.Commit,
    exp.Rollback,
    exp.Set,
)


def run(account: Account, session: Session, query: Query, bindings: Bindings, *, describe_only: bool) -> Result:
    """Runs a statement on DuckDB after the checks that Snowflake would make.

    Raises:
        SnowflakeError: the checks' refusals; fakesnow's and DuckDB's own errors go through to the caller.
    """
    tree = parse_one(query.sql)
    if isinstance(tree, exp.Alias | exp.Column | exp.Literal):
        detail = f"syntax error line 1 at position 0 unexpected '{query.sql.split(maxsplit=1)[0]}'."
        raise syntax_error(detail)
    if not isinstance(tree, RUNNABLE):
        feature = query.sql.strip().split(maxsplit=1)[0].upper()
        raise unsupported(feature)
    type_id = statement_type_id(tree) if not isinstance(tree, exp.Query) else 0x1000
    access.check(account, session, tree)
    if needs_warehouse(tree) and not session.serverless and not describe_only:
        query.computed_by = wake(account.catalog, session)
        query.bytes_scanned = scanned_bytes(account, session, tree)
    if (answer := _already_there(account, session, tree)) is not None:
        return answer
    comments = take_comments(tree)
    if isinstance(tree, exp.Alter) and (answer := _set_comment(account, session, tree)):
        return answer
    with history_tables(account, session, query, tree) as ready:
        changed = bool(comments) or ready.history or calls_functions(ready.tree)
        sql = replace_functions(ready.tree, account, session).sql(dialect="snowflake") if changed else query.sql
        cursor = session.conn.cursor()
        if describe_only and (described := cursor._describe_only(sql)) is not None:
            return _described(described, tree, type_id)
        _execute(session, cursor, sql, bindings)
        result = _result(cursor, type_id)
        _remember(account, query, cursor)
    if isinstance(tree, exp.Create | exp.Drop | exp.Alter):
        _after_ddl(account, session, query, tree, comments)
    return result


def _execute(session: Session, cursor: FakeSnowflakeCursor, sql: str, bindings: Bindings) -> None:
    """DuckDB refuses a write that meets another one, where Snowflake waits: try again a few times."""
    for attempt in range(1, CONFLICT_ATTEMPTS + 1):
        try:
            cursor.execute(sql, binding_params=bindings, server=True)
        except duckdb.TransactionException as error:
            if attempt == CONFLICT_ATTEMPTS or session.conn._in_transaction or "onflict" not in str(error):
                raise
            time.sleep(CONFLICT_PAUSE_SECONDS * attempt)
        else:
            return


def _result(cursor: FakeSnowflakeCursor, type_id: int) -> Result:
    table: Any = cursor._arrow_table
    if table is None:
        return succeeded()
    described = cursor._describe_last_sql()
    ready, rowtype = snowflake_table(table, described)
    return Result(type_id=type_id, table=ready, arrow_rowtype=rowtype)


def _remember(account: Account, query: Query, cursor: FakeSnowflakeCursor) -> None:
    """RESULT_SCAN finds results by the query id that the client was told."""
    cache = account.fake.results_cache
    if cursor.sfqid in cache:
        cache[query.id] = cache[cursor.sfqid]


def _already_there(account: Account, session: Session, tree: exp.Expr) -> Result | None:
    """The answer of CREATE … IF NOT EXISTS for what exists, and of DROP … IF EXISTS for what doesn't."""
    target = access.target_of(tree) if isinstance(tree, exp.Create | exp.Drop) and tree.args.get("exists") else None
    name = access.resolve(session, target) if target is not None else None
    if name is None:
        return None
    there = name in account.catalog.relations
    if isinstance(tree, exp.Create) and there:
        return status(f"{name[2]} already exists, statement succeeded.")
    if isinstance(tree, exp.Drop) and not there:
        return status(f"Drop statement executed successfully ({name[2]} already dropped).")
    return None


def _described(described: list[Any], tree: exp.Expr, type_id: int) -> Result:
    import pyarrow as pa  # noqa: PLC0415 - describe requests are rare

    empty = pa.table({f"c{i}": pa.array([], pa.string()) for i in range(len(described))})
    _, rowtype = snowflake_table(empty, described)
    binds = len(list(tree.find_all(exp.Placeholder)))
    extra = {"numberOfBinds": binds, "arrayBindSupported": isinstance(tree, exp.Insert)}
    return Result(type_id=type_id, extra=extra, arrow_rowtype=rowtype)


def _set_comment(account: Account, session: Session, tree: exp.Alter) -> Result | None:
    """ALTER TABLE | VIEW … SET COMMENT = '…', if that is what the statement is."""
    comments = [c for action in tree.args.get("actions") or [] for c in action.find_all(exp.SchemaCommentProperty)]
    target = tree.this
    if not comments or not isinstance(target, exp.Table):
        return None
    name = access.resolve(session, target)
    record = account.catalog.relations.get(name) if name else None
    if record is not None:
        comment_relation(account, record.kind, record.full_name, comments[0].this.name)
    return succeeded()


def _move(account: Account, session: Session, old: FullName, renaming: exp.AlterRename) -> None:
    """A renamed table keeps its owner and grants."""
    new = access.resolve(session, renaming.this)
    record = account.catalog.relations.pop(old, None)
    if new is None or record is None:
        return
    record.database, record.schema, record.name = new
    account.catalog.relations[new] = record
    privileges.rename(account.catalog, record.kind, old, new)


def _after_ddl(account: Account, session: Session, query: Query, tree: exp.Expr, comments: Comments) -> None:
    target = access.target_of(tree)
    name: FullName | None = access.resolve(session, target) if target is not None else None
    if name is not None and (renaming := tree.find(exp.AlterRename)) is not None:
        _move(account, session, name, renaming)
    before = account.catalog.relations.get(name) if name else None
    replacing = isinstance(tree, exp.Create) and bool(tree.args.get("replace"))
    synchronise(account, session.role, replaced=name if replacing else None)
    record = account.catalog.relations.get(name) if name else None
    if record is None or (record is before and isinstance(tree, exp.Create)):
        return
    if record.kind == "VIEW" and isinstance(tree, exp.Create):
        record.text = query.sql
    if comments.relation is not None:
        comment_relation(account, record.kind, record.full_name, comments.relation)
    for column, text in comments.columns.items():
        comment_column(account, record.full_name, column, text)

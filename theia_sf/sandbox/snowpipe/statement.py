"""A COPY INTO <table> statement, taken apart.

The grammar is Snowflake's (docs.snowflake.com/en/sql-reference/sql/copy-into-table), read by sqlglot.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# sqlglot's trees are untyped.

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokens import TokenType  # pyright: ignore[reportPrivateImportUsage] - its documented place

from theia_sf.sandbox.snowflake.errors import syntax_error

Name = tuple[str, ...]
"""The one to three parts of an object's name, resolved: unquoted parts in upper case."""


@dataclass(frozen=True)
class CopyStatement:
    """What a COPY INTO says.

    `select` holds the SELECT of a transformation, None for a plain COPY. `stage_path` is what follows the stage's
    name, without the slash. `file_format` and `options` have upper-case keys and Python values (NONE is None, TRUE a
    bool, a list a tuple); words and numbers stay text.
    """

    text: str
    table: Name
    columns: tuple[str, ...]
    select: exp.Select | None
    stage: Name
    stage_path: str
    file_format: dict[str, Any] = field(default_factory=dict[str, Any])
    options: dict[str, Any] = field(default_factory=dict[str, Any])


@lru_cache(maxsize=64)
def parse_copy(sql: str) -> CopyStatement:
    """Reads a statement.

    Raises:
        SnowflakeError: 001003, it isn't a COPY INTO <table> from a stage.
    """
    try:
        tree = sqlglot.parse_one(sql, read="snowflake")
    except SqlglotError as error:
        msg = f"syntax error in the COPY statement: {str(error).splitlines()[0]}"
        raise syntax_error(msg) from error
    if not isinstance(tree, exp.Copy) or not tree.args.get("kind"):
        msg = "syntax error: expected COPY INTO <table>."
        raise syntax_error(msg)
    target = tree.this
    table = target.this if isinstance(target, exp.Schema) else target
    columns = target.expressions if isinstance(target, exp.Schema) else []
    select, source = _source(tree)
    stage, path = _location(source)
    parameters = {parameter.name.upper(): parameter for parameter in tree.args.get("params") or []}
    file_format = parameters.pop("FILE_FORMAT", None)
    return CopyStatement(
        text=sql,
        table=_resolved([part for part in table.parts if isinstance(part, exp.Identifier)]),
        columns=tuple(_resolve(column) for column in columns),
        select=select,
        stage=stage,
        stage_path=path,
        file_format=_format(file_format) if file_format is not None else {},
        options={name: _value(parameter.args.get("expression")) for name, parameter in parameters.items()},
    )


def _source(tree: exp.Copy) -> tuple[exp.Select | None, str]:
    """The SELECT, if there is one, and the text of the stage reference."""
    sources = tree.args.get("files") or []
    source = sources[0] if len(sources) == 1 else None
    select = source.this if isinstance(source, exp.Subquery) and isinstance(source.this, exp.Select) else None
    origin = select.args.get("from_") if select is not None else None
    table = origin.this if origin is not None else source
    if not isinstance(table, exp.Table) or not table.name.startswith("@"):
        msg = "syntax error: a COPY into a table reads FROM a stage (@name)."
        raise syntax_error(msg)
    return select, table.name


def _location(reference: str) -> tuple[Name, str]:
    """`@db."Schema".stage/path/file` as the stage's name and the path below it."""
    name, _, path = reference[1:].partition("/")
    return parse_name(name), path


def parse_name(text: str) -> Name:
    """A dotted name as its resolved parts: quoted ones as written, the others in upper case."""
    tokens = sqlglot.tokenize(text, read="snowflake")
    return tuple(t.text if t.token_type is TokenType.IDENTIFIER else t.text.upper() for t in tokens if t.text != ".")


def _resolved(identifiers: list[exp.Identifier]) -> Name:
    return tuple(_resolve(identifier) for identifier in identifiers)


def _resolve(identifier: exp.Identifier) -> str:
    return identifier.name if identifier.args.get("quoted") else identifier.name.upper()


def _format(parameter: Any) -> dict[str, Any]:
    return {option.this.name.upper(): _value(option.args.get("value")) for option in parameter.expressions}


def _value(node: Any) -> Any:
    if isinstance(node, exp.Boolean):
        return node.this
    if isinstance(node, exp.Tuple | exp.Paren):
        return tuple(_value(item) for item in (node.expressions or ([node.this] if node.this else [])))
    if isinstance(node, exp.Literal):
        return node.this
    word = "" if node is None else node.name.upper()
    return None if word == "NONE" else word

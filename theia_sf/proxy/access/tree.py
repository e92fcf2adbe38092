"""What a statement that sqlglot can parse names: tables, and the functions that it calls."""

from __future__ import annotations

from typing import Any, Final, NoReturn

from sqlglot import ErrorLevel, exp
from sqlglot.dialects.snowflake import Snowflake
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token

from theia_sf.proxy.access.cursor import stage_in
from theia_sf.proxy.access.functions import HARMLESS, reaches
from theia_sf.proxy.access.literals import shorten
from theia_sf.proxy.access.scan import Seen, scan
from theia_sf.proxy.access.statement import Reference, Role, UnreadableError

_DIALECT: Final = Snowflake()


class _Tokenizer(Snowflake.Tokenizer):
    COMMANDS = set()  # noqa: RUF012 - overrides sqlglot's class variable: no word makes the rest one opaque text


class _Parser(Snowflake.Parser):
    # sqlglot keeps what it does not know as opaque text, and logs it; here it is an error, and nothing is logged
    def _parse_as_command(self, start: Token) -> NoReturn:
        message = f"its {start.text.upper()[:40]} has a form that is not known"
        raise UnreadableError(message)

    def _warn_unsupported(self) -> NoReturn:
        message = "it has a form that is not known"
        raise UnreadableError(message)


_MOST_PARSED: Final = 40_000
"""Tokens, when long lists of literals are cut short."""


def parse(text: str) -> exp.Expr:
    """Return the tree of one statement.

    Raises:
        UnreadableError: sqlglot cannot parse all of it, or it is too deeply nested.
    """
    try:
        tokens = shorten(_Tokenizer(dialect=_DIALECT).tokenize(text))
        if len(tokens) > _MOST_PARSED:
            message = "it is too long"
            raise UnreadableError(message)
        trees = _Parser(dialect=_DIALECT, error_level=ErrorLevel.IMMEDIATE).parse(tokens, text)
    except SqlglotError as error:
        message = "its syntax is not known"
        raise UnreadableError(message) from error
    except RecursionError as error:
        message = "it is too deeply nested"
        raise UnreadableError(message) from error
    except (ValueError, TypeError, AttributeError, KeyError, IndexError) as error:  # of sqlglot itself, at odd input
        message = "its syntax is not known"
        raise UnreadableError(message) from error
    if len(trees) != 1 or trees[0] is None:
        message = "it is not one statement"
        raise UnreadableError(message)
    return trees[0]


def references(sql: str, tokens: list[Token], tree: exp.Expr, offset: int) -> tuple[Reference, ...]:
    """Return everything that a parsed statement names.

    Args:
        sql: the whole text.
        tokens: those of the statement.
        tree: of the statement.
        offset: where the text that was parsed begins in the whole one.

    Raises:
        UnreadableError: it has something that shows only when it runs.
    """
    found: dict[Reference, None] = {}
    common: dict[int, dict[str, int]] = {}
    tables: set[int] = set()
    names: set[int] = set()
    others: set[int] = set()
    for node in tree.walk():
        if isinstance(node, exp.Identifier):
            start = node.meta.get("start")
            if start is not None:
                names.add(start + offset)
                if isinstance(node.parent, exp.Dot):
                    others.add(start + offset)
        elif isinstance(node, exp.Table):
            table = _table(node)
            if table is not None and not _is_common_table(node, table, common):
                found[table] = None
            if isinstance(node.this, exp.Identifier):
                tables |= {part.meta["start"] + offset for part in node.parts if "start" in part.meta}
        elif isinstance(node, exp.Anonymous) and not _is_qualified(node):
            name = str(node.this).upper()
            if name not in HARMLESS and not reaches(name):  # those the tokens tell
                found[Reference(Role.FUNCTION, (name,))] = None
        elif isinstance(node, (exp.Command, exp.SemanticView)):
            message = "it has a form that is not known"
            raise UnreadableError(message)
    seen = Seen(frozenset(names), frozenset(tables), frozenset(others))
    found.update(dict.fromkeys(scan(sql, tokens, seen)))
    return tuple(found)


def _table(node: exp.Table) -> Reference | None:
    this: Any = node.this
    if isinstance(this, exp.Identifier):
        return Reference(Role.OBJECT, _parts(node))
    if isinstance(this, exp.Literal) and this.is_string and this.name.startswith("@"):
        return stage_in(this.name)
    if isinstance(this, exp.Var) and this.name.startswith("@"):
        return None  # its tokens tell
    if isinstance(this, (exp.DynamicIdentifier, exp.DirectoryStage, exp.Func)):
        return None  # as above
    message = "what it reads or writes shows only when it runs, or lies outside Snowflake"
    raise UnreadableError(message)


def _is_qualified(node: exp.Anonymous) -> bool:
    # db.schema.f(), whose tokens tell
    return isinstance(node.parent, exp.Dot) or (isinstance(node.parent, exp.Table) and bool(node.parent.args.get("db")))


def _parts(node: exp.Table) -> tuple[str, ...]:
    parts = [node.args.get("catalog"), node.args.get("db"), node.this]
    first = next(i for i, part in enumerate(parts) if part)
    return tuple(_stored(part) for part in parts[first:])


def _stored(part: Any) -> str:
    if part is None or part == "":
        return ""
    if not isinstance(part, exp.Identifier):
        message = "a name in it has a form that is not known"
        raise UnreadableError(message)
    return part.name if part.args.get("quoted") else part.name.upper()


def _positions(named: exp.With) -> dict[str, int]:
    """Where in a WITH the (first) table of a name is defined."""
    found: dict[str, int] = {}
    for position, cte in enumerate(named.expressions):
        found.setdefault(_stored(cte.args["alias"].this), position)
    return found


def _is_common_table(node: exp.Table, table: Reference, common: dict[int, dict[str, int]]) -> bool:
    """Whether a table is one that a WITH around it defines, before the place where it is named."""
    if len(table.names) != 1:
        return False
    inside: exp.Expr = node
    above = node.parent
    while above is not None:
        named: Any = above if isinstance(above, exp.With) else above.args.get("with_")
        if isinstance(named, exp.With) and named is not inside:
            if id(named) not in common:
                common[id(named)] = _positions(named)
            defined = common[id(named)].get(table.names[0])
            if defined is not None and (not isinstance(inside, exp.CTE) or defined < (inside.index or 0)):
                return True
        inside, above = above, above.parent
    return False

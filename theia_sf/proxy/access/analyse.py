"""What a text of one or more statements is and names: kinds, objects, functions, whatever changes the session."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Final

from sqlglot import exp
from sqlglot.tokenizer_core import Token, TokenType

from theia_sf.proxy.access import named, tree
from theia_sf.proxy.access.commands import objects, session, show, stages
from theia_sf.proxy.access.cursor import Cursor
from theia_sf.proxy.access.kinds import CALL, OTHER, SCRIPT
from theia_sf.proxy.access.statement import Reference, Role, Statement, UnreadableError
from theia_sf.proxy.access.tokens import STRINGS, plain, split, tokenize

_REMEMBERED: Final = 2048
_LONGEST_REMEMBERED: Final = 8192
_DEEPEST: Final = 4
"""EXECUTE IMMEDIATE within EXECUTE IMMEDIATE."""

_PARSED: Final[dict[str, tuple[str, tuple[type[exp.Expr], ...]]]] = {
    "SELECT": ("select", (exp.Query,)),
    "WITH": ("select", (exp.Query,)),
    "(": ("select", (exp.Query,)),
    "VALUES": ("select", (exp.Values,)),
    "INSERT": ("insert", (exp.Insert, exp.MultitableInserts)),
    "UPDATE": ("update", (exp.Update,)),
    "DELETE": ("delete", (exp.Delete,)),
    "MERGE": ("merge", (exp.Merge,)),
}
_FILES: Final = {"LIST": "list", "LS": "list", "REMOVE": "remove", "RM": "remove", "PUT": "put", "GET": "get"}
_BLOCKS: Final = frozenset({"DECLARE", "LET", "IF", "FOR", "WHILE", "LOOP", "REPEAT", "RETURN", "CASE", "END", "RAISE"})


def analyse(sql: str) -> tuple[Statement, ...]:
    """Return what each statement of a text is; texts of a usual length are remembered.

    A text that cannot be read is one statement of the kind `other` that says why.
    """
    return _remembered(sql) if is_remembered(sql) else _analyse(sql, 0)


def is_remembered(sql: str) -> bool:
    """Tell whether a text is short enough to be remembered: analysing it costs next to nothing."""
    return len(sql) <= _LONGEST_REMEMBERED


@lru_cache(maxsize=_REMEMBERED)
def _remembered(sql: str) -> tuple[Statement, ...]:
    return _analyse(sql, 0)


def _analyse(sql: str, depth: int) -> tuple[Statement, ...]:
    try:
        statements = split(tokenize(sql))
    except UnreadableError as error:
        return (Statement((error.kind,), unread=error.reason),)
    return tuple(found for tokens in statements for found in _statement(sql, tokens, depth))


def _statement(sql: str, tokens: list[Token], depth: int) -> tuple[Statement, ...]:
    try:
        return _read(Cursor(sql, tokens), depth)
    except UnreadableError as error:
        return (Statement((error.kind,), unread=error.reason),)
    except RecursionError:
        return (Statement((OTHER,), unread="it is too deeply nested"),)


def _read(cursor: Cursor, depth: int) -> tuple[Statement, ...]:
    if any(token.token_type == TokenType.DARROW for token in cursor.tokens):
        message = "->> leads on to another statement"
        raise UnreadableError(message)
    verb = cursor.word()
    if verb in _PARSED:
        return (_parsed(cursor, *_PARSED[verb]),)
    cursor.position += 1
    if verb == "EXPLAIN":
        return _explain(cursor, depth)
    if verb == "EXECUTE":
        return _execute(cursor, depth)
    return (_command(cursor, verb),)


def _command(cursor: Cursor, verb: str) -> Statement:
    simple = {"USE": session.use, "UNSET": session.unset, "SHOW": show.show, "TRUNCATE": objects.truncate}
    simple |= {"DESCRIBE": show.describe, "DESC": show.describe, "COMMENT": objects.comment}
    if verb in simple:
        return simple[verb](cursor)
    if verb in ("DROP", "UNDROP"):
        return objects.drop(cursor, verb.lower())
    if verb in _FILES:
        return stages.files(cursor, _FILES[verb])
    if verb in ("BEGIN", "START", "COMMIT", "ROLLBACK"):
        if (found := session.transaction(cursor, verb)) is not None:
            return found
        verb = "DECLARE"
    if verb in _BLOCKS:
        message = "what a script does shows when it runs"
        raise UnreadableError(message, SCRIPT)
    longer = {"SET": _set, "COPY": _copy, "CREATE": _create, "ALTER": _alter, "CALL": _call}
    if verb in longer:
        return longer[verb](cursor)
    message = f"a statement that begins with {verb[:40]!r} is not known to it"
    raise UnreadableError(message)


def _parsed(cursor: Cursor, kind: str, types: tuple[type[exp.Expr], ...]) -> Statement:
    parsed = tree.parse(plain(cursor.sql, cursor.tokens))
    if not isinstance(parsed, types):
        message = "its syntax is not known"
        raise UnreadableError(message)
    return Statement((kind,), named.references(cursor.sql, cursor.tokens, parsed, cursor.tokens[0].start))


def _expression(cursor: Cursor, kind: str) -> Statement:
    """A statement that goes on with values, read as those of a SELECT. With a query among them it is a SELECT, too."""
    if cursor.at_end:
        raise cursor.unexpected()
    before = "SELECT "
    parsed = tree.parse(before + plain(cursor.sql, cursor.rest))
    if not isinstance(parsed, exp.Select) or set(_used(parsed)) - {"expressions", "kind", "hint"}:
        raise cursor.unexpected()
    reads = any(query is not parsed for query in parsed.find_all(exp.Query))
    names = named.references(cursor.sql, cursor.rest, parsed, cursor.rest[0].start - len(before))
    return Statement((kind, "select") if reads else (kind,), names)


def _used(node: exp.Expr) -> list[str]:
    return [key for key, value in node.args.items() if value]


def _set(cursor: Cursor) -> Statement:
    session.variables(cursor)
    return _expression(cursor, "set")


def _copy(cursor: Cursor) -> Statement:
    cursor.expect("INTO")
    return _parsed(cursor, "unload" if stages.is_unload(cursor) else "copy", (exp.Copy,))


def _create(cursor: Cursor) -> Statement:
    kind = objects.created_kind(cursor)
    if not objects.is_parsed(kind):
        return objects.create(cursor, kind)
    return _parsed(cursor, "create", (exp.Create,))


def _alter(cursor: Cursor) -> Statement:
    if cursor.accept("SESSION"):
        return session.alter_session(cursor)
    if cursor.accept_any("TABLE", "VIEW"):
        return _parsed(cursor, "alter", (exp.Alter,))
    message = "it alters something else than tables, views and the session"
    raise UnreadableError(message)


def _call(cursor: Cursor) -> Statement:
    start = cursor.position
    procedure = Reference(Role.PROCEDURE, cursor.name())
    if cursor.word() != "(":
        raise cursor.unexpected()
    cursor.position = start
    found = _expression(cursor, CALL)
    functions = [name for name in found.references if name != Reference(Role.FUNCTION, procedure.names)]
    return replace(found, references=(procedure, *functions))


def _explain(cursor: Cursor, depth: int) -> tuple[Statement, ...]:
    if cursor.accept("USING"):
        cursor.identifier()
    inner = _read(Cursor(cursor.sql, cursor.rest), depth)
    return tuple(Statement(("explain", *found.kinds), found.references, found.unread) for found in inner)


def _execute(cursor: Cursor, depth: int) -> tuple[Statement, ...]:
    cursor.expect("IMMEDIATE")
    if cursor.at_end or cursor.rest[0].token_type not in STRINGS or depth >= _DEEPEST:
        message = "what EXECUTE IMMEDIATE runs shows when it runs"
        raise UnreadableError(message, SCRIPT)
    text = cursor.readable()
    if cursor.accept("USING"):
        cursor.expect("(")
        while cursor.word() not in (")", ""):
            cursor.position += 1
        cursor.expect(")")
    cursor.expect_end()
    return _analyse(text, depth + 1)

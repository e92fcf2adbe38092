"""SHOW and DESCRIBE."""

from __future__ import annotations

from typing import Final

from theia_sf.proxy.access.cursor import Cursor
from theia_sf.proxy.access.functions import RESULT_SCAN
from theia_sf.proxy.access.kinds import SHOW_ACCOUNT
from theia_sf.proxy.access.statement import Reference, Role, Statement, UnreadableError
from theia_sf.proxy.access.tokens import is_name

# what is part of a schema, hence limited by the policy's databases and schemas
_IN_SCHEMAS: Final = frozenset(
    {
        "TABLES", "VIEWS", "OBJECTS", "COLUMNS", "SCHEMAS", "PRIMARY KEYS", "IMPORTED KEYS", "EXPORTED KEYS",
        "UNIQUE KEYS", "STAGES", "FILE FORMATS", "SEQUENCES", "STREAMS", "TASKS", "PIPES", "FUNCTIONS",
        "USER FUNCTIONS", "PROCEDURES", "USER PROCEDURES", "EXTERNAL FUNCTIONS", "MATERIALIZED VIEWS", "DYNAMIC TABLES",
        "EXTERNAL TABLES", "EVENT TABLES", "ICEBERG TABLES", "HYBRID TABLES", "TAGS", "SEMANTIC VIEWS",
    }
)  # fmt: skip
_OF_A_TABLE: Final = frozenset({"COLUMNS", "PRIMARY KEYS", "IMPORTED KEYS", "EXPORTED KEYS", "UNIQUE KEYS"})
# names alone, and only those that Snowflake lets the role see: no client's list of databases works without
_FREE: Final = frozenset({"DATABASES", "WAREHOUSES", "VARIABLES", "BUILTIN FUNCTIONS"})
_ENDS: Final = frozenset({"", "LIKE", "IN", "FOR", "ON", "TO", "OF", "STARTS", "LIMIT", "HISTORY"})
_PLACES: Final = {"DATABASE": Role.DATABASE, "SCHEMA": Role.SCHEMA, "ROLE": Role.DATABASE}  # DATABASE ROLE d.r
_DESCRIBED: Final = (
    ("TABLE",), ("VIEW",), ("MATERIALIZED", "VIEW"), ("DYNAMIC", "TABLE"), ("EXTERNAL", "TABLE"), ("EVENT", "TABLE"),
    ("ICEBERG", "TABLE"), ("HYBRID", "TABLE"), ("STREAM",), ("STAGE",), ("FILE", "FORMAT"), ("SEQUENCE",), ("PIPE",),
    ("TASK",), ("FUNCTION",), ("PROCEDURE",),
)  # fmt: skip


def show(cursor: Cursor) -> Statement:
    """Read what follows SHOW."""
    cursor.accept("TERSE")
    words: list[str] = []
    while cursor.word() not in _ENDS:
        words.append(cursor.word())
        cursor.position += 1
    what = " ".join(words)
    cursor.accept("HISTORY")
    _like(cursor)
    if what == "PARAMETERS":
        statement = _parameters(cursor)
    elif what in _FREE:
        if cursor.accept("IN"):
            cursor.expect("ACCOUNT")
        statement = Statement(("show",))
    elif what in _IN_SCHEMAS:
        scope = _scope(cursor, what)
        statement = Statement(("show",), (scope,)) if scope is not None else Statement((SHOW_ACCOUNT,))
    else:
        statement = _of_account(cursor)
    _like(cursor)
    if cursor.accept("STARTS", "WITH"):
        cursor.string()
    if cursor.accept("LIMIT"):
        cursor.position += 1
        if cursor.accept("FROM"):
            cursor.string()
    cursor.expect_end()
    return statement


def _like(cursor: Cursor) -> None:
    if cursor.accept("LIKE"):
        cursor.string()


def _parameters(cursor: Cursor) -> Statement:
    if not cursor.accept_any("IN", "FOR") or cursor.accept("SESSION"):
        return Statement(("show",))
    return _of_account(cursor)


def _scope(cursor: Cursor, what: str) -> Reference | None:
    if not cursor.accept("IN"):
        return Reference(Role.LISTING, ())
    if cursor.accept("ACCOUNT"):
        return None
    if word := cursor.accept_any("DATABASE", "SCHEMA"):
        # without a name it is the current one
        current = cursor.at_end or cursor.word() in _ENDS - {""}
        return Reference(Role.DATABASE if word == "DATABASE" else Role.SCHEMA, () if current else cursor.name())
    if what in _OF_A_TABLE:
        cursor.accept_any("TABLE", "VIEW")
        return Reference(Role.OBJECT, cursor.name())
    names = cursor.name()
    if len(names) == 1 and what != "SCHEMAS":
        message = f"IN {names[0]!r} may be a schema or a database: write IN SCHEMA or IN DATABASE"
        raise UnreadableError(message, "show")
    return Reference(Role.DATABASE if what == "SCHEMAS" else Role.SCHEMA, names)


def _of_account(cursor: Cursor) -> Statement:
    """Read the rest of what is not known to be part of a schema. The places that it names must be allowed all the same.

    A name of one part may be that of anything; one with dots, and what is called a schema or a database, is a place.
    """
    found: list[Reference] = []
    before = ""
    while not cursor.at_end:
        word = cursor.word()
        if word == "IDENTIFIER" and cursor.word(1) == "(":
            message = "IDENTIFIER is not known to it there"
            raise UnreadableError(message)
        alone = before in ("DATABASE", "SCHEMA") and word != "ROLE"
        if is_name(cursor.tokens[cursor.position]) and (cursor.word(1) == "." or alone):
            names = cursor.name()
            role = _PLACES.get(before, Role.OBJECT)
            found.append(Reference(role, names[:1] if role == Role.DATABASE else names))
        else:
            cursor.position += 1
        before = word
    return Statement((SHOW_ACCOUNT,), tuple(found))


def describe(cursor: Cursor) -> Statement:
    """Read what follows DESCRIBE or DESC."""
    if cursor.accept("RESULT"):
        if cursor.accept("LAST_QUERY_ID", "(", ")"):
            cursor.expect_end()
            return Statement(("describe",))
        if query_id := cursor.query_id():
            cursor.expect_end()
            return Statement(("describe",), (Reference(Role.QUERY, (RESULT_SCAN, query_id)),))
        message = "the results of other queries are not examined"
        raise UnreadableError(message)
    kind = next((words for words in _DESCRIBED if _comes_before_a_name(cursor, words)), None)
    if kind is not None:
        cursor.accept(*kind)
        reference = Reference(Role.OBJECT, cursor.name())
        if kind in (("FUNCTION",), ("PROCEDURE",)):
            _arguments(cursor)
        elif cursor.accept("TYPE", "="):
            cursor.accept_any("COLUMNS", "STAGE")
        cursor.expect_end()
        return Statement(("describe",), (reference,))
    if cursor.word() in ("SCHEMA", "DATABASE") and len(cursor.rest) > 1:
        role = Role.SCHEMA if cursor.word() == "SCHEMA" else Role.DATABASE
        cursor.position += 1
        reference = Reference(role, cursor.name())
        cursor.expect_end()
        return Statement(("describe",), (reference,))
    return _of_account(cursor)


def _comes_before_a_name(cursor: Cursor, words: tuple[str, ...]) -> bool:
    return all(cursor.word(i) == word for i, word in enumerate(words)) and len(cursor.rest) > len(words)


def _arguments(cursor: Cursor) -> None:
    cursor.expect("(")
    while cursor.word() not in (")", ""):
        cursor.position += 1
    cursor.expect(")")

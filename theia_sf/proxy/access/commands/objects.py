"""DROP, UNDROP, TRUNCATE, COMMENT, and CREATE of what is neither a table nor a view."""

from __future__ import annotations

from typing import Final

from theia_sf.proxy.access.commands.stages import create_stage
from theia_sf.proxy.access.cursor import Cursor
from theia_sf.proxy.access.scan import Seen, scan
from theia_sf.proxy.access.statement import Reference, Role, Statement, UnreadableError

_IN_SCHEMAS: Final = (
    ("TABLE",), ("VIEW",), ("MATERIALIZED", "VIEW"), ("DYNAMIC", "TABLE"), ("EXTERNAL", "TABLE"), ("STAGE",),
    ("SEQUENCE",), ("STREAM",), ("FILE", "FORMAT"),
)  # fmt: skip
_CREATED_BY_TREE: Final = frozenset({"TABLE", "VIEW"})
_ADJECTIVES: Final = (
    "TEMPORARY", "TEMP", "VOLATILE", "TRANSIENT", "LOCAL", "GLOBAL", "SECURE", "RECURSIVE", "DYNAMIC", "MATERIALIZED",
    "SCOPED",
)  # fmt: skip


def created_kind(cursor: Cursor) -> str:
    """Read, after CREATE, up to the kind of the object; return `TABLE`, `VIEW`, `STAGE`, … or an empty string."""
    if cursor.accept("OR") and not cursor.accept_any("REPLACE", "ALTER"):
        raise cursor.unexpected()
    while cursor.accept_any(*_ADJECTIVES):
        pass
    if cursor.accept("FILE", "FORMAT"):
        return "FILE FORMAT"
    return cursor.accept_any("TABLE", "VIEW", "STAGE", "SEQUENCE", "STREAM", "SCHEMA")


def create(cursor: Cursor, kind: str) -> Statement:
    """Read the rest of CREATE, for the kinds that are not parsed to a tree."""
    if kind == "STAGE":
        return create_stage(cursor)
    if kind in ("SEQUENCE", "FILE FORMAT"):
        cursor.accept("IF", "NOT", "EXISTS")
        name = Reference(Role.OBJECT, cursor.name())
        return Statement(("create",), (name, *scan(cursor.sql, cursor.rest, Seen())))
    if kind == "STREAM":
        cursor.accept("IF", "NOT", "EXISTS")
        name = Reference(Role.OBJECT, cursor.name())
        cursor.accept("COPY", "GRANTS")
        cursor.expect("ON")
        cursor.accept("EXTERNAL")
        if not cursor.accept_any("TABLE", "VIEW", "STAGE"):
            raise cursor.unexpected()
        source = Reference(Role.OBJECT, cursor.name())
        return Statement(("create",), (name, source, *scan(cursor.sql, cursor.rest, Seen())))
    if kind == "SCHEMA":
        cursor.accept("IF", "NOT", "EXISTS")
        # the new schema is the current one from then on
        found = [Reference(Role.USE_SCHEMA, cursor.name())]
        if cursor.accept("CLONE"):
            found.append(Reference(Role.SCHEMA, cursor.name()))
        found += scan(cursor.sql, cursor.rest, Seen())
        return Statement(("create",), tuple(found))
    message = "it creates something else than tables, views, stages, sequences, streams, file formats and schemas"
    raise UnreadableError(message)


def is_parsed(kind: str) -> bool:
    """Tell whether CREATE of this kind is parsed to a tree."""
    return kind in _CREATED_BY_TREE


def drop(cursor: Cursor, kind: str) -> Statement:
    """Read what follows DROP or UNDROP.

    Args:
        cursor: after the verb.
        kind: `drop` or `undrop`.
    """
    role = Role.OBJECT
    if cursor.accept("SCHEMA"):
        role = Role.SCHEMA
    elif not any(cursor.accept(*words) for words in _IN_SCHEMAS):
        message = f"it {kind}s something else than tables, views, stages, sequences, streams, file formats and schemas"
        raise UnreadableError(message)
    cursor.accept("IF", "EXISTS")
    reference = Reference(role, cursor.name())
    cursor.accept_any("CASCADE", "RESTRICT")
    cursor.expect_end()
    return Statement((kind,), (reference,))


def truncate(cursor: Cursor) -> Statement:
    """Read what follows TRUNCATE."""
    if not cursor.accept("MATERIALIZED", "VIEW"):
        cursor.accept("TABLE")
    cursor.accept("IF", "EXISTS")
    reference = Reference(Role.OBJECT, cursor.name())
    cursor.expect_end()
    return Statement(("truncate",), (reference,))


def comment(cursor: Cursor) -> Statement:
    """Read what follows COMMENT."""
    cursor.accept("IF", "EXISTS")
    cursor.expect("ON")
    if cursor.accept("COLUMN"):
        names = _column(cursor)
        reference = Reference(Role.OBJECT, names)
    elif cursor.accept("SCHEMA"):
        reference = Reference(Role.SCHEMA, cursor.name())
    elif any(cursor.accept(*words) for words in _IN_SCHEMAS):
        reference = Reference(Role.OBJECT, cursor.name())
    else:
        message = "it comments on something else than tables, views, columns, stages and schemas"
        raise UnreadableError(message)
    cursor.expect("IS")
    cursor.string()
    cursor.expect_end()
    return Statement(("comment",), (reference,))


def _column(cursor: Cursor) -> tuple[str, ...]:
    names = [cursor.identifier()]
    while cursor.accept("."):
        names.append(cursor.identifier())
    if len(names) == 1 or len(names) > 4:  # noqa: PLR2004 - database, schema, table, column
        raise cursor.unexpected()
    return tuple(names[:-1])

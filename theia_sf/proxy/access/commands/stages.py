"""LIST, REMOVE, PUT, GET, and the kinds of COPY."""

from __future__ import annotations

from sqlglot.tokenizer_core import TokenType

from theia_sf.proxy.access.cursor import Cursor, stage_in
from theia_sf.proxy.access.scan import Seen, scan
from theia_sf.proxy.access.statement import Reference, Role, Statement, UnreadableError
from theia_sf.proxy.access.tokens import STRINGS


def files(cursor: Cursor, kind: str) -> Statement:
    """Read what follows LIST, REMOVE, PUT or GET: it is about every stage that is named.

    Args:
        cursor: after the verb.
        kind: `list`, `remove`, `put` or `get`.
    """
    found: list[Reference] = []
    while not cursor.at_end:
        token = cursor.tokens[cursor.position]
        if cursor.word() == "@":
            found.append(cursor.stage())
        elif token.token_type == TokenType.URI_START:
            cursor.position += 1
            cursor.path()
        elif token.token_type in STRINGS:
            if token.text.startswith("@"):
                found.append(stage_in(cursor.readable()))
            elif token.text.startswith("file://"):
                cursor.position += 1
            else:
                raise cursor.unexpected()
        else:
            _option(cursor)
    if not found:
        message = "it names no stage"
        raise UnreadableError(message)
    return Statement((kind,), tuple(dict.fromkeys(found)))


def _option(cursor: Cursor) -> None:
    cursor.identifier()
    cursor.expect("=")
    if not cursor.accept_string():
        if not cursor.word().isalnum() and cursor.word() != "AUTO_DETECT":
            raise cursor.unexpected()
        cursor.position += 1


def is_unload(cursor: Cursor) -> bool:
    """Tell, after COPY INTO, whether rows leave a table."""
    return cursor.word() == "@" or (bool(cursor.rest) and cursor.rest[0].token_type in STRINGS)


def create_stage(cursor: Cursor) -> Statement:
    """Read what follows CREATE … STAGE: an internal one.

    One with a URL has its files outside of Snowflake, where everything that is unloaded into it would go.
    """
    cursor.accept("IF", "NOT", "EXISTS")
    name = Reference(Role.OBJECT, cursor.name())
    if any(token.text.upper() in ("URL", "STORAGE_INTEGRATION", "CREDENTIALS", "CLONE") for token in cursor.rest):
        message = "it is a stage outside of Snowflake, or a copy of one"
        raise UnreadableError(message)
    return Statement(("create",), (name, *scan(cursor.sql, cursor.rest, Seen())))

"""USE, ALTER SESSION, SET, UNSET, and transactions: what changes the session and nothing else."""

from __future__ import annotations

from typing import Final

from theia_sf.proxy.access.cursor import Cursor
from theia_sf.proxy.access.statement import Reference, Role, Statement

_TWO_PARTS: Final = 2


def use(cursor: Cursor) -> Statement:
    """Read what follows USE."""
    if cursor.accept("SECONDARY", "ROLES"):
        if cursor.accept("NONE"):
            cursor.expect_end()
            return Statement(("use",))
        cursor.position = len(cursor.tokens)
        return Statement(("use",), (Reference(Role.SECONDARY_ROLES, ()),))
    word = cursor.word()
    if word in ("ROLE", "WAREHOUSE") and len(cursor.rest) > 1:
        cursor.position += 1
        reference = Reference(Role.ROLE if word == "ROLE" else Role.WAREHOUSE, cursor.name())
    elif word in ("DATABASE", "SCHEMA") and len(cursor.rest) > 1:
        cursor.position += 1
        reference = Reference(Role.USE_DATABASE if word == "DATABASE" else Role.USE_SCHEMA, cursor.name())
    else:
        names = cursor.name()
        reference = Reference(Role.USE_DATABASE if len(names) == 1 else Role.USE_SCHEMA, names)
    if len(reference.names) > (_TWO_PARTS if reference.role == Role.USE_SCHEMA else 1):
        raise cursor.unexpected()
    cursor.expect_end()
    return Statement(("use",), (reference,))


def alter_session(cursor: Cursor) -> Statement:
    """Read what follows ALTER SESSION."""
    names: list[str] = []
    if cursor.accept("UNSET"):
        names.append(cursor.identifier())
        while cursor.accept(","):
            names.append(cursor.identifier())
        cursor.expect_end()
    else:
        cursor.expect("SET")
        while not cursor.at_end:
            names.append(cursor.identifier())
            cursor.expect("=")
            if not cursor.accept_string():
                cursor.accept("-")
                if not cursor.word().replace(".", "").isalnum():
                    raise cursor.unexpected()
                cursor.position += 1
            cursor.accept(",")
    references = tuple(Reference(Role.PARAMETER, (name.upper(),)) for name in dict.fromkeys(names))
    return Statement(("alter_session",), references)


def unset(cursor: Cursor) -> Statement:
    """Read what follows UNSET: variables."""
    in_brackets = cursor.accept("(")
    cursor.identifier()
    while cursor.accept(","):
        cursor.identifier()
    if in_brackets:
        cursor.expect(")")
    cursor.expect_end()
    return Statement(("unset",))


def variables(cursor: Cursor) -> None:
    """Read what is between SET and the values: `name =` or `(name, …) =`."""
    if cursor.accept("("):
        cursor.identifier()
        while cursor.accept(","):
            cursor.identifier()
        cursor.expect(")")
    else:
        cursor.identifier()
    cursor.expect("=")


def transaction(cursor: Cursor, verb: str) -> Statement | None:
    """Read what follows BEGIN, START, COMMIT or ROLLBACK; None for the BEGIN of a block."""
    if verb == "START":
        cursor.expect("TRANSACTION")
    else:
        plain = cursor.accept_any("WORK", "TRANSACTION") == ""
        named = cursor.word() == "NAME" and len(cursor.rest) == _TWO_PARTS
        if verb == "BEGIN" and plain and not named and not cursor.at_end:
            return None
    if verb in ("BEGIN", "START") and cursor.accept("NAME"):
        cursor.identifier()
    cursor.expect_end()
    return Statement(("transaction",))

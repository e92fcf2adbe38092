"""The clauses that narrow SHOW: [TERSE] … LIKE, IN, STARTS WITH, LIMIT."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from theia_sf.sandbox.snowflake import privileges
from theia_sf.sandbox.snowflake.catalog import CatalogObject, FullName
from theia_sf.sandbox.snowflake.errors import SnowflakeError
from theia_sf.sandbox.snowflake.statements.context import Statement

T = TypeVar("T", bound=CatalogObject)


@dataclass(frozen=True)
class Filter:
    """What SHOW was narrowed to. `container` is () for the account, (database,) or (database, schema)."""

    like: str | None = None
    container: FullName = ()
    starts_with: str = ""
    limit: int | None = None
    after: str | None = None

    def accepts(self, name: str) -> bool:
        """Whether a bare name passes; LIKE doesn't mind case, STARTS WITH does."""
        return (self.like is None or matches_like(self.like, name)) and name.startswith(self.starts_with)

    def apply(self, values: Iterable[T]) -> list[T]:
        """The objects that pass, by name, no more than the limit."""
        inside = [
            value
            for value in values
            if self.accepts(value.name) and value.full_name[: len(self.container)] == self.container
        ]
        inside.sort(key=lambda value: value.full_name)
        if self.after is not None:
            inside = [value for value in inside if value.name > self.after]
        return inside[: self.limit]


def matches_like(pattern: str, text: str) -> bool:
    """SQL LIKE without regard to case; `%` any text, `_` any character, a backslash takes the next literally."""
    parts: list[str] = []
    characters = iter(pattern)
    for character in characters:
        if character == "\\":
            parts.append(re.escape(next(characters, "\\")))
        else:
            parts.append({"%": ".*", "_": "."}.get(character) or re.escape(character))
    return re.fullmatch("".join(parts), text, re.IGNORECASE | re.DOTALL) is not None


def read_filter(statement: Statement, *, levels: int) -> Filter:
    """Reads the clauses after SHOW <kind>.

    Args:
        statement: tokens stand after the kind.
        levels: parts of the objects' full names; without IN, schema objects are those of the session's schema.
    """
    tokens = statement.tokens
    tokens.accept("HISTORY")
    like = tokens.string() if tokens.accept("LIKE") else None
    container = _read_in(statement, levels) if tokens.accept("IN") else _default(statement, levels)
    starts = tokens.string() if tokens.accept("STARTS", "WITH") else ""
    limit = after = None
    if tokens.accept("LIMIT"):
        limit = int(tokens.text())
        after = tokens.string() if tokens.accept("FROM") else None
    tokens.expect_end()
    return Filter(like, container, starts, limit, after)


def visible(statement: Statement, kind: str, values: Iterable[T]) -> list[T]:
    """The objects that the session may see."""
    return [v for v in values if privileges.can_see(statement.catalog, statement.session, kind, v.full_name)]


def _read_in(statement: Statement, levels: int) -> FullName:
    tokens = statement.tokens
    if tokens.accept("ACCOUNT"):
        return ()
    if tokens.accept("DATABASE"):
        if tokens.at_end or tokens.word() in {"STARTS", "LIMIT"}:
            return (statement.session.database or "",)
        container = statement.account_name()
    elif tokens.accept("SCHEMA"):
        if tokens.at_end or tokens.word() in {"STARTS", "LIMIT"}:
            return (statement.session.database or "", statement.session.schema or "")
        container = statement.schema_name()
    else:
        container = tokens.name()
        if levels == 3 and len(container) == 1:  # noqa: PLR2004 - database.schema.object
            container = statement.complete(container, 2)
    catalog = statement.catalog
    known = container[0] in catalog.databases and (
        len(container) == 1 or container in catalog.schemas or container[1] == "INFORMATION_SCHEMA"
    )
    if not known or not privileges.can_see(catalog, statement.session, "DATABASE", container[:1]):
        message = "SQL compilation error:\nObject does not exist, or operation cannot be performed."
        raise SnowflakeError(2043, "02000", message)
    return container


def _default(statement: Statement, levels: int) -> FullName:
    session = statement.session
    if levels == 1 or session.database is None:
        return ()
    if levels == 2 or session.schema is None:  # noqa: PLR2004 - as above
        return (session.database,)
    return (session.database, session.schema)

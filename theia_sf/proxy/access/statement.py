"""What a statement turns out to be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from theia_sf.proxy.access.kinds import READ


class Role(StrEnum):
    """What a name in a statement stands for."""

    OBJECT = "object"
    """A table, view, stage, sequence, …: something in a schema."""
    SCHEMA = "schema"
    DATABASE = "database"
    LISTING = "listing"
    """Something that is listed without saying where: what is current decides."""
    FUNCTION = "function"
    TABLE_FUNCTION = "table function"
    """What stands in TABLE(…) and is not known: a function, or a procedure."""
    PROCEDURE = "procedure"
    QUERY = "query"
    """A query, by the function that is asked about it and its ID."""
    WAREHOUSE = "warehouse"
    ROLE = "role"
    SECONDARY_ROLES = "secondary roles"
    """Roles besides the session's; no name."""
    PARAMETER = "parameter"
    """A parameter of the session."""
    USE_SCHEMA = "use schema"
    """A schema that is the current one from now on."""
    USE_DATABASE = "use database"
    """A database that is the current one from now on, and its schema PUBLIC with it."""


@dataclass(frozen=True)
class Reference:
    """A name in a statement.

    Attributes:
        role: what it stands for.
        names: its parts, from the left, as Snowflake stores them; an empty part is one left out (`DB..T`).
    """

    role: Role
    names: tuple[str, ...]


@dataclass(frozen=True)
class Statement:
    """One statement.

    Attributes:
        kinds: of `theia_sf.proxy.access.kinds.KINDS`; EXPLAIN has those of what it explains, too.
        references: everything that it names, each once.
        unread: why the proxy cannot tell what it does; None where it can.
    """

    kinds: tuple[str, ...]
    references: tuple[Reference, ...] = ()
    unread: str | None = None


def kinds_of(statements: Iterable[Statement]) -> tuple[str, ...]:
    """Return the kinds of statements, each once."""
    return tuple(dict.fromkeys(kind for statement in statements for kind in statement.kinds))


def only_reads(statements: Iterable[Statement]) -> bool:
    """Tell whether all that statements can do is to answer: they call no function that may do something, either."""
    return all(_reads(statement) for statement in statements)


def _reads(statement: Statement) -> bool:
    acts = (Role.FUNCTION, Role.TABLE_FUNCTION, Role.PROCEDURE, Role.QUERY)
    known = statement.unread is None and READ.issuperset(statement.kinds)
    return known and not any(reference.role in acts for reference in statement.references)


class UnreadableError(Exception):
    """A statement, or a whole text, is not understood well enough to be held against a policy.

    Args:
        reason: goes on after "the proxy cannot examine it: ".
        kind: what it counts as.
    """

    def __init__(self, reason: str, kind: str = "other") -> None:
        super().__init__(reason)
        self.reason = reason
        self.kind = kind

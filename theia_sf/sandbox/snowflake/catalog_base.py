"""What every object of the account has."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

DEFAULT_OWNER = "ACCOUNTADMIN"

FullName = tuple[str, ...]


def now() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


@dataclass(kw_only=True)
class CatalogObject:
    """What every object has. `name` is the bare name, `owner` a role."""

    name: str
    comment: str | None = None
    owner: str = DEFAULT_OWNER
    created_on: datetime = field(default_factory=now)

    @property
    def full_name(self) -> FullName:
        """The parts of the name, database first where there is one."""
        return (self.name,)

    @property
    def fqn(self) -> str:
        """The name as dotted text, unquoted."""
        return ".".join(self.full_name)


@dataclass(kw_only=True)
class SchemaObject(CatalogObject):
    """An object inside a schema."""

    database: str
    schema: str

    @property
    def full_name(self) -> FullName:
        """(database, schema, name)."""
        return (self.database, self.schema, self.name)

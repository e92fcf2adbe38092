"""What a grant is on: kinds of objects, and how a statement names one, or all or future ones of a container."""

from __future__ import annotations

from dataclasses import dataclass

from theia_sf.sandbox.snowflake import privileges
from theia_sf.sandbox.snowflake.catalog import Catalog, FullName
from theia_sf.sandbox.snowflake.errors import does_not_exist
from theia_sf.sandbox.snowflake.statements.context import Statement

# kind in SQL -> levels of its name
KINDS = {
    "DATABASE": 1,
    "WAREHOUSE": 1,
    "INTEGRATION": 1,
    "USER": 1,
    "ROLE": 1,
    "SCHEMA": 2,
    "TABLE": 3,
    "VIEW": 3,
    "STAGE": 3,
    "PIPE": 3,
    "TASK": 3,
}
PLURALS = {f"{kind}S": kind for kind in KINDS}


@dataclass(frozen=True)
class Target:
    """What a grant is on: named objects, or (`future`) the objects to come of `kind` in `container`."""

    kind: str
    names: tuple[FullName, ...] = ()
    container: FullName = ()
    future: bool = False


def objects_in(catalog: Catalog, kind: str, container: FullName) -> list[FullName]:
    """The full names of the objects of a kind in a database or schema."""
    stores: dict[str, list[FullName]] = {
        "SCHEMA": list(catalog.schemas),
        "TABLE": [name for name, record in catalog.relations.items() if record.kind == "TABLE"],
        "VIEW": [name for name, record in catalog.relations.items() if record.kind == "VIEW"],
        "STAGE": list(catalog.stages),
        "PIPE": list(catalog.pipes),
        "TASK": list(catalog.tasks),
    }
    return sorted(name for name in stores.get(kind, []) if name[: len(container)] == container)


def exists(catalog: Catalog, kind: str, name: FullName) -> bool:
    """Whether an object is there."""
    if kind == "INTEGRATION":
        stores = (catalog.storage_integrations, catalog.notification_integrations, catalog.security_integrations)
        return any(name[0] in store for store in stores)
    one_level = {
        "DATABASE": catalog.databases,
        "WAREHOUSE": catalog.warehouses,
        "USER": catalog.users,
        "ROLE": catalog.roles,
    }
    if kind in one_level:
        return name[0] in one_level[kind]
    return name in objects_in(catalog, kind, name[:1])


def read_object(statement: Statement) -> Target:
    """Reads `ACCOUNT`, or a kind and the name of an object that exists.

    Raises:
        SnowflakeError: 002003 it doesn't, 001003 the kind is unknown.
    """
    tokens = statement.tokens
    if tokens.accept("ACCOUNT"):
        return Target("ACCOUNT", (privileges.ACCOUNT,))
    tokens.accept_any("STORAGE", "NOTIFICATION")
    kind = tokens.word()
    if kind not in KINDS:
        raise tokens.unexpected()
    tokens.expect(kind)
    name = statement.complete(tokens.name(), KINDS[kind])
    if not exists(statement.catalog, kind, name):
        raise does_not_exist(".".join(name), kind)
    return Target(kind, (name,))


def read_many(statement: Statement, *, future: bool) -> Target:
    """Reads `TABLES IN SCHEMA d.s` and the like: what is there now, or (`future`) what is to come.

    Raises:
        SnowflakeError: 001003 the kind or the container's is unknown, 002003 there is no such container.
    """
    tokens = statement.tokens
    kind = PLURALS.get(tokens.word())
    if kind is None:
        raise tokens.unexpected()
    tokens.expect(tokens.word())
    tokens.expect("IN")
    level = tokens.accept_any("DATABASE", "SCHEMA")
    if not level:
        raise tokens.unexpected()
    container = statement.account_name() if level == "DATABASE" else statement.schema_name()
    statement.require_container((*container, "") if level == "SCHEMA" else container)
    if future:
        return Target(kind, container=container, future=True)
    return Target(kind, tuple(objects_in(statement.catalog, kind, container)), container)

"""CREATE, ALTER … SET/UNSET/RENAME and DROP, the same way for every kind of object.

A :class:`Kind` describes where objects of a kind live and which properties they have; modules add what is special.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from theia_sf.sandbox.snowflake import privileges
from theia_sf.sandbox.snowflake.catalog import Catalog, CatalogObject, FullName
from theia_sf.sandbox.snowflake.errors import already_exists, does_not_exist
from theia_sf.sandbox.snowflake.results import Result, status, succeeded
from theia_sf.sandbox.snowflake.statements.context import Statement
from theia_sf.sandbox.snowflake.statements.properties import Grammar, assign, parse_properties, unset


@dataclass(frozen=True)
class Kind:
    """A kind of object.

    Attributes:
        name: as in SQL and in grants, for example `WAREHOUSE`; integrations are granted as `INTEGRATION`.
        levels: parts of a full name (1 account, 2 schema, 3 schema object).
        store: the catalog's dictionary; its keys are bare names for one level, else full names.
        grammar: the properties of CREATE and ALTER … SET.
        account_privilege: what creating one needs (account-level objects).
        grant_kind: the name in grants where it differs from `name`.
    """

    name: str
    levels: int
    store: Callable[[Catalog], dict[Any, Any]]
    grammar: Grammar
    account_privilege: str = ""
    grant_kind: str = ""

    @property
    def granted_as(self) -> str:
        """The kind as grants name it."""
        return self.grant_kind or self.name

    def key(self, name: FullName) -> str | FullName:
        """The key of an object in the store."""
        return name[0] if self.levels == 1 else name

    def find(self, catalog: Catalog, name: FullName) -> Any:
        """The object of a name, or None."""
        return self.store(catalog).get(self.key(name))


def read_name(statement: Statement, kind: Kind) -> FullName:
    """Reads an object's name, completed by the session."""
    if kind.levels == 1:
        return statement.account_name()
    return statement.schema_name() if kind.levels == 2 else statement.object_name()  # noqa: PLR2004 - its levels


def existing(statement: Statement, kind: Kind, name: FullName, *wanted: str) -> Any:
    """The object, which the session must be allowed to use so.

    Raises:
        SnowflakeError: 002003, 003001.
    """
    found = kind.find(statement.catalog, name)
    if found is None:
        raise does_not_exist(".".join(name), kind.name)
    privileges.require(statement.catalog, statement.session, kind.granted_as, name, *wanted)
    return found


def prepare_create(statement: Statement, kind: Kind) -> tuple[FullName, Result | None]:
    """Reads the name of a CREATE and checks that it may go on.

    Returns:
        the name, and the final answer if an object is there already and IF NOT EXISTS was said.

    Raises:
        SnowflakeError: 002002 exists, 002003 no such container, 003001 not allowed.
    """
    statement.conditional = statement.conditional or statement.tokens.accept("IF", "NOT", "EXISTS")
    name = read_name(statement, kind)
    catalog, session = statement.catalog, statement.session
    if kind.levels == 1:
        privileges.require_on_account(catalog, session, kind.account_privilege or f"CREATE {kind.name}")
    else:
        statement.require_container(name)
        container = "SCHEMA" if kind.levels == 3 else "DATABASE"  # noqa: PLR2004 - its levels
        privileges.require(catalog, session, container, name[:-1], f"CREATE {kind.name}")
    if kind.find(catalog, name) is None or statement.or_replace:
        return name, None
    if statement.conditional:
        return name, status(f"{name[-1]} already exists, statement succeeded.")
    raise already_exists(".".join(name))


def store(statement: Statement, kind: Kind, new: CatalogObject, name: FullName) -> Result:
    """Puts a new object into the catalog, owned by the session's role."""
    catalog = statement.catalog
    with catalog.lock:
        privileges.forget(catalog, kind.granted_as, name)
        new.owner = statement.session.role
        kind.store(catalog)[kind.key(name)] = new
        privileges.own(catalog, kind.granted_as, name, statement.session.role)
    return status(f"{kind.name.capitalize()} {name[-1]} successfully created.")


def begin_alter(statement: Statement, kind: Kind, *wanted: str) -> tuple[FullName, Any]:
    """Reads the name of an ALTER; the object is None if it is missing and IF EXISTS was said."""
    statement.read_condition()
    name = read_name(statement, kind)
    if statement.conditional and kind.find(statement.catalog, name) is None:
        return name, None
    return name, existing(statement, kind, name, *wanted)


def alter(statement: Statement, kind: Kind, name: FullName, target: Any, *, move: bool = True) -> Result:
    """ALTER … SET | UNSET | RENAME TO, from the present token on."""
    tokens = statement.tokens
    if target is None:
        return succeeded()
    if tokens.accept("SET"):
        values = parse_properties(tokens, kind.grammar, kind.name)
        assign(target, kind.grammar, values)
    elif tokens.accept("UNSET"):
        unset(target, kind.grammar, tokens, kind.name)
    elif move and tokens.accept("RENAME", "TO"):
        _rename(statement, kind, name, target)
    else:
        raise tokens.unexpected()
    return succeeded()


def drop(statement: Statement, kind: Kind, before: Callable[[Statement, Any], None] | None = None) -> Result:
    """DROP … [IF EXISTS] name [CASCADE | RESTRICT]. `before` does what must be done while the object is there."""
    statement.read_condition()
    name = read_name(statement, kind)
    if not statement.tokens.accept("CASCADE"):
        statement.tokens.accept("RESTRICT")
    statement.tokens.expect_end()
    catalog = statement.catalog
    if kind.find(catalog, name) is None and statement.conditional:
        return status("Drop statement executed successfully " + f"({name[-1]} already dropped).")
    target = existing(statement, kind, name, "OWNERSHIP")
    if before is not None:
        before(statement, target)
    with catalog.lock:
        kind.store(catalog).pop(kind.key(name), None)
        privileges.forget(catalog, kind.granted_as, name)
    return status(f"{name[-1]} successfully dropped.")


def _rename(statement: Statement, kind: Kind, old: FullName, target: Any) -> None:
    new = read_name(statement, kind)
    catalog = statement.catalog
    if kind.find(catalog, new) is not None:
        raise already_exists(".".join(new))
    with catalog.lock:
        values = kind.store(catalog)
        values[kind.key(new)] = values.pop(kind.key(old))
        target.name = new[-1]
        if kind.levels == 3:  # noqa: PLR2004 - its levels
            target.database, target.schema = new[:2]
        privileges.rename(catalog, kind.granted_as, old, new)

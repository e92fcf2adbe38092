"""What a statement's handler is given, and how names in it are completed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from theia_sf.sandbox.snowflake.catalog import Catalog, FullName
from theia_sf.sandbox.snowflake.errors import SnowflakeError, does_not_exist, syntax_error
from theia_sf.sandbox.snowflake.statements.parse import Tokens

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.account import Account
    from theia_sf.sandbox.snowflake.queries import Query
    from theia_sf.sandbox.snowflake.sessions import Session


@dataclass
class Statement:
    """A statement under way: its tokens stand after the verb and the kind of object.

    `conditional` is IF NOT EXISTS of a CREATE, IF EXISTS of an ALTER or DROP.
    """

    account: Account
    session: Session
    query: Query
    tokens: Tokens
    or_replace: bool = False
    modifiers: frozenset[str] = frozenset()
    conditional: bool = False

    @property
    def catalog(self) -> Catalog:
        """The account's objects."""
        return self.account.catalog

    def read_condition(self) -> None:
        """Reads IF EXISTS or IF NOT EXISTS."""
        self.conditional = self.tokens.accept("IF", "NOT", "EXISTS") or self.tokens.accept("IF", "EXISTS")

    def account_name(self) -> FullName:
        """Reads the name of an account-level object."""
        return (self.tokens.identifier(),)

    def schema_name(self) -> FullName:
        """Reads the name of a schema: (database, schema), completed by the session."""
        return self.complete(self.tokens.name(), 2)

    def object_name(self) -> FullName:
        """Reads the name of a schema object: (database, schema, name), completed by the session."""
        return self.complete(self.tokens.name(), 3)

    def complete(self, parts: FullName, levels: int) -> FullName:
        """Completes a name by the session's database and schema.

        Raises:
            SnowflakeError: 090105/090106 when these are not selected.
        """
        if len(parts) > levels:
            detail = f"invalid identifier '{'.'.join(parts)}'"
            raise syntax_error(detail)
        missing = levels - len(parts)
        if missing == 0:
            return parts
        database, schema = self.session.database, self.session.schema
        if database is None:
            raise _not_selected(90105, "database", "USE DATABASE")
        if missing == 1:
            return (database, *parts)
        if schema is None:
            raise _not_selected(90106, "schema", "USE SCHEMA")
        return (database, schema, *parts)

    def require_container(self, name: FullName) -> None:
        """Makes sure that the database and schema of a schema object exist.

        Raises:
            SnowflakeError: 002003.
        """
        if name[0] not in self.catalog.databases:
            raise does_not_exist(name[0], "Database")
        if len(name) > 2 and name[:2] not in self.catalog.schemas:  # noqa: PLR2004 - in a schema
            raise does_not_exist(".".join(name[:2]), "Schema")


def _not_selected(errno: int, what: str, call: str) -> SnowflakeError:
    remedy = f"Call '{call}', or use a qualified name."
    message = f"Cannot perform operation. This session does not have a current {what}. {remedy}"
    return SnowflakeError(errno, "22000", message)

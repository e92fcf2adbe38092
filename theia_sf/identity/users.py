"""Snowflake users, as DESCRIBE USER and SHOW USERS tell of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from snowflake.connector import SnowflakeConnection

from theia_sf.errors import UsageError
from theia_sf.snowflake.errors import ObjectNotFoundError
from theia_sf.snowflake.identifiers import fold, identifier, literal
from theia_sf.snowflake.query import fetch_all, fetch_records

# What a program signs in as; a person's TYPE is PERSON or not set.
# https://docs.snowflake.com/en/user-guide/admin-user-management#types-of-users
SERVICE_TYPES: Final = frozenset({"SERVICE", "LEGACY_SERVICE"})
_PAGE: Final = 10_000  # rows; SHOW gives no more at once


class NoSuchUserError(UsageError):
    """There is no such user, or the role may not see it (Snowflake does not tell these apart)."""


@dataclass(frozen=True)
class User:
    """A user's properties.

    Attributes:
        name: its name, as Snowflake stores it.
        properties: property of DESCRIBE USER -> value; properties without a value are left out.
    """

    name: str
    properties: Mapping[str, str]

    @property
    def login_name(self) -> str:
        """What the user signs in with."""
        return self.properties.get("LOGIN_NAME") or self.name

    @property
    def is_service(self) -> bool:
        """Whether a program signs in as this user, rather than a person."""
        return self.properties.get("TYPE", "").upper() in SERVICE_TYPES


def describe_user(connection: SnowflakeConnection, name: str) -> User:
    """Look a user up; `name` as by `identifiers.fold`.

    Raises:
        NoSuchUserError: there is none that the role sees.
    """
    try:
        rows = fetch_records(connection, f"DESCRIBE USER {identifier(name)}")
    except ObjectNotFoundError as error:
        message = f"There is no Snowflake user {fold(name)}, or the role may not see it."
        hint = "`SHOW USERS` lists those that the role sees; `theia-sf workload-identity create` makes service users."
        raise NoSuchUserError(message, hint=hint) from error
    # Snowflake's page calls the column property_value, and its answers value.
    values = {str(row["property"]).upper(): row.get("value", row.get("property_value")) for row in rows}
    return User(fold(name), {key: str(value) for key, value in values.items() if value not in {None, "", "null"}})


def show_users(connection: SnowflakeConnection) -> list[dict[str, Any]]:
    """Return the users that the role sees, one dict of SHOW USERS's columns each."""
    page = fetch_records(connection, "SHOW USERS")
    found = page
    while len(page) >= _PAGE:
        after = literal(str(page[-1]["name"]))
        page = fetch_records(connection, f"SHOW USERS LIMIT {_PAGE} FROM {after}")
        found = found + page
    return found


def is_true(value: object) -> bool:
    """Tell whether a flag of SHOW or DESCRIBE is set: Snowflake writes some as booleans, some as words."""
    return str(value).lower() == "true"


def current_user(connection: SnowflakeConnection) -> str:
    """Return the name of the user whose session it is."""
    ((name,),) = fetch_all(connection, "SELECT CURRENT_USER()")
    return str(name)

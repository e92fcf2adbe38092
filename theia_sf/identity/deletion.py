"""Service users with a workload identity, taken away again."""

from __future__ import annotations

from snowflake.connector import SnowflakeConnection

from theia_sf.errors import UsageError
from theia_sf.identity.bindings import Binding, bindings_of
from theia_sf.identity.users import User, current_user, describe_user
from theia_sf.snowflake.identifiers import exact
from theia_sf.snowflake.query import execute


def find_deletable(connection: SnowflakeConnection, name: str) -> tuple[User, list[Binding]]:
    """Return the service user that a name means, with its bindings.

    Raises:
        UsageError: there is none; it is a person, has no workload identity, or is the one who is signed in.
    """
    user = describe_user(connection, name)
    if not user.is_service:
        message = f"{user.name} is not a service user, so it may be a person's, and is left alone."
        raise UsageError(message, hint=f"If it is to go: DROP USER {exact(user.name)}.")
    bindings = bindings_of(connection, user.name)
    if not bindings:
        message = f"The user {user.name} has no workload identity."
        raise UsageError(message, hint=f"If it is to go: DROP USER {exact(user.name)}.")
    if current_user(connection) == user.name:
        message = f"{user.name} is the user that you are signed in as."
        raise UsageError(message, hint="Sign in as another user to delete it.")
    return user, bindings


def delete_user(connection: SnowflakeConnection, user: User, *, keep_user: bool = False) -> None:
    """Drop the user or, with `keep_user`, take only its workload identity away.

    Raises:
        StatementFailedError: Snowflake refused.
    """
    name = exact(user.name)
    execute(connection, f"ALTER USER {name} UNSET WORKLOAD_IDENTITY" if keep_user else f"DROP USER {name}").close()

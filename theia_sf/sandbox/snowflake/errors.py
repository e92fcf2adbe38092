"""Snowflake's own errors: number, SQL state and wording.

Numbers and texts are those that a Snowflake account answers; clients branch on them (the connector, the published
provider's "does not exist or not authorized"). `app.py` turns a :class:`SnowflakeError` into `success = false`.
"""

from __future__ import annotations


class SnowflakeError(Exception):
    """A statement or a login failed as it would in Snowflake.

    Args:
        errno: Snowflake's error number, without leading zeros (for example 606).
        sqlstate: five characters.
        message: the text as Snowflake words it, without the number.
    """

    def __init__(self, errno: int, sqlstate: str, message: str) -> None:
        super().__init__(message)
        self.errno = errno
        self.sqlstate = sqlstate
        self.message = message

    @property
    def code(self) -> str:
        """The number as it stands in a response: six digits."""
        return f"{self.errno:06d}"


def syntax_error(detail: str) -> SnowflakeError:
    """001003: the statement can't be parsed."""
    return SnowflakeError(1003, "42000", f"SQL compilation error:\n{detail}")


def unsupported(what: str) -> SnowflakeError:
    """000002: the statement is understood, but this account doesn't have the feature."""
    return SnowflakeError(2, "0A000", f"Unsupported feature '{what}'.")


def invalid_property(name: str, kind: str) -> SnowflakeError:
    """001420: a property that this kind of object doesn't have."""
    return SnowflakeError(1420, "22023", f"SQL compilation error:\ninvalid property '{name}' for '{kind}'")


def invalid_value(value: object, name: str) -> SnowflakeError:
    """001008: a property's value is outside of what it takes."""
    return SnowflakeError(1008, "22023", f"SQL compilation error:\ninvalid value [{value}] for parameter '{name}'")


def does_not_exist(name: str, kind: str) -> SnowflakeError:
    """002003: no such object, or none that the role may see (Snowflake doesn't tell which)."""
    return SnowflakeError(
        2003, "02000", f"SQL compilation error:\n{kind.capitalize()} '{name}' does not exist or not authorized."
    )


def already_exists(name: str) -> SnowflakeError:
    """002002: an object of this name is there already."""
    return SnowflakeError(2002, "42710", f"SQL compilation error:\nObject '{name}' already exists.")


def insufficient_privileges(name: str, kind: str) -> SnowflakeError:
    """003001: the role sees the object but may not do this to it."""
    return SnowflakeError(
        3001,
        "42501",
        f"SQL access control error:\nInsufficient privileges to operate on {kind.lower()} '{name}'",
    )


def no_active_warehouse() -> SnowflakeError:
    """000606: a statement that needs compute, in a session without a warehouse."""
    return SnowflakeError(
        606,
        "57P03",
        "No active warehouse selected in the current session.  Select an active warehouse with the 'use warehouse' "
        "command.\n",
    )


def cancelled() -> SnowflakeError:
    """000604: the client asked to stop the statement."""
    return SnowflakeError(604, "57014", "SQL execution canceled")


def timed_out(seconds: int) -> SnowflakeError:
    """000630: STATEMENT_TIMEOUT_IN_SECONDS is over."""
    return SnowflakeError(
        630, "57014", f"Statement reached its statement or warehouse timeout of {seconds} second(s) and was canceled."
    )


def internal_error(reference: str) -> SnowflakeError:
    """000603: a fault of the account itself; `reference` finds it in the daemon's log."""
    return SnowflakeError(
        603,
        "XX000",
        f"SQL execution internal error:\nProcessing aborted due to error 300002:{reference}; incident {reference}.",
    )

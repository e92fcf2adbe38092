"""Snowflake's error numbers, told as one sentence and what to do. Those of signing in are in `login_errors`.

The numbers are those of snowflake-connector-python (its modules errorcode and network) and of the server's answers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from theia_sf.errors import ConnectionFailedError, TheiaError
from theia_sf.secret import redact

if TYPE_CHECKING:
    from snowflake.connector.errors import Error

OBJECT_NOT_FOUND: Final = 2003  # "does not exist or not authorized"
OBJECT_NOT_FOUND_OR_DENIED: Final = 2043  # the same, of a SHOW or DESCRIBE
NO_PRIVILEGE: Final = 3001
NO_WAREHOUSE: Final = 606
CANCELLED: Final = 604
STATEMENT_TIMEOUT: Final = 630


class StatementFailedError(TheiaError):
    """Snowflake refused or failed to run a statement.

    `errno` is Snowflake's number, `query_id` its query's ID; None where there is none.
    """

    def __init__(
        self, message: str, *, hint: str | None = None, errno: int | None = None, query_id: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.errno = errno
        self.query_id = query_id


class ObjectNotFoundError(StatementFailedError):
    """The object does not exist, or the role may not know that it does (Snowflake does not tell these apart)."""


class PrivilegeMissingError(StatementFailedError):
    """The role lacks a privilege."""


class NoWarehouseError(StatementFailedError):
    """The statement needs a warehouse, and the session has none."""


class StatementTimedOutError(StatementFailedError):
    """The statement was cancelled, by our time limit or by Snowflake's."""


class LoginRefusedError(ConnectionFailedError):
    """Snowflake was reached and said no: trying again with the same credentials is pointless, and may lock the user.

    `number` is Snowflake's, where it told one.
    """

    def __init__(self, message: str, *, hint: str | None = None, number: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.number = number


class UnknownWorkloadError(LoginRefusedError):
    """Snowflake believes who the workload is, and has no user with that identity."""


# Numbers of the connector's own that mean the network, not a refusal.
NETWORK_NUMBERS: Final = frozenset({250001, 250003, 250005, 250007, 251011, 251012})


def statement_error(error: Error) -> TheiaError:
    """Turn what the connector raised on running a statement into the matching `StatementFailedError`.

    A session that ended and a network that went away become ConnectionFailedError.
    """
    number = error.errno or 0
    words = server_words(str(error.msg or error))
    query_id = getattr(error, "sfqid", None)
    kind, hint = _STATEMENT.get(number, (StatementFailedError, None))
    if kind is StatementFailedError and number in NETWORK_NUMBERS | {250002, 290500, 290502, 290503, 290504}:
        return ConnectionFailedError(
            f"The connection to Snowflake was lost: {words}", hint="Check the network, and try again."
        )
    if kind is StatementTimedOutError:
        words = "The statement was cancelled, as it took longer than allowed."
    return kind(words, hint=hint, errno=number or None, query_id=query_id)


_STATEMENT: Final[dict[int, tuple[type[StatementFailedError], str | None]]] = {
    OBJECT_NOT_FOUND: (ObjectNotFoundError, "Check the name, and that the role may use it (theia-sf doctor)."),
    OBJECT_NOT_FOUND_OR_DENIED: (
        ObjectNotFoundError,
        "Check the name, and that the role may use it (theia-sf doctor).",
    ),
    NO_PRIVILEGE: (
        PrivilegeMissingError,
        "Use another role (SNOWFLAKE_ROLE); `theia-sf doctor` names what is missing.",
    ),
    NO_WAREHOUSE: (NoWarehouseError, "Name a warehouse with --warehouse-name."),
    CANCELLED: (
        StatementTimedOutError,
        "Allow more time (--wait-timeout), or use a larger warehouse (--warehouse-name).",
    ),
    STATEMENT_TIMEOUT: (StatementTimedOutError, "Raise STATEMENT_TIMEOUT_IN_SECONDS, or use a larger warehouse."),
}


def server_words(text: str) -> str:
    """Return the server's message on one line, without the connector's prefix, and masked."""
    bare = re.sub(r"^(\d{6}(?: \(\w*\))?: )?(None: |[0-9a-f-]{36}: )?", "", text.strip())
    bare = re.sub(r"^Failed to connect to DB: \S+?:\d+[.,] ", "", bare)
    one_line = re.sub(r"\s*\n\s*", " ", bare).strip()
    return redact(one_line if one_line.endswith((".", "!", "?")) else one_line + ".")

"""Snowflake's error numbers, told as one sentence and what to do.

The numbers are those of snowflake-connector-python (its modules errorcode and network) and of the server's answers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from theia_sf.errors import ConnectionFailedError, TheiaError
from theia_sf.secret import redact
from theia_sf.snowflake.accounts import FORMS
from theia_sf.snowflake.identifiers import fold

if TYPE_CHECKING:
    from snowflake.connector.errors import Error

    from theia_sf.snowflake.settings import ConnectionSettings

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
    """Snowflake was reached and said no: trying again with the same credentials is pointless, and may lock the user."""


_MFA: Final = (
    "Sign in with a key pair (SNOWFLAKE_PRIVATE_KEY_PATH) or a programmatic access token (SNOWFLAKE_TOKEN) instead."
)
_UNREACHABLE: Final = (
    "Check the account name, the network and any proxy; `theia-sf sandbox status` tells whether the sandbox runs."
)
_NETWORK_POLICY: Final = "Ask an administrator to add this address to the network policy of the account or the user."
_KEY: Final = (
    "Compare the key's fingerprint, which `theia-sf doctor` prints, with RSA_PUBLIC_KEY_FP in DESC USER; check the "
    "account, the user and this machine's clock."
)

# Server's number -> (sentence, hint); {user}, {host} and {role} are filled in.
_LOGIN: Final[dict[int, tuple[str, str]]] = {
    390100: (
        "Snowflake refused the user name or password of {user} at {host}.",
        "Check SNOWFLAKE_USER and SNOWFLAKE_PASSWORD; a few more wrong attempts lock the user.",
    ),
    390101: (
        "The Snowflake user {user} is disabled.",
        "Ask an administrator to enable it (ALTER USER … SET DISABLED = FALSE).",
    ),
    390102: (
        "The Snowflake user {user} is locked after too many wrong attempts.",
        "Wait for 15 minutes, or ask an administrator (ALTER USER … SET MINS_TO_UNLOCK = 0).",
    ),
    390144: ("Snowflake refused the key pair of {user} at {host}.", _KEY),
    390189: (
        "The role {role} does not exist, or is not granted to {user}.",
        "Check SNOWFLAKE_ROLE, or ask for GRANT ROLE … TO USER.",
    ),
    390186: (
        "The role {role} is not granted to {user}.",
        "Check SNOWFLAKE_ROLE, or ask for GRANT ROLE … TO USER.",
    ),
    390197: ("Snowflake wants multi-factor authentication for {user}.", _MFA),
    390303: (
        "Snowflake refused the token of {user} at {host}: it is invalid.",
        "Make a new token, and set SNOWFLAKE_TOKEN.",
    ),
    390318: ("The token of {user} has expired.", "Make a new token, and set SNOWFLAKE_TOKEN."),
    390420: ("A network policy keeps this machine from {host}.", _NETWORK_POLICY),
    390422: ("A network policy keeps this machine from {host}.", _NETWORK_POLICY),
    394400: (
        "Snowflake refused the access token of {user} at {host}: it is invalid.",
        "Make a new one, and set SNOWFLAKE_TOKEN.",
    ),
    394401: ("The access token of {user} has expired.", "Make a new one, and set SNOWFLAKE_TOKEN."),
}
_JWT_NUMBERS: Final = range(394300, 394307)

# The connector's catch-all 250001 and numbers that are not in the table, told apart by what the server said.
_LOGIN_TEXTS: Final[tuple[tuple[str, int], ...]] = (
    (r"incorrect username or password", 390100),
    (r"user access disabled|user.*disabled", 390101),
    (r"temporarily locked|locked out", 390102),
    (r"jwt token is invalid", 390144),
    (r"role .*(does not exist|not authorized)", 390189),
    (r"multi-factor authentication|mfa", 390197),
    (r"programmatic access token.*expired", 394401),
    (r"programmatic access token", 394400),
    (r"ip.*not allowed to access|network policy", 390422),
)
_LOCAL_NUMBERS: Final = range(251000, 252000)  # the connector's own checks of its arguments
_NETWORK_NUMBERS: Final = {250001, 250003, 250005, 251011, 251012, 250007}
_HTTP: Final = 290000


def login_error(error: Error, settings: ConnectionSettings) -> ConnectionFailedError:
    """Turn what the connector raised on signing in into one sentence; network errors stay apart from refusals."""
    number = error.errno or 0
    text = str(error.msg or error)
    told = {
        "user": settings.user,
        "host": settings.account,
        "role": fold(settings.role) if settings.role else "that is the default",
    }
    if number in _JWT_NUMBERS:
        number = 390144
    if number not in _LOGIN:
        number = next((known for pattern, known in _LOGIN_TEXTS if re.search(pattern, text, re.IGNORECASE)), number)
    if number in _LOGIN:
        sentence, hint = _LOGIN[number]
        return LoginRefusedError(sentence.format(**told), hint=hint)
    if number == _HTTP + 404 or number == _HTTP + 403 or "Verify the account name" in text:
        message = f"There is no Snowflake account at {settings.hostname}."
        return ConnectionFailedError(message, hint=FORMS)
    if number in _LOCAL_NUMBERS and number not in _NETWORK_NUMBERS:
        return ConnectionFailedError(f"The Snowflake settings are not usable: {_server_words(text)}")
    if number in _NETWORK_NUMBERS or _HTTP < number < _HTTP + 1000:  # the HTTP status is added to it
        message = f"Snowflake cannot be reached at {settings.endpoint}."
        return ConnectionFailedError(message, hint=_UNREACHABLE)
    return LoginRefusedError(f"Snowflake refused the sign-in of {settings.user}: {_server_words(text)}")


def statement_error(error: Error) -> TheiaError:
    """Turn what the connector raised on running a statement into the matching `StatementFailedError`.

    A session that ended and a network that went away become ConnectionFailedError.
    """
    number = error.errno or 0
    words = _server_words(str(error.msg or error))
    query_id = getattr(error, "sfqid", None)
    kind, hint = _STATEMENT.get(number, (StatementFailedError, None))
    if kind is StatementFailedError and number in _NETWORK_NUMBERS | {250002, 290500, 290502, 290503, 290504}:
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


def _server_words(text: str) -> str:
    """Return the server's message on one line, without the connector's prefix, and masked."""
    bare = re.sub(r"^(\d{6}(?: \(\w*\))?: )?(None: |[0-9a-f-]{36}: )?", "", text.strip())
    bare = re.sub(r"^Failed to connect to DB: \S+?:\d+\. ", "", bare)
    one_line = re.sub(r"\s*\n\s*", " ", bare).strip()
    return redact(one_line if one_line.endswith((".", "!", "?")) else one_line + ".")

"""What the proxy answers where it does not let something through, in Snowflake's own form.

Drivers show `code` and `message` as an ordinary error. They repeat a request that got HTTP 5xx, 403, 408 or 429, for
minutes (snowflake-connector-python, `network.is_retryable_http_code`), so a decision is always HTTP 200.
"""

from __future__ import annotations

from typing import Any, Final

LOGIN_REFUSED: Final = "390100"
"""Incorrect username or password was specified."""
SESSION_GONE: Final = "390104"
"""The session does not exist: log in again."""
SESSION_EXPIRED: Final = "390112"
"""The session token has expired: renew it."""
MASTER_TOKEN_MISSING: Final = "390113"  # noqa: S105 (an error's number)
MASTER_TOKEN_EXPIRED: Final = "390114"  # noqa: S105 (as above)
MASTER_TOKEN_INVALID: Final = "390115"  # noqa: S105 (as above)
INVALID_REQUEST: Final = "390106"
INTERNAL: Final = "390188"
"""A number of the proxy's own, among those of sign-in and session errors, which no driver repeats."""
ACCESS_DENIED: Final = "003001"
"""SQL access control error."""

CONNECTION_REFUSED_STATE: Final = "08001"
ACCESS_STATE: Final = "42501"
"""SQLSTATE of insufficient privilege."""


class RefusalError(Exception):
    """The proxy, or the account behind it, does not do what the client asked.

    Args:
        code: Snowflake's number, six digits; None where there is none.
        message: one sentence for the user of the driver; never holds a secret.
        sqlstate: five characters.

    Attributes:
        http_status: 200, but where drivers are to repeat the request.
    """

    http_status: int = 200

    def __init__(self, code: str | None, message: str, *, sqlstate: str = CONNECTION_REFUSED_STATE) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.sqlstate = sqlstate

    def body(self, query_id: str | None = None) -> dict[str, Any]:
        """The answer as Snowflake would give it."""
        return {
            "data": {
                "internalError": False,
                "errorCode": self.code,
                "sqlState": self.sqlstate,
                "queryId": query_id,
                "age": 0,
                "line": -1,
                "pos": -1,
                "type": "COMPILATION",
            },
            "code": self.code,
            "message": self.message,
            "success": False,
            "headers": None,
        }


def failed() -> RefusalError:
    """What a client hears where the proxy itself fails."""
    return RefusalError(INTERNAL, "The proxy failed. Its log tells why.")

"""What becomes of a Snowflake that does not answer, or not as Snowflake does.

The numbers are the proxy's own, among those of sign-in and session errors, which no driver repeats. Snowflake's drivers
repeat what got HTTP 5xx, 403, 408 or 429 for minutes, so none of these statuses is passed on.
"""

from __future__ import annotations

from typing import Any, Final

import aiohttp

from theia_sf.proxy.errors import RefusalError

NOT_SIGNED_IN: Final = "390192"
UNREACHABLE: Final = "390193"
NO_ANSWER: Final = "390194"
WRONG_ANSWER: Final = "390196"
STATEMENT_TIMEOUT: Final = "000630"
"""Statement reached its timeout and was canceled; Snowflake's own number."""
CANCELED_STATE: Final = "57014"

LOST_STATE: Final = "08S01"
"""SQLSTATE of a link that failed."""


class AccountUnavailableError(RefusalError):
    """The account gave no answer; whether it did what was asked is not known, unless it was not reached."""


class RefusedByAccountError(RefusalError):
    """Snowflake refused; `answer` is its answer, to be handed on as it is."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__(str(answer.get("code") or "") or None, str(answer.get("message") or ""))
        self.answer = answer


def unavailable(error: Exception, account: str) -> AccountUnavailableError:
    """Return what to tell of a request that got no answer."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return AccountUnavailableError(
            UNREACHABLE, f"The certificate at the Snowflake account {account} is not one that the proxy trusts."
        )
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return AccountUnavailableError(UNREACHABLE, f"The proxy gets no connection to the Snowflake account {account}.")
    if isinstance(error, TimeoutError):
        return AccountUnavailableError(
            NO_ANSWER, f"The Snowflake account {account} did not answer in time.", sqlstate=LOST_STATE
        )
    return AccountUnavailableError(
        NO_ANSWER, f"The connection to the Snowflake account {account} broke off.", sqlstate=LOST_STATE
    )


def all_in_use(connections: int, account: str) -> AccountUnavailableError:
    """Return what to tell of a request that got no connection, as others have all that there may be."""
    message = f"All {connections} connections to the Snowflake account {account} are in use: try again in a moment."
    return AccountUnavailableError(UNREACHABLE, message)


def wrong_status(status: int, account: str) -> AccountUnavailableError:
    """Return what to tell of an HTTP status that no answer of Snowflake's protocol has."""
    return AccountUnavailableError(
        WRONG_ANSWER, f"The Snowflake account {account} answered with HTTP status {status}.", sqlstate=LOST_STATE
    )


def wrong_body(account: str) -> AccountUnavailableError:
    """Return what to tell of an answer that is not Snowflake's JSON."""
    return AccountUnavailableError(
        WRONG_ANSWER, f"The Snowflake account {account} answered with something else than JSON.", sqlstate=LOST_STATE
    )


def broken_off(account: str) -> AccountUnavailableError:
    """Return what to record of a request that the proxy did not wait for, as it had to end."""
    return AccountUnavailableError(
        NO_ANSWER, f"The proxy ended before the Snowflake account {account} answered.", sqlstate=LOST_STATE
    )

"""The OAuth issuer's own words, when it gives no token: the connector keeps them to itself."""

# pyright: reportPrivateUsage=false
# (the connector has no public place to see the issuer's answer)

from __future__ import annotations

import json
from typing import Any, Final

from snowflake.connector.auth import AuthByOauthCredentials

REFUSED: Final = "the issuer refused: "  # before the reason, in the error that the connector makes of it
TIMEOUT: Final = 10.0  # seconds for one request of the issuer, which the connector itself does not limit
_HTTP_ERROR: Final = 400


class IssuerRefusedError(Exception):
    """The issuer answered, and not with a token."""


def tell_refusals(way: AuthByOauthCredentials) -> None:
    """Have the connector's error hold what the issuer said, after `REFUSED`; a refused request is not repeated."""
    post = way._post_token_request  # noqa: SLF001 (as above)

    def asking(connection: Any, fields: dict[str, str]) -> Any:
        answer = post(connection, fields)
        if answer.status >= _HTTP_ERROR:
            raise IssuerRefusedError(REFUSED + reason(answer.data, answer.status))
        return answer

    way._post_token_request = asking  # noqa: SLF001 (as above)


def reason(body: bytes, status: int) -> str:
    """Return the error of an OAuth answer (RFC 6749, section 5.2) in one line, or its HTTP status."""
    try:
        answer: Any = json.loads(body)
        words = [str(answer[key]) for key in ("error", "error_description") if answer.get(key)]
    except (ValueError, AttributeError, TypeError):
        words = []
    return " ".join(": ".join(words).split()) or f"HTTP status {status}"

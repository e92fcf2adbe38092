"""The issuer of the tokens by which an AWS account's roles can sign in to Snowflake, in place of signed STS calls.

Sources: AWS, "Getting started with outbound identity federation" (one issuer per account); Snowflake's error 4616,
which refuses every other (snowflakedb/terraform-provider-snowflake issue 5127).
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from theia_sf.errors import UsageError

HINT: Final = (
    "Each AWS account has an issuer of its own, https://ID.tokens.sts.global.api.aws: `aws iam"
    " get-outbound-web-identity-federation-info` prints it, `aws iam enable-outbound-web-identity-federation` makes it."
)
_ENDPOINT: Final = re.compile(r"sts(?:-fips)?(?:\.[a-z0-9-]+)?\.(?:amazonaws\.com(?:\.cn)?|api\.aws)")


def check_issuer(url: str) -> str:
    """Return the issuer's URL as Snowflake compares it with a token's: without a slash at its end.

    Raises:
        UsageError: it is no https URL of a host, or it is that of STS itself, which issues no tokens.
    """
    text = url.strip()
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        message = f"{text!r} is not the URL of an issuer."
        raise UsageError(message, hint=HINT) from error
    beyond = parts.path.strip("/") or parts.query or parts.fragment or parts.username or parts.password or port
    if parts.scheme != "https" or not host or beyond or not text.isprintable() or " " in text:
        message = f"{text!r} is not the URL of an issuer."
        raise UsageError(message, hint=HINT)
    if _ENDPOINT.fullmatch(host):
        message = f"{text} is the address of AWS's STS, which Snowflake does not accept as an issuer."
        raise UsageError(message, hint=HINT)
    return f"https://{host}"

"""The forms in which people write a Snowflake account, and the host each stands for.

Source: https://docs.snowflake.com/en/user-guide/admin-account-identifier.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from theia_sf.errors import UsageError

FORMS: Final = (
    "Write it as ORGANIZATION-ACCOUNT (SELECT CURRENT_ORGANIZATION_NAME() || '-' || CURRENT_ACCOUNT_NAME()), as a"
    " locator with its region (xy12345.us-east-2.aws), or as the URL that you open Snowflake with."
)
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?"
_ACCOUNT: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_HOST: Final = re.compile(
    r"(?P<account>.+?)(?P<domain>(?:\.privatelink)?\.snowflakecomputing\.(?:com|cn|mil))", re.IGNORECASE
)
_PRIVATE: Final = ".privatelink"
_URL: Final = re.compile(r"https?://(?P<host>[^/:]+)(?::\d+)?(?:/.*)?", re.IGNORECASE)
# The address of Snowsight: app.snowflake.com/ORGANIZATION/ACCOUNT, or app.snowflake.com/REGION/LOCATOR.
_SNOWSIGHT: Final = re.compile(
    r"(?:https?://)?app\.snowflake\.com/(?P<first>[A-Za-z0-9.-]+)/(?P<second>\w+)(?:[/#?].*)?", re.IGNORECASE
)
_ORGANIZATION: Final = re.compile(r"[A-Za-z0-9]+")
_DOMAIN: Final = ".snowflakecomputing.com"


@dataclass(frozen=True)
class AccountName:
    """An account identifier taken apart.

    Attributes:
        account: what the login is told: `ORG-ACCOUNT`, or the locator with its region if it was given.
        organization: the organization's name, where the identifier has one.
        name: the account's name within the organization, where the identifier has one.
        given_host: the host, where a full host name was given.
    """

    account: str
    organization: str | None
    name: str | None
    given_host: str | None

    @property
    def host(self) -> str:
        """The host to connect to, with hyphens for underscores, which certificates do not cover."""
        if self.given_host:
            return self.given_host
        labels = self.account.split(".")
        domain = ".snowflakecomputing.cn" if len(labels) > 1 and labels[1].lower().startswith("cn-") else _DOMAIN
        return self.account.lower().replace("_", "-") + domain


def parse_account(text: str) -> AccountName:
    """Take an account identifier apart: `ORG-ACCOUNT`, `locator[.region[.cloud]]`, a host name or a URL.

    Raises:
        UsageError: it is none of these.
    """
    text = _of_snowsight(text.strip())
    url = _URL.fullmatch(text)
    bare = url["host"] if url else text
    host_match = _HOST.fullmatch(bare)
    account = host_match["account"] if host_match else bare
    if not _ACCOUNT.fullmatch(account) or account.lower() == "app.snowflake.com":
        message = f"{text!r} is not a Snowflake account identifier."
        raise UsageError(message, hint=FORMS)
    host = bare.lower() if host_match else None
    if account.lower().endswith(_PRIVATE):  # a way to the account, and no part of its name
        account, host = account[: -len(_PRIVATE)], f"{bare.lower()}{_DOMAIN}"
    organization, hyphen, name = account.partition("-")
    if "." in account or not hyphen:
        organization = name = ""
    return AccountName(account, organization or None, name or None, host)


def _of_snowsight(text: str) -> str:
    """Return the account that an address of Snowsight is for; other text as it is."""
    found = _SNOWSIGHT.fullmatch(text)
    if found is None:
        return text
    first, second = found["first"], found["second"]
    return f"{first}-{second}" if _ORGANIZATION.fullmatch(first) else f"{second}.{first}"

"""Which account a request is for, and the path without the account's name."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from theia_sf.proxy.config.upstreams import Upstream
from theia_sf.proxy.errors import INVALID_REQUEST, RefusalError

ACCOUNT_KEY = "theia.account"
"""Key of the ASGI scope: the account that the path names."""


class AccountPaths:
    """Takes `/<account>` from the beginning of a path."""

    def __init__(self, app: ASGIApp, accounts: dict[str, Upstream]) -> None:
        self._app = app
        self._accounts = accounts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on."""
        if scope["type"] == "http":
            name, slash, rest = scope["path"].removeprefix("/").partition("/")
            if slash and name in self._accounts:
                scope = {**scope, "path": "/" + rest, ACCOUNT_KEY: name}
        await self._app(scope, receive, send)


def account_of(scope: Scope, host: str, told: str, accounts: dict[str, Upstream]) -> str:
    """Return the name of the account that somebody signs in to.

    Args:
        scope: of the request.
        host: the Host header.
        told: the account that the driver was told.
        accounts: those of the configuration.

    Raises:
        RefusalError: it is none of these.
    """
    if ACCOUNT_KEY in scope:
        return str(scope[ACCOUNT_KEY])
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    for account, entry in accounts.items():
        if name.lower() in (known.lower() for known in entry.hosts):
            return account
    if told.lower() in accounts:
        return told.lower()
    meant = [account for account, entry in accounts.items() if _plain(told) in _forms(entry)]
    if len(meant) == 1:
        return meant[0]
    if len(accounts) == 1:
        return next(iter(accounts))
    message = "The proxy cannot tell which account is meant: use its host name, or its name as the account."
    raise RefusalError(INVALID_REQUEST, message)


def _forms(entry: Upstream) -> set[str]:
    """Return Snowflake's names of an account, with and without the region, which drivers cut off."""
    named = [_plain(identity.account or entry.account or "") for identity in entry.identities.values()]
    return {form for account in named for form in (account, account.partition(".")[0]) if form}


def _plain(account: str) -> str:
    return account.upper().replace("_", "-")  # as host names have it, and some drivers

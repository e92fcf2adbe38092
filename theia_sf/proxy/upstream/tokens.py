"""Snowflake's tokens, as they stand in its answers."""

from __future__ import annotations

import math
from typing import Any, Final

from theia_sf.proxy.sessions.model import UpstreamTokens
from theia_sf.secret import Secret

_TOKEN_SECONDS: Final = 3600.0
"""For which a session token is good, if Snowflake does not tell."""
_MASTER_SECONDS: Final = 14400.0
_BEARERS: Final = ("token", "ctx")
"""Ends of the names under which `data` holds what lets its holder go on: tokens, and the state of a sign-in."""


def of_login(data: dict[str, Any], now: float) -> UpstreamTokens:
    """Return the tokens of a new session.

    Args:
        data: of the answer to a sign-in, with both tokens.
        now: Unix seconds.
    """
    return UpstreamTokens(
        session=_token(data["token"]),
        master=_token(data["masterToken"]),
        session_expires=now + _lifetime(data.get("validityInSeconds"), _TOKEN_SECONDS),
        master_expires=now + _lifetime(data.get("masterValidityInSeconds"), _MASTER_SECONDS),
    )


def of_renewal(data: dict[str, Any], before: UpstreamTokens, now: float) -> UpstreamTokens:
    """Return the tokens of a session that was renewed.

    Args:
        data: of the answer to a renewal, with a session token.
        before: those until now.
        now: Unix seconds.
    """
    master = data.get("masterToken")
    return UpstreamTokens(
        session=_token(data["sessionToken"]),
        master=_token(master) if master else before.master,
        session_expires=now + _lifetime(data.get("validityInSecondsST"), _TOKEN_SECONDS),
        master_expires=now + _lifetime(data.get("validityInSecondsMT"), _MASTER_SECONDS),
    )


def revealed(tokens: UpstreamTokens) -> list[str]:
    """Return the tokens themselves, to look for them in an answer."""
    return [tokens.session.reveal(), tokens.master.reveal()]


def replaced(data: dict[str, Any], **ids: str) -> dict[str, Any]:
    """Return the `data` of an answer with ids in the place of tokens; other tokens, as those of MFA, are taken out.

    Args:
        data: of Snowflake's answer.
        ids: the id by the name of the token that it replaces.
    """
    return {name: ids.get(name) if name.lower().endswith(_BEARERS) else value for name, value in data.items()}


def _token(value: Any) -> Secret:
    """Return a token, which nothing remembers to mask it elsewhere: there are too many for that."""
    return Secret(str(value), mask=False)


def _lifetime(told: Any, default: float) -> float:
    """Return for how many seconds a token is good; the default, if what Snowflake tells is no such number."""
    try:
        seconds = float(told)
    except (TypeError, ValueError):
        return default
    return seconds if 0 < seconds < math.inf else default

"""Small answers of Snowflake's, which the proxy reads itself."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from typing import Any, Final

from theia_sf.proxy.protocol.scrub import Scrubber
from theia_sf.proxy.upstream.client import Answer
from theia_sf.proxy.upstream.errors import RefusedByAccountError, wrong_body
from theia_sf.proxy.upstream.tokens import replaced

_FOUND: Final = "A secret was taken out of a refusal of the account %s."
_log = logging.getLogger(__name__)


async def accepted(answer: Answer, account: str, secrets: Iterable[str]) -> dict[str, Any]:
    """Return what Snowflake answers to a request of the proxy's own, and let go of the connection.

    Args:
        answer: to a sign-in or a renewal.
        account: name of the account.
        secrets: what the request held; a refusal that quotes it is told without.

    Raises:
        RefusedByAccountError: Snowflake refuses.
        AccountUnavailableError: it is not JSON, or not an object.
    """
    await answer.close()
    content = answer.head if answer.whole else b""
    told = _parsed(content, account)
    if told.get("success") is not True:
        refusal = _parsed(Scrubber(secrets, lambda _: _log.error(_FOUND, account)).whole(content), account)
        data: Any = refusal.get("data")
        raise RefusedByAccountError({**refusal, "data": replaced(data)} if isinstance(data, dict) else refusal)  # pyright: ignore[reportUnknownArgumentType] - JSON
    return told


def _parsed(content: bytes, account: str) -> dict[str, Any]:
    try:
        told: Any = json.loads(content)
    except (ValueError, RecursionError):
        raise wrong_body(account) from None
    if not isinstance(told, dict):
        raise wrong_body(account)
    return told  # pyright: ignore[reportUnknownVariableType] - JSON

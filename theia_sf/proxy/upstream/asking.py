"""Requests of a session that is signed in: with Snowflake's token, renewed where that is needed."""

from __future__ import annotations

import json
import uuid
from typing import Any, Final

from theia_sf.proxy.errors import SESSION_EXPIRED, SESSION_GONE
from theia_sf.proxy.sessions.model import SessionRecord
from theia_sf.proxy.upstream.accounts import Accounts
from theia_sf.proxy.upstream.client import Answer
from theia_sf.proxy.upstream.renewal import Renewal
from theia_sf.proxy.upstream.tokens import revealed

_OF_TOKENS: Final = (SESSION_EXPIRED, SESSION_GONE)
_REPEATS: Final = 3
_JSON: Final = [(b"content-type", b"application/json"), (b"accept", b"application/json")]


class Asking:
    """Asks on behalf of sessions."""

    def __init__(self, accounts: Accounts, renewal: Renewal) -> None:
        self._accounts = accounts
        self.renewal = renewal

    async def ask(
        self,
        record: SessionRecord,
        method: str,
        url: str,
        headers: list[tuple[bytes, bytes]],
        content: bytes = b"",
        *,
        poll: bool = False,
    ) -> tuple[Answer, SessionRecord]:
        """Send a request for a session; again after a renewal, if Snowflake says that the token is not good any more.

        Returns:
            The answer, and the session with the tokens that it was got with.

        Raises:
            RefusedByAccountError: the tokens cannot be renewed.
            RefusalError: the account does not answer, or the session has ended.
        """
        record = await self.renewal.fresh(record)
        client = await self._accounts.get(record.account).client(record.identity)
        answer = await client.ask(method, url, _signed(headers, record), content, poll=poll)
        for _ in range(_REPEATS):
            current = await self._current(record, _refusal(answer))
            if current is None:
                break
            record = current
            answer = await client.ask(method, url, _signed(headers, record), content, poll=poll)
        return answer, record

    async def end(self, record: SessionRecord) -> None:
        """End a session at Snowflake that no store keeps any more; its token is renewed for that if it has expired.

        Raises:
            RefusalError: Snowflake does not renew it, or does not answer.
        """
        if self.renewal.is_over(record):
            record = await self.renewal.once_more(record)
        client = await self._accounts.get(record.account).client(record.identity)
        for _ in range(2):
            url = f"/session?delete=true&requestId={uuid.uuid4()}"
            answer = await client.ask("POST", url, _signed(_JSON, record), b"{}")
            await answer.close()
            if _refusal(answer) != SESSION_EXPIRED:
                return
            record = await self.renewal.once_more(record)

    async def _current(self, record: SessionRecord, refusal: str | None) -> SessionRecord | None:
        """Return the session with the token to ask with again; None if the answer is the answer."""
        if refusal == SESSION_EXPIRED:
            renewed, _ = await self.renewal.renew(record)
            return renewed
        if refusal == SESSION_GONE:  # another request may have had the token renewed while this one was on its way
            current = await self.renewal.kept(record.id)
            return current if current is not None and current.tokens.session != record.tokens.session else None
        return None

    def secrets(self, record: SessionRecord) -> list[str]:
        """Return what no answer to a session may hold."""
        credentials = self._accounts.get(record.account).credentials(record.identity)
        return [*revealed(record.tokens), *credentials.secrets()]


def _signed(headers: list[tuple[bytes, bytes]], record: SessionRecord) -> list[tuple[bytes, bytes]]:
    return [*headers, (b"authorization", f'Snowflake Token="{record.tokens.session.reveal()}"'.encode())]


def _refusal(answer: Answer) -> str | None:
    """Return the code by which Snowflake did nothing because of the session token; a refusal is a small answer."""
    if not answer.whole or not any(code.encode() in answer.head for code in _OF_TOKENS):
        return None
    try:
        told: Any = json.loads(answer.head)
        return str(told["code"]) if told["success"] is False and str(told["code"]) in _OF_TOKENS else None
    except (ValueError, TypeError, KeyError, RecursionError):
        return None

"""Requests of a session that is signed in: with Snowflake's token, renewed where that is needed."""

from __future__ import annotations

from theia_sf.proxy.errors import SESSION_EXPIRED
from theia_sf.proxy.sessions.model import SessionRecord
from theia_sf.proxy.upstream.accounts import Accounts
from theia_sf.proxy.upstream.client import Answer
from theia_sf.proxy.upstream.login import parse_answer
from theia_sf.proxy.upstream.renewal import Renewal


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
        """Send a request for a session; once more after a renewal, if Snowflake says that the token has expired.

        Returns:
            The answer, and the session with the tokens that it was got with.

        Raises:
            RefusedByAccountError: the tokens cannot be renewed.
            RefusalError: the account does not answer, or the session has ended.
        """
        record = await self.renewal.fresh(record)
        client = await self._accounts.get(record.account).client(record.identity)
        answer = await client.ask(method, url, _signed(headers, record), content, poll=poll)
        if not _has_expired(answer, record):
            return answer, record
        record, _ = await self.renewal.renew(record)
        return await client.ask(method, url, _signed(headers, record), content, poll=poll), record

    def secrets(self, record: SessionRecord) -> list[str]:
        """Return what no answer to a session may hold."""
        credentials = self._accounts.get(record.account).credentials(record.identity)
        return [record.tokens.session.reveal(), record.tokens.master.reveal(), *credentials.secrets()]


def _signed(headers: list[tuple[bytes, bytes]], record: SessionRecord) -> list[tuple[bytes, bytes]]:
    return [*headers, (b"authorization", f'Snowflake Token="{record.tokens.session.reveal()}"'.encode())]


def _has_expired(answer: Answer, record: SessionRecord) -> bool:
    """Whether Snowflake did nothing because the session token has expired; a refusal is a small answer."""
    if not answer.whole or SESSION_EXPIRED.encode() not in answer.head:
        return False
    told = parse_answer(answer.head, record.account)
    return told.get("success") is False and str(told.get("code")) == SESSION_EXPIRED

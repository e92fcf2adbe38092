"""Renew Snowflake's tokens of a session: one renewal at a time, whichever instance of the proxy does it."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final
from weakref import WeakValueDictionary

from theia_sf.proxy.errors import SESSION_GONE, RefusalError
from theia_sf.proxy.sessions.model import CLOCK_DIFFERENCE, SessionRecord, SessionStore
from theia_sf.proxy.sessions.tokens import token_hash
from theia_sf.proxy.upstream.accounts import Accounts
from theia_sf.proxy.upstream.client_ids import ClientRenewal
from theia_sf.proxy.upstream.errors import wrong_body
from theia_sf.proxy.upstream.tokens import of_renewal, revealed
from theia_sf.proxy.upstream.told import accepted

TOKEN_PATH: Final = "/session/token-request"  # noqa: S105 (a path)
_CLAIM_SECONDS: Final = 30.0
"""For which an instance may be at it before another takes over."""
_PAUSE: Final = 0.05
_ENDING: Final = 5.0
"""Seconds that renewals get to be kept when the proxy ends."""


def gone() -> RefusalError:
    """What a client hears whose session has ended."""
    return RefusalError(SESSION_GONE, "The session does not exist any more. Log in again.")


class Renewal:
    """Renews.

    Args:
        store: where the sessions are.
        accounts: whom to ask.
        before: seconds before its end that a token is renewed.
        clock: Unix seconds.
    """

    def __init__(
        self, store: SessionStore, accounts: Accounts, before: float, clock: Callable[[], float] = time.time
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._before = before
        self._clock = clock
        self._under_way: set[asyncio.Future[tuple[SessionRecord, dict[str, Any] | None]]] = set()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def fresh(self, record: SessionRecord) -> SessionRecord:
        """Return the session with a token that lasts: renewed, if it ends soon.

        Raises:
            RefusalError: as `renew`.
        """
        if record.tokens.session_expires - self._clock() > self._before:
            return record
        renewed, _ = await self.renew(record)
        return renewed

    async def kept(self, session_id: str) -> SessionRecord | None:
        """Return a session as it is now."""
        return await self._store.get(session_id)

    async def renew(
        self, record: SessionRecord, client: ClientRenewal | None = None
    ) -> tuple[SessionRecord, dict[str, Any] | None]:
        """Renew the tokens of a session.

        Args:
            record: the session, as it was when the renewal turned out to be needed.
            client: what a client asked for; None if what it holds does not change. Nothing is done if somebody else
                has renewed the tokens since.

        Returns:
            The session, and Snowflake's answer if it was asked.

        Raises:
            RefusedByAccountError: Snowflake does not renew them.
            RefusalError: the session has ended meanwhile, or the account does not answer.
        """
        # A renewal that Snowflake has done must not be lost, whatever becomes of the request that wanted it.
        work = asyncio.ensure_future(self._renew(record, client))
        self._under_way.add(work)
        work.add_done_callback(self._under_way.discard)
        return await asyncio.shield(work)

    def is_over(self, record: SessionRecord) -> bool:
        """Tell whether Snowflake takes the token of a session no more."""
        return record.tokens.session_expires <= self._clock()

    async def once_more(self, record: SessionRecord) -> SessionRecord:
        """Return a session that is kept no more, with new tokens, by which Snowflake can be told that it has ended.

        Raises:
            RefusalError: Snowflake does not renew them, or does not answer.
        """
        answer = await self._ask(record)
        return replace(record, tokens=of_renewal(answer["data"], record.tokens, self._clock()))

    async def settle(self) -> None:
        """Return when the renewals that Snowflake is at are kept, or it takes too long to wait for it."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=_ENDING)

    async def _renew(
        self, record: SessionRecord, client: ClientRenewal | None
    ) -> tuple[SessionRecord, dict[str, Any] | None]:
        lock = self._locks.setdefault(record.id, asyncio.Lock())
        async with lock:
            claimed = await self._claim(record, client)
            if not claimed.renewing_until:
                return claimed, None
            try:
                answer = await self._ask(claimed)
            except BaseException:
                await self._change(claimed.id, lambda current: replace(current, renewing_until=0.0))
                raise
            tokens = of_renewal(answer["data"], claimed.tokens, self._clock())

            def changed(current: SessionRecord) -> SessionRecord:
                new = replace(current, tokens=tokens, renewing_until=0.0)
                if client is None:
                    return new
                token_id, master_id = client.ids(current, tokens)
                return replace(
                    new,
                    token_hash=token_hash(token_id),
                    master_hash=token_hash(master_id),
                    previous_token_hash=current.token_hash,
                    previous_master_hash=current.master_hash,
                    token_expires=tokens.session_expires,
                    expires=tokens.master_expires + CLOCK_DIFFERENCE,
                )

            return await self._change(claimed.id, changed), answer

    async def _claim(self, record: SessionRecord, client: ClientRenewal | None) -> SessionRecord:
        """Return the session claimed for this instance; unclaimed, if it has been renewed by another."""
        seen, since = 0.0, 0.0
        while True:
            current = await self._store.get(record.id)
            if current is None:
                raise gone()
            renewed = current.tokens.session != record.tokens.session
            if renewed if client is None else client.is_repeated(current):
                return replace(current, renewing_until=0.0)
            now = self._clock()
            if current.renewing_until != seen:
                seen, since = current.renewing_until, now
            if _is_claimed(seen, since, now):
                await asyncio.sleep(_PAUSE)
                continue
            claimed = replace(current, renewing_until=now + _CLAIM_SECONDS)
            if await self._store.replace(claimed):
                return claimed

    async def _change(self, session_id: str, change: Callable[[SessionRecord], SessionRecord]) -> SessionRecord:
        while True:
            current = await self._store.get(session_id)
            if current is None:
                raise gone()
            changed = change(current)
            if await self._store.replace(changed):
                return replace(changed, version=current.version + 1)

    async def _ask(self, record: SessionRecord) -> dict[str, Any]:
        account = self._accounts.get(record.account)
        client = await account.client(record.identity)
        body = {"oldSessionToken": record.tokens.session.reveal(), "requestType": "RENEW"}
        headers = [
            (b"authorization", f'Snowflake Token="{record.tokens.master.reveal()}"'.encode()),
            (b"content-type", b"application/json"),
            (b"accept", b"application/json"),
            (b"user-agent", b"theia-sf"),
        ]
        url = f"{TOKEN_PATH}?requestId={uuid.uuid4()}"
        answer = await client.ask("POST", url, headers, json.dumps(body).encode())
        secrets = [*revealed(record.tokens), *account.credentials(record.identity).secrets()]
        told = await accepted(answer, record.account, secrets)
        data: Any = told.get("data")
        if not isinstance(data, dict) or not data.get("sessionToken"):  # pyright: ignore[reportUnknownMemberType] - JSON
            raise wrong_body(record.account)
        return told


def _is_claimed(until: float, since: float, now: float) -> bool:
    """Whether another instance may still be at it: by its own clock, it has claimed the session until `until`.

    How long the claim has been seen here (`since`) counts, as that other clock may be ahead or behind.
    """
    return now - since < _CLAIM_SECONDS and abs(until - now) < _CLAIM_SECONDS + CLOCK_DIFFERENCE

"""Whose queries and requests there are.

Every instance of the proxy can tell, as it stands in the store of sessions before the client has the answer. A request
that is over in a moment is an exception, as nobody aborts it: this instance alone knows whose it is.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from typing import Final

from theia_sf.proxy.errors import RefusalError
from theia_sf.proxy.sessions.model import QueryOwner, SessionRecord, SessionStore
from theia_sf.proxy.sessions.tokens import token_hash

QUERY_KEPT: Final = 24 * 3600.0
"""Seconds for which Snowflake keeps the result of a query (docs.snowflake.com, "Using persisted query results")."""
NOT_FOUND: Final = "000709"
_REMEMBERED: Final = 20_000
_SHORT: Final = 0.25
"""Seconds; a request that takes longer can be aborted through every instance."""
_log = logging.getLogger(__name__)


def not_found(query_id: str) -> RefusalError:
    """What a client hears of a query that is not theirs, in Snowflake's words."""
    return RefusalError(NOT_FOUND, f"Statement {query_id} not found", sqlstate="02000")


def request_key(record: SessionRecord, request_id: str) -> str:
    """Return what a request is known by, beside the IDs of queries; nobody else's request has it."""
    return "request:" + token_hash(f"{record.account}:{record.user}:{request_id}")


class Ownership:
    """Notes and tells whose queries there are.

    Args:
        store: of the sessions.
        clock: Unix seconds.
    """

    def __init__(self, store: SessionStore, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._under_way: set[asyncio.Task[None]] = set()
        self._known: OrderedDict[str, QueryOwner] = OrderedDict()

    async def note(self, record: SessionRecord, names: Iterable[str], *, needed: bool = True) -> None:
        """Note that queries or requests are those of a session's user; returns when every instance knows.

        Args:
            record: the session.
            names: IDs of queries, keys of requests.
            needed: whether every instance has to know; if not, this one is enough where the store does not answer.

        Raises:
            RefusalError: the store does not answer.
        """
        for name in names:
            owner = self._remember(record, name)
            try:
                await self._store.own_query(name, owner, self._clock() + QUERY_KEPT)
            except RefusalError as error:
                if needed:
                    raise
                _log.warning("Another instance will not know whose query it is: %s", error.message)

    async def settle(self) -> None:
        """Return when the store knows of the requests that are under way for long."""
        await asyncio.gather(*self._under_way)

    @contextmanager
    def running(self, record: SessionRecord, request_id: str | None) -> Generator[None]:
        """While a request is under way, its user can have it aborted."""
        if request_id is None:
            yield
            return
        name = request_key(record, request_id)
        self._remember(record, name)
        later = asyncio.get_running_loop().call_later(_SHORT, self._note_later, record, name)
        try:
            yield
        finally:
            later.cancel()

    async def check(self, record: SessionRecord, name: str, told: str) -> QueryOwner:
        """Return whose a query or request is, if it is that of the session's user.

        Args:
            record: the session.
            name: ID of the query, or key of the request.
            told: what to call it.

        Raises:
            RefusalError: it is somebody else's or nobody's, which is not told apart; the store does not answer.
        """
        owner = await self._owner(record, name)
        if owner is None:
            raise not_found(told)
        return owner

    async def is_of(self, record: SessionRecord, name: str) -> bool:
        """Tell whether a query or request is that of the session's user.

        Raises:
            RefusalError: the store does not answer.
        """
        return await self._owner(record, name) is not None

    async def _owner(self, record: SessionRecord, name: str) -> QueryOwner | None:
        found = self._known.get(name) or await self._store.owner_of(name)
        theirs = found is not None and (found.user, found.account) == (record.user, record.account)
        return found if theirs else None

    def _remember(self, record: SessionRecord, name: str) -> QueryOwner:
        """Whose it was first, it stays, here as in the store."""
        new = QueryOwner(session=record.id, user=record.user, account=record.account)
        owner = self._known.setdefault(name, new)
        self._known.move_to_end(name)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return owner

    def _note_later(self, record: SessionRecord, name: str) -> None:
        task = asyncio.create_task(self.note(record, [name], needed=False))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

"""Sessions in Redis: for several instances of the proxy, any of which serves any session.

Everything expires by itself. Redis must not evict keys (`maxmemory-policy noeviction`), and should persist them: what
it loses are sessions, whose clients log in again.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, cast

from redis.commands.core import AsyncScript
from redis.exceptions import ReadOnlyError, RedisError

from theia_sf.proxy.sessions import redis_pool, redis_scripts
from theia_sf.proxy.sessions.errors import StoreUnavailableError
from theia_sf.proxy.sessions.model import QueryOwner, SessionRecord
from theia_sf.proxy.sessions.sealing import Kept, Sealer, UnsealableError, is_of
from theia_sf.proxy.sessions.tokens import token_hash
from theia_sf.proxy.sessions.touches import Touches
from theia_sf.secret import Secret

QUERIES_OF_USER: Final = 20_000
"""Of the queries of one user, so many are remembered; Snowflake keeps results for 24 hours."""
_log = logging.getLogger(__name__)


class RedisStore:
    """A `SessionStore` in Redis 7 or newer.

    Args:
        url: of the server, and its `password`: see `redis_pool.client`.
        sealer: has the keys.
        prefix: what the names of all keys begin with.
        clock: Unix seconds.

    Raises:
        UsageError: the URL is none, or has an option that redis-py does not know.
    """

    def __init__(
        self,
        url: str,
        sealer: Sealer,
        *,
        password: Secret | None = None,
        prefix: str = "theia-sf:",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._sealer = sealer
        self._prefix = prefix
        self._clock = clock
        self._touches = Touches()
        self._redis = redis_pool.client(url, password)
        self._scripts = {
            text: self._redis.register_script(text)
            for name, text in vars(redis_scripts).items()
            if name.isupper() and not name.startswith("_")
        }

    async def add(self, record: SessionRecord) -> None:
        """Keep a new session."""
        await self._keep(record, before="")

    async def by_token(self, token: str) -> SessionRecord | None:
        """See `SessionStore`."""
        return await self._found(f"token:{token_hash(token)}", "")

    async def by_master(self, token: str) -> SessionRecord | None:
        """See `SessionStore`."""
        return await self._found(f"master:{token_hash(token)}", "")

    async def get(self, session_id: str) -> SessionRecord | None:
        """See `SessionStore`."""
        return await self._found("", session_id)

    async def replace(self, record: SessionRecord) -> bool:
        """See `SessionStore`."""
        changed = dataclasses.replace(record, version=record.version + 1)
        return await self._keep(changed, before=str(record.version))

    async def touch(self, session_id: str, now: float) -> None:
        """See `SessionStore`."""
        if self._touches.due(session_id, now):
            await self._call(redis_scripts.TOUCH, session_id, repr(now))

    async def remove(self, session_id: str) -> bool:
        """See `SessionStore`."""
        self._touches.forget(session_id)
        return await self._call(redis_scripts.REMOVE, session_id) == 1

    async def all(self) -> list[SessionRecord]:
        """See `SessionStore`."""
        rows = cast("list[list[bytes | None]]", await self._call(redis_scripts.ALL, _milliseconds(self._clock())))
        opened = (self._opened(row) for row in rows)
        return sorted((record for record in opened if record is not None), key=lambda record: record.created)

    async def own_query(self, query_id: str, owner: QueryOwner, expires: float) -> None:
        """See `SessionStore`; whose query it was first, it stays."""
        owner_text = json.dumps([owner.session, owner.user, owner.account])
        times = _milliseconds(expires), _milliseconds(self._clock())
        of_user = f"queries:{owner.account}/{owner.user}"
        await self._call(redis_scripts.OWN, query_id, owner_text, of_user, *times, QUERIES_OF_USER)

    async def owner_of(self, query_id: str) -> QueryOwner | None:
        """See `SessionStore`."""
        found: Any = await self._answered(lambda: self._redis.get(f"{self._prefix}query:{query_id}"))
        return QueryOwner(*json.loads(found)) if found else None

    async def check(self) -> None:
        """See `SessionStore`."""
        await self._answered(lambda: self._redis.set(f"{self._prefix}check", repr(self._clock()), ex=60))

    async def close(self) -> None:
        """See `SessionStore`."""
        await self._redis.aclose()

    async def _keep(self, record: SessionRecord, *, before: str) -> bool:
        kept = self._sealer.seal(record)
        names = [f"token:{record.token_hash}", f"master:{record.master_hash}"]
        names += [f"token:{record.previous_token_hash}"] if record.previous_token_hash else []
        names += [f"master:{record.previous_master_hash}"] if record.previous_master_hash else []
        arguments = (before, record.version, kept.body, kept.sealed, " ".join(names), _milliseconds(record.expires))
        return await self._call(redis_scripts.KEEP, record.id, *arguments, repr(record.last_used)) == 1

    async def _found(self, name: str, session_id: str) -> SessionRecord | None:
        row = cast("list[bytes | None] | None", await self._call(redis_scripts.FIND, name, session_id))
        record = self._opened(row) if row and row[0] is not None else None
        if record is None or not is_of(record, session_id or name.partition(":")[2]):
            return None
        return record if record.expires > self._clock() else None

    def _opened(self, row: Sequence[bytes | None]) -> SessionRecord | None:
        body, sealed, last_used = (value or b"" for value in row)
        try:
            return self._sealer.open(Kept(body.decode("utf-8", "replace"), sealed), _number(last_used))
        except UnsealableError as error:
            _log.error("%s Its client has to log in again.", error.message)
            return None

    async def _call(self, text: str, *arguments: str | bytes | int) -> Any:
        script: AsyncScript = self._scripts[text]
        return await self._answered(lambda: script(keys=[self._prefix], args=list(arguments)))

    async def _answered(self, ask: Callable[[], Awaitable[Any]]) -> Any:
        try:
            try:
                return await ask()
            except ReadOnlyError:
                # It was the primary and is a replica now. Its name leads to another server, yet the connections that
                # are open to it stay open: without new ones, nothing would ever be written again.
                await self._redis.connection_pool.disconnect(inuse_connections=False)
                return await ask()
        except RedisError as error:
            reason = f"Redis: {error}"
            raise StoreUnavailableError(reason) from error


def _milliseconds(seconds: float) -> int:
    return int(seconds * 1000)


def _number(text: bytes) -> float:
    """The last use, which is not sealed: what somebody else wrote there is no number, and must end nothing."""
    try:
        return float(text)
    except ValueError:
        return 0.0

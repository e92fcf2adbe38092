"""Sessions in an SQLite file: for one machine, where several instances of the proxy may share it.

One thread owns the connection that writes, so that the event loop never waits for the disk. Sessions are looked up on
the loop, by a connection that only reads: their pages are in memory, and in WAL mode a reader waits for no writer, so
that takes less than handing it to a thread. It is the file that is asked, at every request: a session that anybody
ended is gone at once. In WAL mode what was committed survives the end of the process, however it comes; a power failure
may take the last moments ("WAL", sqlite.org), whose clients then log in again.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

from theia_sf.proxy.sessions import sqlite_file
from theia_sf.proxy.sessions.errors import StoreUnavailableError
from theia_sf.proxy.sessions.model import QueryOwner, SessionRecord
from theia_sf.proxy.sessions.sealing import Kept, Sealer, UnsealableError, is_of
from theia_sf.proxy.sessions.tokens import token_hash
from theia_sf.proxy.sessions.touches import Touches

QUERIES_OF_USER: Final = 20_000
"""Of the queries of one user, so many are remembered; Snowflake keeps results for 24 hours."""
_PRUNE_EVERY: Final = 256
_COLUMNS: Final = "CAST(body AS BLOB), CAST(sealed AS BLOB), CAST(last_used AS REAL)"
"""SQLite keeps what it is given in any column: somebody may have put something else there than we did."""
_log = logging.getLogger(__name__)
_T = TypeVar("_T")


class SqliteStore:
    """A `SessionStore` in a file.

    Args:
        path: the database; made, for its owner alone, if it does not exist.
        sealer: has the keys.
        clock: Unix seconds.

    Raises:
        UsageError: the file is no database of ours, a newer one, or another user's.
    """

    def __init__(self, path: Path, sealer: Sealer, *, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._sealer = sealer
        self._clock = clock
        self._touches = Touches()
        self._noted = 0
        self._owned: list[tuple[str, QueryOwner, float]] = []
        self._owning: asyncio.Task[None] | None = None
        self._connection = sqlite_file.opened(path)
        self._reader = sqlite_file.reader(path)
        self._file = sqlite_file.identity(path)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="session-store")

    async def add(self, record: SessionRecord) -> None:
        """Keep a new session; those that have expired are forgotten."""
        kept, now = self._sealer.seal(record), self._clock()

        def work(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM sessions WHERE expires <= ?", (now,))
            row = (record.id, *_indexed(record), record.version, record.last_used, kept.body, kept.sealed)
            db.execute("INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)

        await self._run(work)

    async def by_token(self, token: str) -> SessionRecord | None:
        """See `SessionStore`."""
        return await self._found("(token_hash = ?2 OR previous_token_hash = ?2)", token_hash(token))

    async def by_master(self, token: str) -> SessionRecord | None:
        """See `SessionStore`."""
        return await self._found("(master_hash = ?2 OR previous_master_hash = ?2)", token_hash(token))

    async def get(self, session_id: str) -> SessionRecord | None:
        """See `SessionStore`."""
        return await self._found("id = ?2", session_id)

    async def replace(self, record: SessionRecord) -> bool:
        """See `SessionStore`."""
        kept = self._sealer.seal(dataclasses.replace(record, version=record.version + 1))
        change = (
            "UPDATE sessions SET token_hash = ?, previous_token_hash = ?, master_hash = ?, previous_master_hash = ?, "
            "expires = ?, version = ?, body = ?, sealed = ? WHERE id = ? AND version = ?"
        )
        row = (*_indexed(record), record.version + 1, kept.body, kept.sealed, record.id, record.version)
        return await self._run(lambda db: db.execute(change, row).rowcount == 1)

    async def touch(self, session_id: str, now: float) -> None:
        """See `SessionStore`."""
        if self._touches.due(session_id, now):
            row = (now, session_id)
            await self._run(lambda db: db.execute("UPDATE sessions SET last_used = ? WHERE id = ?", row))

    async def remove(self, session_id: str) -> bool:
        """See `SessionStore`."""
        self._touches.forget(session_id)
        row = (session_id,)
        return await self._run(lambda db: db.execute("DELETE FROM sessions WHERE id = ?", row).rowcount == 1)

    async def all(self) -> list[SessionRecord]:
        """See `SessionStore`."""
        query = f"SELECT {_COLUMNS} FROM sessions WHERE expires > ? ORDER BY rowid"  # noqa: S608 (a constant)
        rows = await self._run(lambda db: db.execute(query, (self._clock(),)).fetchall())
        return [record for row in rows if (record := self._opened(row)) is not None]

    async def own_query(self, query_id: str, owner: QueryOwner, expires: float) -> None:
        """See `SessionStore`; whose query it was first, it stays. What is noted in one moment is written together."""
        self._owned.append((query_id, owner, expires))
        if self._owning is None:
            self._owning = asyncio.create_task(self._write_owned())
        await asyncio.shield(self._owning)

    async def _write_owned(self) -> None:
        await asyncio.sleep(0)
        owned, self._owned, self._owning = self._owned, [], None
        rows = [(query_id, owner.session, owner.user, owner.account, expires) for query_id, owner, expires in owned]
        before, self._noted = self._noted, self._noted + len(rows)
        prune, now = before // _PRUNE_EVERY != self._noted // _PRUNE_EVERY, self._clock()

        def work(db: sqlite3.Connection) -> None:
            db.executemany("INSERT OR IGNORE INTO queries VALUES (?, ?, ?, ?, ?)", rows)
            if prune:
                db.execute("DELETE FROM queries WHERE expires <= ?", (now,))
                for user in {(owner.account, owner.user) for _, owner, _ in owned}:
                    db.execute(sqlite_file.OLDEST_OF_USER, (*user, QUERIES_OF_USER))

        await self._run(work)

    async def owner_of(self, query_id: str) -> QueryOwner | None:
        """See `SessionStore`."""
        query = "SELECT session, user, account FROM queries WHERE query_id = ? AND expires > ?"
        values = (query_id, self._clock())
        row = await self._run(lambda db: db.execute(query, values).fetchone())
        return QueryOwner(*row) if row else None

    async def check(self) -> None:
        """See `SessionStore`."""

        def work(db: sqlite3.Connection) -> None:
            db.execute("UPDATE checks SET done = ?", (self._clock(),))
            if sqlite_file.identity(self._path) != self._file:
                message = "the file was removed or replaced"
                raise sqlite3.OperationalError(message)

        await self._run(work)

    async def close(self) -> None:
        """See `SessionStore`."""
        self._reader.close()
        await asyncio.get_running_loop().run_in_executor(self._thread, self._connection.close)
        self._thread.shutdown()

    async def _found(self, condition: str, value: str) -> SessionRecord | None:
        query = f"SELECT {_COLUMNS} FROM sessions WHERE expires > ?1 AND {condition}"  # noqa: S608 (constants)
        values = (self._clock(), value)
        try:
            rows = self._reader.execute(query, values).fetchall()  # all: an open cursor keeps the WAL from its end
        except sqlite3.Error:  # the WAL is being recovered, …: the thread waits, and tells what is wrong
            rows = await self._run(lambda db: db.execute(query, values).fetchall())
        record = self._opened(rows[0]) if rows else None
        if record is None or not is_of(record, value) or record.expires <= values[0]:  # the columns are not sealed
            return None
        return record

    def _opened(self, row: tuple[Any, ...]) -> SessionRecord | None:
        body, sealed, last_used = row
        try:
            return self._sealer.open(Kept(body.decode("utf-8", "replace"), sealed), last_used)
        except UnsealableError as error:
            _log.error("%s Its client has to log in again.", error.message)
            return None

    async def _run(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        def transaction() -> _T:
            with self._connection:
                return work(self._connection)

        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, transaction)
        except sqlite3.Error as error:
            reason = f"{self._path}: {error}"
            raise StoreUnavailableError(reason) from error
        except RuntimeError as error:  # the thread's word after close()
            reason = f"{self._path} is closed"
            raise StoreUnavailableError(reason) from error


def _indexed(record: SessionRecord) -> tuple[str, str, str, str, float]:
    hashes = (record.token_hash, record.previous_token_hash, record.master_hash, record.previous_master_hash)
    return (*hashes, record.expires)

"""How sessions are read beside the thread that writes, and queries written together."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

from tests.integration.proxy.sessions.conftest import KEY, Clock, make_record, run
from theia_sf.proxy.sessions.errors import StoreUnavailableError
from theia_sf.proxy.sessions.model import QueryOwner
from theia_sf.proxy.sessions.sealing import Sealer
from theia_sf.proxy.sessions.sqlite import SqliteStore

OWNER = QueryOwner("session-1", "alice", "flows")


def test_a_session_is_found_while_another_process_writes(tmp_path: Path, clock: Clock) -> None:
    async def work() -> None:
        store = SqliteStore(tmp_path / "sessions.db", Sealer([KEY]), clock=clock)
        await store.add(make_record(clock))
        writer = sqlite3.connect(tmp_path / "sessions.db", isolation_level=None)
        writer.execute("BEGIN EXCLUSIVE")
        async with asyncio.timeout(1):
            assert await store.by_token("Theia:token-1") == make_record(clock)
        writer.execute("ROLLBACK")
        writer.close()
        await store.close()

    run(work)


def test_a_session_that_was_just_found_is_gone_once_another_instance_ends_it(tmp_path: Path, clock: Clock) -> None:
    async def work() -> None:
        one, other = [SqliteStore(tmp_path / "sessions.db", Sealer([KEY]), clock=clock) for _ in range(2)]
        for _ in range(3):
            await one.add(make_record(clock))
            assert await one.by_token("Theia:token-1") is not None
            assert await other.remove("session-1")
            assert await one.by_token("Theia:token-1") is None
        await one.close()
        await other.close()

    run(work)


def test_where_the_reader_fails_the_thread_looks(tmp_path: Path, clock: Clock) -> None:
    async def work() -> None:
        store = SqliteStore(tmp_path / "sessions.db", Sealer([KEY]), clock=clock)
        await store.add(make_record(clock))
        store._reader.close()
        assert await store.by_token("Theia:token-1") == make_record(clock)
        await store.close()

    run(work)


def test_reading_leaves_no_transaction_open(tmp_path: Path, clock: Clock) -> None:
    """One that stayed open would keep SQLite from emptying the WAL, which would grow for as long as the proxy runs."""

    async def work() -> None:
        store = SqliteStore(tmp_path / "sessions.db", Sealer([KEY]), clock=clock)
        await store.add(make_record(clock))
        assert await store.by_token("Theia:token-1") is not None
        await store.own_query("01b-1", OWNER, clock.now + 60)
        busy, _, left = store._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        assert (busy, left) == (0, 0)
        await store.close()

    run(work)


def test_queries_that_end_together_are_one_transaction(tmp_path: Path, clock: Clock) -> None:
    async def work() -> None:
        store = SqliteStore(tmp_path / "sessions.db", Sealer([KEY]), clock=clock)
        done: list[str] = []
        store._connection.set_trace_callback(done.append)
        names = [f"01b-{number}" for number in range(50)]
        await asyncio.gather(*(store.own_query(name, OWNER, clock.now + 60) for name in names))
        assert done.count("COMMIT") == 1
        assert [await store.owner_of(name) for name in names] == [OWNER] * 50
        await store.close()

    run(work)


def test_all_of_those_that_wait_hear_of_a_failure(tmp_path: Path, clock: Clock) -> None:
    async def work() -> None:
        store = SqliteStore(tmp_path / "sessions.db", Sealer([KEY]), clock=clock)
        store._connection.execute("PRAGMA query_only = 1")
        told = await asyncio.gather(
            *(store.own_query(f"01b-{number}", OWNER, clock.now + 60) for number in range(3)), return_exceptions=True
        )
        assert [type(one) for one in told] == [StoreUnavailableError] * 3
        store._connection.execute("PRAGMA query_only = 0")
        await store.own_query("01b-9", OWNER, clock.now + 60)
        assert await store.owner_of("01b-9") == OWNER
        await store.close()

    run(work)

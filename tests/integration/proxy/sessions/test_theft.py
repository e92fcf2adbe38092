"""A stolen store gives no token, and one that was tampered with gives nobody another's session."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from tests.integration.proxy.sessions.conftest import KEY, Clock, RedisServer, make_record, run
from theia_sf.proxy.sessions.redis import RedisStore
from theia_sf.proxy.sessions.sealing import Sealer
from theia_sf.proxy.sessions.sqlite import SqliteStore
from theia_sf.proxy.sessions.tokens import token_hash

SESSIONS = 50
SECRETS = [f"{prefix}-{number}" for number in range(SESSIONS) for prefix in ("Theia:token", "ver:1-hint:session")] + [
    f"{prefix}-{number}" for number in range(SESSIONS) for prefix in ("Theia:master", "ver:1-hint:master")
]


def assert_no_secret(data: bytes) -> None:
    assert b"alice" in data  # it is the store, and was read
    for secret in SECRETS:
        assert secret.encode() not in data
    assert KEY.secret not in data


def look_into(folder: Path) -> None:
    files = sorted(folder.iterdir())
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert {file.suffix for file in files} == {".db", ".db-wal", ".db-shm"}
    assert_no_secret(b"".join(file.read_bytes() for file in files))


def test_no_token_stands_in_the_file(tmp_path: Path, clock: Clock) -> None:
    async def work() -> None:
        store = SqliteStore(tmp_path / "sessions.db", Sealer([KEY]), clock=clock)
        for number in range(SESSIONS):
            await store.add(make_record(clock, number))
        look_into(tmp_path)
        await store.close()

    run(work)


def test_no_token_stands_in_redis(redis_server: RedisServer, clock: Clock) -> None:
    async def work() -> None:
        store = RedisStore(redis_server.url, Sealer([KEY]), prefix="theft:", clock=clock)
        for number in range(SESSIONS):
            await store.add(make_record(clock, number))
        dump = await asyncio.to_thread(
            lambda: b"".join(file.read_bytes() for file in redis_server.folder.rglob("*.aof"))
        )
        assert_no_secret(dump)
        await store.close()

    run(work)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE sessions SET body = replace(body, '\"alice\"', '\"mallory\"')",
        "UPDATE sessions SET body = replace(body, '\"analysts\"', '\"admins\"')",
        "UPDATE sessions SET body = replace(body, '\"reader\"', '\"owner\"')",
        "UPDATE sessions SET body = body || ' '",
        "UPDATE sessions SET sealed = (SELECT sealed FROM sessions WHERE id = 'session-2')",
        "UPDATE sessions SET sealed = substr(sealed, 1, 30)",
        "UPDATE sessions SET sealed = x''",
        "UPDATE sessions SET sealed = x'00' || substr(sealed, 2)",
    ],
)
def test_what_somebody_else_wrote_is_nobodys_session(
    tmp_path: Path, clock: Clock, change: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def work() -> None:
        store = SqliteStore(tmp_path / "sessions.db", Sealer([KEY]), clock=clock)
        await store.add(make_record(clock, 1))
        await store.add(make_record(clock, 2))
        with sqlite3.connect(tmp_path / "sessions.db") as database:
            database.execute(f"{change} WHERE id = 'session-1'")
        database.close()
        assert await store.by_token("Theia:token-1") is None
        assert [record.id for record in await store.all()] == ["session-2"]
        await store.close()

    run(work)
    assert "has to log in again" in caplog.text
    assert "ver:1" not in caplog.text


@pytest.mark.parametrize("column", ["token_hash", "previous_token_hash"])
def test_an_id_put_into_the_index_of_another_session_opens_nothing(tmp_path: Path, clock: Clock, column: str) -> None:
    async def work() -> None:
        store = SqliteStore(tmp_path / "sessions.db", Sealer([KEY]), clock=clock)
        await store.add(make_record(clock, 1))
        with sqlite3.connect(tmp_path / "sessions.db") as database:
            database.execute(f"UPDATE sessions SET {column} = ?", (token_hash("Theia:token-666"),))
        database.close()
        assert await store.by_token("Theia:token-666") is None
        await store.close()

    run(work)


def test_an_id_put_into_the_index_in_redis_opens_nothing(redis_server: RedisServer, clock: Clock) -> None:
    async def work() -> None:
        store = RedisStore(redis_server.url, Sealer([KEY]), prefix="index:", clock=clock)
        await store.add(make_record(clock, 1))
        await store._redis.set(f"index:token:{token_hash('Theia:token-666')}", "session-1")
        assert await store.by_token("Theia:token-666") is None
        assert await store.by_token("Theia:token-1") is not None
        await store.close()

    run(work)

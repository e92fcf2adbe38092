"""A stolen store gives no token, and one that was tampered with gives nobody another's session."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from tests.integration.proxy.sessions.conftest import KEY, Clock, RedisServer, make_record, run
from theia_sf.proxy.sessions import sealing
from theia_sf.proxy.sessions.model import SessionRecord
from theia_sf.proxy.sessions.redis import RedisStore
from theia_sf.proxy.sessions.sealing import Kept, Sealer
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


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("body", '{"user":"mallory"}'),
        ("body", b"\xff\xfe"),
        ("body", ""),
        ("sealed", b""),
        ("sealed", None),
    ],
)
def test_what_somebody_else_wrote_into_redis_is_nobodys_session(
    redis_server: RedisServer, clock: Clock, tmp_path: Path, field: str, value: str | bytes | None
) -> None:
    async def work() -> None:
        store = RedisStore(redis_server.url, Sealer([KEY]), prefix=f"{tmp_path.name}:", clock=clock)
        for number in (1, 2):
            await store.add(make_record(clock, number))
        name = f"{tmp_path.name}:session:session-1"
        if value is None:
            await store._redis.hdel(name, field)
        else:
            await store._redis.hset(name, field, value)
        assert await store.by_token("Theia:token-1") is None
        assert [record.id for record in await store.all()] == ["session-2"]
        await store.close()

    run(work)


@pytest.mark.parametrize("value", ["never", b"\xff", ""])
def test_a_last_use_that_is_no_time_ends_no_session(
    tmp_path: Path, redis_server: RedisServer, clock: Clock, value: str | bytes
) -> None:
    async def work() -> None:
        file = SqliteStore(tmp_path / "sessions.db", Sealer([KEY]), clock=clock)
        redis = RedisStore(redis_server.url, Sealer([KEY]), prefix=f"{tmp_path.name}:", clock=clock)
        for store in (file, redis):
            await store.add(make_record(clock))
        with sqlite3.connect(tmp_path / "sessions.db") as database:
            database.execute("UPDATE sessions SET last_used = ?", (value,))
        database.close()
        await redis._redis.hset(f"{tmp_path.name}:session:session-1", "last_used", value)
        for store in (file, redis):
            assert [record.last_used for record in await store.all()] == [0.0]
            assert await store.by_token("Theia:token-1") is not None
            await store.close()

    run(work)


def test_an_end_that_somebody_put_off_is_the_end_all_the_same(tmp_path: Path, clock: Clock) -> None:
    async def work() -> None:
        store = SqliteStore(tmp_path / "sessions.db", Sealer([KEY]), clock=clock)
        await store.add(make_record(clock, expires=clock.now + 60))
        with sqlite3.connect(tmp_path / "sessions.db") as database:
            database.execute("UPDATE sessions SET expires = expires + 1000000")
        database.close()
        assert await store.by_token("Theia:token-1") is not None
        clock.now += 61
        assert await store.by_token("Theia:token-1") is None
        assert await store.get("session-1") is None
        await store.close()

    run(work)


def test_a_session_of_another_version_is_nobodys(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    class Older(Sealer):
        """Knows nothing of a field."""

        def seal(self, record: SessionRecord) -> Kept:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(sealing, "_BODY", tuple(name for name in sealing._BODY if name != "credential"))
                return super().seal(record)

    async def work() -> None:
        older = SqliteStore(tmp_path / "sessions.db", Older([KEY]), clock=clock)
        await older.add(make_record(clock))
        store = SqliteStore(tmp_path / "sessions.db", Sealer([KEY]), clock=clock)
        assert await store.by_token("Theia:token-1") is None
        assert await store.all() == []
        await older.close()
        await store.close()

    run(work)
    assert "written by another version of theia-sf. Its client has to log in again." in caplog.text


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

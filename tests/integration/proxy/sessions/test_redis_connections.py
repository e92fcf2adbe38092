"""What lies between the proxy and Redis: answers that get lost, a fail-over behind one name, crowds."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from tests.integration.proxy.sessions.conftest import KEY, Clock, RedisServer, make_record, run
from theia_sf.proxy.sessions import redis_pool
from theia_sf.proxy.sessions.redis import RedisStore
from theia_sf.proxy.sessions.sealing import Sealer
from theia_sf.proxy.sessions.tokens import token_hash


class Name:
    """A name that leads to one server, as DNS or a virtual address does: what is open stays with the one before.

    Attributes:
        port: where new connections lead to.
        lost: how many answers to scripts get lost on the way.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.lost = 0
        self.connections = 0
        self._tasks: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def known(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        try:
            yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        answers, asking = await asyncio.open_connection("127.0.0.1", self.port)
        asked: list[bytes] = []
        ways = (self._pass_on(reader, asking, asked, up=True), self._pass_on(answers, writer, asked, up=False))
        self._tasks |= {asyncio.create_task(way) for way in ways}

    async def _pass_on(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, asked: list[bytes], *, up: bool
    ) -> None:
        try:
            while data := await source.read(65536):
                if up:
                    asked[:] = [data]
                elif self.lost and asked and b"EVALSHA" in asked[0]:
                    self.lost -= 1
                    break
                target.write(data)
                await target.drain()
        finally:
            target.close()
            with contextlib.suppress(OSError):
                await target.wait_closed()


@pytest.fixture
def empty_redis(tmp_path: Path) -> AsyncIterator[RedisServer]:
    folder = tmp_path / "other"
    folder.mkdir()
    server = RedisServer(folder)
    yield server
    server.stop()


def test_a_change_whose_answer_gets_lost_is_done_once(redis_server: RedisServer, clock: Clock, tmp_path: Path) -> None:
    async def work() -> None:
        name = Name(redis_server.port)
        async with name.known() as url:
            store = RedisStore(url, Sealer([KEY]), prefix=f"{tmp_path.name}:", clock=clock)
            record = make_record(clock)
            await store.add(record)
            changed = dataclasses.replace(
                record, token_hash=token_hash("Theia:token-2"), previous_token_hash=record.token_hash
            )
            name.lost = 1
            assert await store.replace(changed)
            assert name.lost == 0
            kept = await store.by_token("Theia:token-1")
            assert kept == dataclasses.replace(changed, version=1)
            assert not await store.replace(dataclasses.replace(changed, role="OTHER"))  # based on what is no more
            await store.close()

    run(work)


def test_a_fail_over_behind_one_name_is_followed(
    redis_server: RedisServer, empty_redis: RedisServer, clock: Clock
) -> None:
    async def work() -> None:
        name = Name(empty_redis.port)
        async with name.known() as url:
            store = RedisStore(url, Sealer([KEY]), prefix="failover:", clock=clock)
            await store.add(make_record(clock, 1))
            demoted = Redis.from_url(empty_redis.url)
            await demoted.execute_command("REPLICAOF", "127.0.0.1", str(redis_server.port))
            await demoted.aclose()
            name.port = redis_server.port
            await store.add(make_record(clock, 2))
            await store.check()
            assert await store.by_token("Theia:token-2") is not None
            assert name.connections == 2
            await store.close()

    run(work)


def test_a_crowd_of_requests_waits_for_a_few_connections(
    redis_server: RedisServer, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By itself redis-py refuses what comes when its 100 connections are in use."""
    monkeypatch.setattr(redis_pool, "CONNECTIONS", 8)

    async def work() -> None:
        name = Name(redis_server.port)
        async with name.known() as url:
            store = RedisStore(url, Sealer([KEY]), prefix=f"{tmp_path.name}:", clock=clock)
            await store.add(make_record(clock))
            found = await asyncio.gather(*(store.by_token("Theia:token-1") for _ in range(300)))
            assert all(found)
            assert 1 <= name.connections <= 8
            await store.close()

    run(work)

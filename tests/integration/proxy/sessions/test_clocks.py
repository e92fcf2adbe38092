"""Instances on one store whose clocks differ by minutes, as do those of the machines that nobody looks after."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.proxy.sessions.conftest import KEY, Clock, RedisServer, make_record, run
from tests.integration.proxy.sessions.test_renewal import Snowflake
from tests.unit.proxy.fakes import settings
from theia_sf.proxy.config.upstreams import Identity, Upstream
from theia_sf.proxy.sessions.model import CLOCK_DIFFERENCE, SessionStore
from theia_sf.proxy.sessions.redis import RedisStore
from theia_sf.proxy.sessions.sealing import Sealer
from theia_sf.proxy.sessions.sqlite import SqliteStore
from theia_sf.proxy.upstream.accounts import Accounts
from theia_sf.proxy.upstream.renewal import TOKEN_PATH, Renewal

OFFSETS = (0.0, CLOCK_DIFFERENCE / 2 - 1, 1 - CLOCK_DIFFERENCE / 2)
Instances = Callable[[Clock, Snowflake], tuple[list[SessionStore], list[Renewal]]]


@pytest.fixture(params=["sqlite", "redis"])
def instances(request: pytest.FixtureRequest, tmp_path: Path, redis_server: RedisServer) -> Instances:
    """Return a function that starts an instance for each of the offsets of their clocks."""

    def started(clock: Clock, account: Snowflake) -> tuple[list[SessionStore], list[Renewal]]:
        upstreams = {"flows": Upstream(account="ORG-ACC", identities={"reader": Identity()})}
        stores: list[SessionStore] = []
        renewals: list[Renewal] = []
        for offset in OFFSETS:

            def now(offset: float = offset) -> float:
                return clock() + offset

            store = (
                SqliteStore(tmp_path / "sessions.db", Sealer((KEY,)), clock=now)
                if request.param == "sqlite"
                else RedisStore(redis_server.url, Sealer((KEY,)), prefix=f"{tmp_path.name}:", clock=now)
            )
            stores.append(store)
            renewals.append(Renewal(store, Accounts(upstreams, settings, lambda *_: account), 120, now))
        return stores, renewals

    return started


@pytest.mark.parametrize("by", range(len(OFFSETS)))
def test_a_session_is_there_as_long_as_snowflakes_and_then_no_more(instances: Instances, by: int) -> None:
    life = 60.0

    async def work() -> None:
        clock = Clock()
        stores, _ = instances(clock, Snowflake())
        told = clock() + OFFSETS[by] + life  # the end that Snowflake told, by the clock of who was told it
        await stores[by].add(make_record(clock, expires=told + CLOCK_DIFFERENCE))
        clock.now += life - 1
        await stores[1].add(make_record(clock, 2))  # which forgets what is over
        for store in stores:
            assert await store.by_token("Theia:token-1") is not None
        clock.now += 3 * CLOCK_DIFFERENCE + 1
        for store in stores:
            assert await store.by_token("Theia:token-1") is None
            await store.close()

    run(work)


def test_snowflake_is_asked_once(instances: Instances) -> None:
    async def work() -> None:
        clock, account = Clock(), Snowflake()
        stores, renewals = instances(clock, account)
        record = make_record(clock)
        await stores[0].add(record)
        renewed = await asyncio.gather(*(renewal.renew(record) for renewal in renewals for _ in range(3)))
        assert len(account.bodies(TOKEN_PATH)) == 1
        assert {found.tokens.session.reveal() for found, _ in renewed} == {"renewed-1"}
        for renewal in renewals:  # and not again with the next request
            kept = await renewal.kept(record.id)
            assert kept is not None
            await renewal.fresh(kept)
        assert len(account.bodies(TOKEN_PATH)) == 1
        for store in stores:
            await store.close()

    run(work)


@pytest.mark.parametrize("killed", range(len(OFFSETS)))
def test_another_takes_over_after_half_a_minute_whatever_the_clock_of_the_one_that_was_killed(
    instances: Instances, killed: int
) -> None:
    async def work() -> None:
        clock, account = Clock(), Snowflake()
        stores, renewals = instances(clock, account)
        record = make_record(clock)
        await stores[0].add(record)
        claimed = dataclasses.replace(record, renewing_until=clock() + OFFSETS[killed] + 30)
        assert await stores[killed].replace(claimed)  # and is heard no more
        others = [renewal for number, renewal in enumerate(renewals) if number != killed]
        waiting = asyncio.gather(*(renewal.renew(record) for renewal in others))
        await asyncio.sleep(0.2)
        assert not account.asked
        clock.now += 31
        renewed = await asyncio.wait_for(waiting, 30)
        assert {found.tokens.session.reveal() for found, _ in renewed} == {"renewed-1"}
        for store in stores:
            await store.close()

    run(work)

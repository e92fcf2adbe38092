"""Renewals of one session by several instances of the proxy at once: Snowflake is asked once."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any

import pytest

from tests.integration.proxy.sessions.conftest import Clock, OpenStore, make_record, run
from tests.unit.proxy.fakes import FakeAccount, no, ok, settings
from theia_sf.proxy.config.upstreams import Identity, Upstream
from theia_sf.proxy.errors import RefusalError
from theia_sf.proxy.sessions.model import SessionStore
from theia_sf.proxy.upstream.accounts import Accounts
from theia_sf.proxy.upstream.renewal import TOKEN_PATH, Renewal

INSTANCES, REQUESTS = 4, 8


class Snowflake(FakeAccount):
    """Renews after a while, each time with other tokens; `refusal` is its answer instead."""

    def __init__(self) -> None:
        super().__init__()
        self.refusal: dict[str, Any] | None = None
        self.reached = asyncio.Event()
        self.answers[TOKEN_PATH] = self.renew

    async def renew(self, _: Any) -> dict[str, Any]:
        number = len(self.asked)
        self.reached.set()
        await asyncio.sleep(0.1)
        data = {"sessionToken": f"renewed-{number}", "masterToken": f"master-{number}", "validityInSecondsST": 3600}
        return self.refusal or ok(data)


def instances(open_store: OpenStore, clock: Clock, account: Snowflake) -> tuple[list[SessionStore], list[Renewal]]:
    upstreams = {"flows": Upstream(account="ORG-ACC", identities={"reader": Identity()})}
    stores = [open_store() for _ in range(INSTANCES)]
    accounts = [Accounts(upstreams, settings, lambda *_: account) for _ in stores]
    return stores, [Renewal(store, each, 120, clock) for store, each in zip(stores, accounts, strict=True)]


def test_all_get_the_tokens_of_one_renewal(open_store: OpenStore, clock: Clock) -> None:
    async def work() -> None:
        account = Snowflake()
        stores, renewals = instances(open_store, clock, account)
        record = make_record(clock)
        await stores[0].add(record)
        asking = (renewal.renew(record) for renewal in renewals for _ in range(REQUESTS))
        renewed = [found for found, _ in await asyncio.gather(*asking)]
        assert len(account.asked) == 1
        assert account.bodies(TOKEN_PATH)[0]["oldSessionToken"] == "ver:1-hint:session-1"
        assert {found.tokens.session.reveal() for found in renewed} == {"renewed-1"}
        kept = await stores[1].by_token("Theia:token-1")
        assert kept is not None
        assert (kept.tokens.master.reveal(), kept.renewing_until) == ("master-1", 0.0)
        for store in stores:
            await store.close()

    run(work)


def test_a_refusal_leaves_nothing_claimed(open_store: OpenStore, clock: Clock) -> None:
    async def work() -> None:
        account = Snowflake()
        stores, renewals = instances(open_store, clock, account)
        record = make_record(clock)
        await stores[0].add(record)
        account.refusal = no("390114", "Authentication token has expired.")
        with pytest.raises(RefusalError, match="has expired"):
            await renewals[0].renew(record)
        account.refusal = None
        renewed, _ = await renewals[1].renew(record)
        assert renewed.tokens.session.reveal() == "renewed-2"
        for store in stores:
            await store.close()

    run(work)


def test_another_instance_takes_over_from_one_that_was_killed(open_store: OpenStore, clock: Clock) -> None:
    async def work() -> None:
        account = Snowflake()
        stores, renewals = instances(open_store, clock, account)
        record = make_record(clock)
        await stores[0].add(record)
        assert await stores[0].replace(
            dataclasses.replace(record, renewing_until=clock.now + 30)
        )  # and is heard no more
        waiting = asyncio.create_task(renewals[1].renew(record))
        await asyncio.sleep(0.2)
        assert not account.asked
        clock.now += 31
        renewed, _ = await asyncio.wait_for(waiting, 10)
        assert renewed.tokens.session.reveal() == "renewed-1"
        for store in stores:
            await store.close()

    run(work)


def test_a_session_that_ends_meanwhile_does_not_come_back(open_store: OpenStore, clock: Clock) -> None:
    async def work() -> None:
        account = Snowflake()
        stores, renewals = instances(open_store, clock, account)
        record = make_record(clock)
        await stores[0].add(record)
        renewing = asyncio.create_task(renewals[0].renew(record))
        await asyncio.wait_for(account.reached.wait(), 10)
        assert await stores[1].remove(record.id)
        with pytest.raises(RefusalError) as caught:
            await renewing
        assert caught.value.code == "390104"
        assert await stores[2].all() == []
        for store in stores:
            await store.close()

    run(work)

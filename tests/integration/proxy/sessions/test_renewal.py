"""Renewals of one session by several instances of the proxy at once: Snowflake is asked once."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from typing import Any

import httpx
import pytest

from tests.integration.proxy.sessions.conftest import Clock, OpenStore, make_record, run
from theia_sf.proxy.config.upstreams import Identity, Upstream
from theia_sf.proxy.errors import RefusalError
from theia_sf.proxy.upstream.accounts import Accounts
from theia_sf.proxy.upstream.renewal import Renewal
from theia_sf.secret import Secret
from theia_sf.snowflake.settings import ConnectionSettings

INSTANCES, REQUESTS = 4, 8


class Snowflake(httpx.AsyncBaseTransport):
    """Renews after a while, each time with other tokens; `refusal` is its answer instead."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.refusal: dict[str, Any] | None = None
        self.reached = asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(json.loads(await request.aread()))
        number = len(self.asked)
        self.reached.set()
        await asyncio.sleep(0.1)
        data = {"sessionToken": f"renewed-{number}", "masterToken": f"master-{number}", "validityInSecondsST": 3600}
        return httpx.Response(200, json=self.refusal or {"data": data, "success": True, "code": None})


def instances(open_store: OpenStore, clock: Clock, account: Snowflake) -> tuple[list[Any], list[Renewal]]:
    settings = ConnectionSettings(
        account="ORG-ACC", user="PROXY", authenticator="SNOWFLAKE", password=Secret("p"), host="sf.test"
    )
    upstreams = {"flows": Upstream(account="ORG-ACC", identities={"reader": Identity()})}
    stores = [open_store() for _ in range(INSTANCES)]
    accounts = [Accounts(upstreams, lambda *_: settings, account) for _ in stores]
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
        assert account.asked[0]["oldSessionToken"] == "ver:1-hint:session-1"
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
        account.refusal = {
            "data": None,
            "success": False,
            "code": "390114",
            "message": "Authentication token has expired.",
        }
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
        await account.reached.wait()
        assert await stores[1].remove(record.id)
        with pytest.raises(RefusalError) as caught:
            await renewing
        assert caught.value.code == "390104"
        assert await stores[2].all() == []
        for store in stores:
            await store.close()

    run(work)

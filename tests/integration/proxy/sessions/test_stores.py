"""What both stores of sessions do, by one suite."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest

from tests.integration.proxy.sessions.conftest import KEY, Clock, OpenStore, make_record, run
from theia_sf.proxy.sessions.keys import SealingKey
from theia_sf.proxy.sessions.model import QueryOwner, UpstreamTokens
from theia_sf.proxy.sessions.tokens import token_hash
from theia_sf.secret import Secret

OWNER = QueryOwner("session-1", "alice", "flows")


def test_a_session_is_found_by_each_of_its_ids_on_every_instance(open_store: OpenStore, clock: Clock) -> None:
    async def work() -> None:
        one, other = open_store(), open_store()
        record = make_record(clock)
        await one.add(record)
        for store in (one, other):
            assert await store.by_token("Theia:token-1") == record
            assert await store.by_master("Theia:master-1") == record
            assert await store.get("session-1") == record
            assert await store.all() == [record]
        found = await other.by_token("Theia:token-1")
        assert found is not None
        assert found.tokens.session.reveal() == "ver:1-hint:session-1"
        assert found.tokens.master.reveal() == "ver:1-hint:master-1"
        await one.close()
        await other.close()

    run(work)


@pytest.mark.parametrize("token", ["Theia:token-2", "Theia:master-1", "session-1", "", "None", "\udcff", "' OR 1=1 --"])
def test_nothing_else_finds_it(open_store: OpenStore, clock: Clock, token: str) -> None:
    async def work() -> None:
        store = open_store()
        await store.add(make_record(clock))
        assert await store.by_token(token) is None
        assert await store.by_master(token if token != "Theia:master-1" else "Theia:token-1") is None
        assert await store.get("session-2") is None
        await store.close()

    run(work)


def test_a_session_survives_all_instances(open_store: OpenStore, clock: Clock) -> None:
    async def work() -> None:
        record = make_record(clock)
        store = open_store()
        await store.add(record)
        await store.close()
        again = open_store()
        assert await again.by_token("Theia:token-1") == record
        await again.close()

    run(work)


def test_after_a_renewal_the_ids_before_it_still_find_the_session_and_those_before_these_do_not(
    open_store: OpenStore, clock: Clock
) -> None:
    async def work() -> None:
        store = open_store()
        record = make_record(clock)
        await store.add(record)
        for number in (2, 3):
            record = dataclasses.replace(
                record,
                token_hash=token_hash(f"Theia:token-{number}"),
                master_hash=token_hash(f"Theia:master-{number}"),
                previous_token_hash=record.token_hash,
                previous_master_hash=record.master_hash,
                tokens=UpstreamTokens(Secret(f"ver:1-new-{number}"), Secret("ver:1-m"), clock.now, clock.now),
            )
            assert await store.replace(record)
            record = dataclasses.replace(record, version=record.version + 1)
        for number in (2, 3):
            assert await store.by_token(f"Theia:token-{number}") == record
            assert await store.by_master(f"Theia:master-{number}") == record
        assert await store.by_token("Theia:token-1") is None
        assert await store.by_master("Theia:master-1") is None
        await store.close()

    run(work)


def test_of_changes_at_the_same_time_one_is_kept(open_store: OpenStore, clock: Clock) -> None:
    async def work() -> None:
        stores = [open_store() for _ in range(3)]
        record = make_record(clock)
        await stores[0].add(record)
        changes = [dataclasses.replace(record, role=f"ROLE_{number}") for number in range(12)]
        taken = await asyncio.gather(*(stores[number % 3].replace(changed) for number, changed in enumerate(changes)))
        assert sum(taken) == 1
        kept = await stores[1].get(record.id)
        assert kept == dataclasses.replace(changes[taken.index(True)], version=1)
        for store in stores:
            await store.close()

    run(work)


def test_increments_by_compare_and_set_are_all_there(open_store: OpenStore, clock: Clock) -> None:
    async def work() -> None:
        stores = [open_store() for _ in range(2)]
        await stores[0].add(make_record(clock, snowflake_session_id=0))

        async def increment(number: int) -> None:
            while True:
                record = await stores[number % 2].get("session-1")
                assert record is not None
                changed = dataclasses.replace(record, snowflake_session_id=record.snowflake_session_id + 1)
                if await stores[number % 2].replace(changed):
                    return

        await asyncio.gather(*(increment(number) for number in range(20)))
        record = await stores[0].get("session-1")
        assert record is not None
        assert (record.snowflake_session_id, record.version) == (20, 20)
        for store in stores:
            await store.close()

    run(work)


def test_a_removed_session_is_gone_for_every_instance_and_cannot_come_back(open_store: OpenStore, clock: Clock) -> None:
    async def work() -> None:
        one, other = open_store(), open_store()
        record = make_record(clock)
        await one.add(record)
        assert await other.remove(record.id)
        assert not await one.remove(record.id)
        assert await one.by_token("Theia:token-1") is None
        assert await one.by_master("Theia:master-1") is None
        assert not await one.replace(record)
        await one.touch(record.id, clock.now + 60)
        assert await one.all() == []
        await one.close()
        await other.close()

    run(work)


def test_an_expired_session_is_not_found(open_store: OpenStore, clock: Clock) -> None:
    async def work() -> None:
        store = open_store()
        await store.add(make_record(clock, 1, expires=clock.now + 60))
        await store.add(make_record(clock, 2, expires=clock.now + 600))
        clock.now += 61
        assert await store.by_token("Theia:token-1") is None
        assert await store.get("session-1") is None
        assert [record.id for record in await store.all()] == ["session-2"]
        await store.add(make_record(clock, 3))
        assert [record.id for record in await store.all()] == ["session-2", "session-3"]
        await store.close()

    run(work)


def test_the_last_use_is_written_down_now_and_then(open_store: OpenStore, clock: Clock) -> None:
    async def work() -> None:
        store = open_store()
        begun = clock.now
        await store.add(make_record(clock))
        for seconds, told in ((20.0, 20.0), (25.0, 20.0), (31.0, 31.0)):
            await store.touch("session-1", begun + seconds)
            record = await store.get("session-1")
            assert record is not None
            assert record.last_used == begun + told
            assert record.version == 0  # a use is no change that another one has to take account of
        await store.close()

    run(work)


def test_a_query_stays_the_query_of_who_had_it_first(open_store: OpenStore, clock: Clock) -> None:
    async def work() -> None:
        one, other = open_store(), open_store()
        await one.own_query("01b-1", OWNER, clock.now + 60)
        await other.own_query("01b-1", QueryOwner("session-9", "mallory", "flows"), clock.now + 60)
        assert await other.owner_of("01b-1") == OWNER
        assert await one.owner_of("01b-2") is None
        await one.close()
        await other.close()

    run(work)


def test_a_query_is_forgotten_after_its_time(open_store: OpenStore, clock: Clock) -> None:
    async def work() -> None:
        store = open_store()
        await store.own_query("01b-1", OWNER, clock.now + 0.4)
        assert await store.owner_of("01b-1") == OWNER
        await asyncio.sleep(0.5)
        clock.now += 0.5
        assert await store.owner_of("01b-1") is None
        await store.close()

    run(work)


def test_of_the_queries_of_a_user_the_newest_are_remembered(
    open_store: OpenStore, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("sqlite", "redis"):
        monkeypatch.setattr(f"theia_sf.proxy.sessions.{module}.QUERIES_OF_USER", 100)

    async def work() -> None:
        store = open_store()
        await store.own_query("bob-1", QueryOwner("session-2", "bob", "flows"), clock.now + 60)
        for number in range(511):  # SQLite looks at every 256th
            await store.own_query(f"alice-{number}", OWNER, clock.now + 60 + number / 1000)
        remembered = [number for number in range(511) if await store.owner_of(f"alice-{number}")]
        assert remembered == list(range(411, 511))
        assert await store.owner_of("bob-1") is not None
        await store.close()

    run(work)


def test_a_former_key_still_opens_and_the_new_one_seals(open_store: OpenStore, clock: Clock) -> None:
    new = SealingKey(b"n" * 32)

    async def work() -> None:
        before = open_store()
        record = make_record(clock)
        await before.add(record)
        during = open_store(new, KEY)
        assert await during.by_token("Theia:token-1") == record
        assert await during.replace(record)
        after = open_store(new)
        assert await after.by_token("Theia:token-1") == dataclasses.replace(record, version=1)
        assert await before.by_token("Theia:token-1") is None  # it lacks the new key; its client logs in again
        assert await before.all() == []
        for store in (before, during, after):
            await store.close()

    run(work)


def test_the_store_answers(open_store: OpenStore) -> None:
    async def work() -> None:
        store = open_store()
        await store.check()
        await store.close()

    run(work)

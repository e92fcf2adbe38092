"""Random work by two instances on one store, against a model of what a store is."""

from __future__ import annotations

import dataclasses
import random

import pytest

from tests.integration.proxy.sessions.conftest import Clock, OpenStore, make_record, run
from theia_sf.proxy.sessions.model import SessionRecord, SessionStore
from theia_sf.proxy.sessions.tokens import token_hash

NUMBERS = 6


class Model:
    """Sessions as they must be, and the ids that clients hold: the newest last."""

    def __init__(self, clock: Clock, rng: random.Random) -> None:
        self.clock = clock
        self.rng = rng
        self.records: dict[str, SessionRecord] = {}
        self.ids: dict[str, list[str]] = {}
        self.made = 0

    def find(self, token: str) -> SessionRecord | None:
        for name, ids in self.ids.items():
            if token in ids[-2:]:
                return self.alive(name)
        return None

    def alive(self, name: str) -> SessionRecord | None:
        record = self.records.get(name)
        return record if record is not None and record.expires > self.clock.now else None

    async def step(self, store: SessionStore, other: SessionStore) -> None:
        name = f"session-{self.rng.randrange(NUMBERS)}"
        action = self.rng.choice(["add", "look", "look", "renew", "stale", "remove", "wait"])
        record = self.records.get(name)
        if action == "add" and record is None:
            self.made += 1
            lasts = self.rng.choice([5.0, 1000.0])
            record = make_record(self.clock, self.made, id=name, expires=self.clock.now + lasts)
            await store.add(record)
            self.records[name], self.ids[name] = record, [f"Theia:token-{self.made}"]
        elif action == "renew" and record is not None:
            self.made += 1
            changed = dataclasses.replace(
                record,
                token_hash=token_hash(f"Theia:token-{self.made}"),
                master_hash=token_hash(f"Theia:master-{self.made}"),
                previous_token_hash=record.token_hash,
                previous_master_hash=record.master_hash,
            )
            if self.alive(name) is not None:
                assert await store.replace(changed)
                self.records[name] = dataclasses.replace(changed, version=record.version + 1)
                self.ids[name].append(f"Theia:token-{self.made}")
        elif action == "stale" and record is not None and record.version > 0:
            assert not await store.replace(dataclasses.replace(record, version=record.version - 1, user="mallory"))
        elif action == "remove" and record is not None:
            gone = await store.remove(name)
            assert gone or self.alive(name) is None
            del self.records[name], self.ids[name]
        elif action == "wait":
            self.clock.now += self.rng.choice([0.1, 2.0])
        assert await other.get(name) == self.alive(name)
        await self.look(other)

    async def look(self, store: SessionStore) -> None:
        known = [token for ids in self.ids.values() for token in ids]
        token = self.rng.choice([*known, f"Theia:token-{self.rng.randrange(1, self.made + 2)}"])
        assert await store.by_token(token) == self.find(token)
        master = token.replace("token", "master")
        assert await store.by_master(master) == self.find(token)


async def work(open_store: OpenStore, clock: Clock, steps: int, seed: int) -> None:
    stores = [open_store(), open_store()]
    model = Model(clock, random.Random(seed))
    for _ in range(steps):
        model.rng.shuffle(stores)
        await model.step(*stores)
    alive = {name for name in model.records if model.alive(name) is not None}
    assert {record.id for record in await stores[0].all()} == alive
    for store in stores:
        await store.close()


@pytest.mark.parametrize("seed", range(2))
def test_both_stores_do_what_the_model_does(open_store: OpenStore, clock: Clock, seed: int) -> None:
    run(lambda: work(open_store, clock, 250, seed))


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10, 14))
def test_both_stores_do_what_the_model_does_for_long(open_store: OpenStore, clock: Clock, seed: int) -> None:
    run(lambda: work(open_store, clock, 3000, seed))

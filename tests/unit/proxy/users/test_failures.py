"""What counts as one address, and how failures are counted."""

from __future__ import annotations

import asyncio

import pytest

from theia_sf.proxy.errors import RefusalError
from theia_sf.proxy.users import failures as module
from theia_sf.proxy.users.failures import Failures
from theia_sf.proxy.users.refusals import wrong_password

HERE = "192.0.2.7"


async def fail(failures: Failures, name: str, address: str = HERE) -> str:
    """Attempt in vain; returns the number of what is heard."""
    try:
        async with failures.attempt(name, address):
            await asyncio.sleep(0)
            raise wrong_password()
    except RefusalError as refusal:
        return str(refusal.code)


async def succeed(failures: Failures, name: str, address: str = HERE) -> None:
    async with failures.attempt(name, address):
        await asyncio.sleep(0)


def test_a_host_with_many_ipv6_addresses_is_one() -> None:
    async def work() -> None:
        failures = Failures()
        for number in range(10):
            assert await fail(failures, "ALICE", f"2001:db8::{number:x}") == "390100"
        assert await fail(failures, "alice", "2001:db8::ffff") == "390102"
        await succeed(failures, "alice", "2001:db8:0:1::1")

    asyncio.run(work())


@pytest.mark.parametrize("name", ["\ud800", "x" * 100_000, "a/b:c", "LIMITS:LIMITER"])
def test_any_name_is_counted_by_itself(name: str) -> None:
    async def work() -> None:
        failures = Failures()
        for _ in range(9):
            assert await fail(failures, name) == "390100"
        await succeed(failures, name)  # and is forgotten
        for _ in range(10):
            assert await fail(failures, name) == "390100"
        assert await fail(failures, name) == "390102"
        await succeed(failures, name + "x")

    asyncio.run(work())


def test_what_says_nothing_about_the_proof_is_not_counted() -> None:
    async def work() -> None:
        failures = Failures(but=("390100",))
        for _ in range(20):
            assert await fail(failures, "alice") == "390100"
        await succeed(failures, "alice")

    asyncio.run(work())


@pytest.mark.parametrize(
    ("limit", "people"),
    [
        ("OF_NAME_AT_ADDRESS", [("alice", HERE)] * 50),
        ("OF_NAME", [("alice", f"192.0.2.{number}") for number in range(50)]),
        ("OF_ADDRESS", [(f"user{number}", HERE) for number in range(50)]),
    ],
)
def test_of_attempts_at_one_moment_no_more_are_looked_at_than_of_those_one_after_the_other(
    limit: str, people: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, limit, "7 per 5 minutes")

    async def work() -> list[str]:
        failures = Failures()
        heard = await asyncio.gather(*(fail(failures, name, address) for name, address in people))
        assert not failures._under_way
        assert not failures._next_end
        return heard

    assert sorted(asyncio.run(work())) == ["390100"] * 7 + ["390102"] * 43


def test_a_crowd_that_is_right_waits_for_its_turn_and_gets_in() -> None:
    async def work() -> None:
        failures = Failures()
        async with asyncio.timeout(10):
            await asyncio.gather(*(succeed(failures, "alice") for _ in range(100)))

    asyncio.run(work())


def test_who_goes_while_waiting_leaves_nothing_behind() -> None:
    async def work() -> None:
        failures = Failures()
        done = asyncio.Event()

        async def slow() -> None:
            async with failures.attempt("alice", HERE):
                await done.wait()

        attempts = [asyncio.create_task(slow()) for _ in range(15)]
        await asyncio.sleep(0.01)
        for attempt in (attempts[0], attempts[-1]):  # one under way, one that waits
            attempt.cancel()
        await asyncio.sleep(0.01)
        done.set()
        await asyncio.gather(*attempts[1:-1])
        assert not failures._under_way
        assert not failures._next_end

    asyncio.run(work())

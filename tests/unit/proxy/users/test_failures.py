"""What counts as one address, and how failures are counted."""

from __future__ import annotations

import asyncio

import pytest

from theia_sf.proxy.errors import RefusalError
from theia_sf.proxy.users.failures import Failures, network


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("unix:", "unix:"),
        ("", ""),
    ],
)
def test_what_counts_as_one_address(address: str, counted: str) -> None:
    assert network(address) == counted


def test_a_host_with_many_ipv6_addresses_is_one() -> None:
    async def work() -> None:
        failures = Failures()
        for number in range(10):
            await failures.check("alice", f"2001:db8::{number:x}")
            await failures.count("ALICE", f"2001:db8::{number:x}")
        with pytest.raises(RefusalError) as caught:
            await failures.check("alice", "2001:db8::ffff")
        assert caught.value.code == "390102"
        await failures.check("alice", "2001:db8:0:1::1")

    asyncio.run(work())


@pytest.mark.parametrize("name", ["\ud800", "x" * 100_000, "a/b:c", "LIMITS:LIMITER"])
def test_any_name_is_counted_by_itself(name: str) -> None:
    async def work() -> None:
        failures = Failures()
        for _ in range(10):
            await failures.check(name, "192.0.2.7")
            await failures.count(name, "192.0.2.7")
        with pytest.raises(RefusalError):
            await failures.check(name, "192.0.2.7")
        await failures.check(name + "x", "192.0.2.7")
        await failures.forget(name, "192.0.2.7")
        await failures.check(name, "192.0.2.7")

    asyncio.run(work())

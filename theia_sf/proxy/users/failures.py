"""Failed attempts to sign in: after many, no more are taken for a while.

Counted by the user's name together with the address, so that nobody can lock another one out from elsewhere, by the
name alone against guessing of passwords from many addresses, and by the address alone against guessing of names.
"""

from __future__ import annotations

import hashlib
import ipaddress
from typing import Final

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter

from theia_sf.proxy.users.refusals import too_many_failures

OF_NAME_AT_ADDRESS: Final = "10 per 5 minutes"
OF_NAME: Final = "100 per 15 minutes"
OF_ADDRESS: Final = "200 per 5 minutes"
_BOTH: Final = "both"
_IPV6_PREFIX: Final = 64


class Failures:
    """Counts failures, in this process. The name is empty where it was not a password: then the address counts."""

    def __init__(self) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    async def check(self, name: str, address: str) -> None:
        """Return if another attempt may be made.

        Raises:
            RefusalError: there were too many failures.
        """
        for limit, key in _counted(name, address):
            if not await self._limiter.test(limit, *key):
                raise too_many_failures()

    async def count(self, name: str, address: str) -> None:
        """Count a failure."""
        for limit, key in _counted(name, address):
            await self._limiter.hit(limit, *key)

    async def forget(self, name: str, address: str) -> None:
        """Forget the failures of somebody who got in after all; those of the address and of others stay."""
        for limit, key in _counted(name, address):
            if key[0] == _BOTH:
                await self._limiter.clear(limit, *key)


def _counted(name: str, address: str) -> list[tuple[RateLimitItem, tuple[str, ...]]]:
    address = network(address)
    counted: list[tuple[RateLimitItem, tuple[str, ...]]] = [(parse(OF_ADDRESS), ("address", address))]
    if name:
        digest = hashlib.sha256(name.casefold().encode("utf-8", "surrogatepass")).hexdigest()
        counted += [(parse(OF_NAME_AT_ADDRESS), (_BOTH, digest, address)), (parse(OF_NAME), ("name", digest))]
    return counted


def network(address: str) -> str:
    """Return what counts as one address: of IPv6 the /64, which is what a single host is given (RFC 6177)."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv6Address):
        return str(ip.ipv4_mapped or ipaddress.ip_network((int(ip), _IPV6_PREFIX), strict=False))
    return address

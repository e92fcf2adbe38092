"""Failed attempts to sign in: after many, no more are taken for a while.

Counted by the user's name together with the address, so that nobody can lock another one out from elsewhere, by the
name alone against guessing of passwords from many addresses, and by the address alone against guessing of names.
"""

from __future__ import annotations

from typing import Final

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter

from theia_sf.proxy.users.refusals import too_many_failures

OF_NAME_AT_ADDRESS: Final = "10 per 5 minutes"
OF_NAME: Final = "100 per 15 minutes"
OF_ADDRESS: Final = "200 per 5 minutes"
_LONGEST_NAME: Final = 128


class Failures:
    """Counts failures, in this process."""

    def __init__(self) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._limits = (parse(OF_NAME_AT_ADDRESS), parse(OF_NAME), parse(OF_ADDRESS))

    async def check(self, name: str, address: str) -> None:
        """Return if another attempt may be made.

        Raises:
            RefusalError: there were too many failures.
        """
        for limit, keys in self._counted(name, address):
            if not await self._limiter.test(limit, *keys):
                raise too_many_failures()

    async def count(self, name: str, address: str) -> None:
        """Count a failure."""
        for limit, keys in self._counted(name, address):
            await self._limiter.hit(limit, *keys)

    async def forget(self, name: str, address: str) -> None:
        """Forget the failures of somebody who got in after all; not those of the address."""
        limit, keys = self._counted(name, address)[0]
        await self._limiter.clear(limit, *keys)

    def _counted(self, name: str, address: str) -> list[tuple[RateLimitItem, tuple[str, ...]]]:
        name = name.casefold()[:_LONGEST_NAME]
        keys = (("both", name, address), ("name", name), ("address", address))
        return [(limit, key) for limit, key in zip(self._limits, keys, strict=True) if name or key[0] != "name"]

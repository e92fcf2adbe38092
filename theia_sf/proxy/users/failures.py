"""Failed attempts to sign in: after many, no more are taken for a while.

Counted by the user's name together with the address, so that few failures lock nobody out from elsewhere; by the name
alone against guessing of a password from many addresses, which a crowd of them can use to keep a user's password from
being taken (their tokens, keys and certificates are); and by the address alone against guessing of names.

An attempt under way counts as if it had failed until it is known: else as many guesses as fit into the time that a
hash takes would all be looked at. Who would be one too many then waits for one of them to end.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from typing import Final

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter

from theia_sf.proxy.config.addresses import network
from theia_sf.proxy.errors import RefusalError
from theia_sf.proxy.users.refusals import too_many_failures

OF_NAME_AT_ADDRESS: Final = "10 per 5 minutes"
OF_NAME: Final = "100 per 15 minutes"
OF_ADDRESS: Final = "200 per 5 minutes"
_BOTH: Final = "both"

_Key = tuple[str, ...]


class Failures:
    """Counts failures, in this process.

    Args:
        but: numbers of the refusals that say nothing about the proof, and are not counted.
    """

    def __init__(self, but: Collection[str] = ()) -> None:
        self._but = frozenset(but)
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._under_way: Counter[_Key] = Counter()
        self._next_end: dict[_Key, asyncio.Future[None]] = {}

    @asynccontextmanager
    async def attempt(self, name: str, address: str) -> AsyncGenerator[None]:
        """Make an attempt to sign in: a RefusalError counts as a failure, anything else than an exception forgets them.

        The failures of the address and of the name from elsewhere are never forgotten before their time.

        Args:
            name: whose password it is; empty where it is none, as nobody guesses a token: then the address counts.
            address: where it comes from.

        Raises:
            RefusalError: there were too many failures; or that of the attempt.
        """
        counted = _counted(name, address)
        await self._turn(counted)
        keys = [key for _, key in counted]
        try:
            yield
        except RefusalError as refusal:
            if refusal.code not in self._but:
                for limit, key in counted:
                    await self._limiter.hit(limit, *key)
            raise
        else:
            for limit, key in counted:
                if key[0] == _BOTH:
                    await self._limiter.clear(limit, *key)
        finally:
            self._end(keys)

    async def _turn(self, counted: list[tuple[RateLimitItem, _Key]]) -> None:
        while True:
            left = {key: (await self._limiter.get_window_stats(limit, *key)).remaining for limit, key in counted}
            if not all(left.values()):
                raise too_many_failures()
            full = next((key for key in left if self._under_way[key] >= left[key]), None)
            if full is None:
                break
            await asyncio.shield(self._next_end.setdefault(full, asyncio.get_running_loop().create_future()))
        self._under_way.update(key for _, key in counted)

    def _end(self, keys: list[_Key]) -> None:
        for key in keys:
            self._under_way[key] -= 1
            if not self._under_way[key]:
                del self._under_way[key]
            ended = self._next_end.pop(key, None)
            if ended is not None:
                ended.set_result(None)


def _counted(name: str, address: str) -> list[tuple[RateLimitItem, _Key]]:
    address = network(address)
    counted: list[tuple[RateLimitItem, _Key]] = [(parse(OF_ADDRESS), ("address", address))]
    if name:
        digest = hashlib.sha256(name.casefold().encode("utf-8", "surrogatepass")).hexdigest()
        counted += [(parse(OF_NAME_AT_ADDRESS), (_BOTH, digest, address)), (parse(OF_NAME), ("name", digest))]
    return counted

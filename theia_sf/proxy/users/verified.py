"""Proofs that were checked a moment ago: argon2 is slow on purpose, and programs sign in often."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from theia_sf.proxy.users.hashing import Kind, verify
from theia_sf.proxy.users.refusals import busy

SECONDS: Final = 60.0
"""For which a checked proof is good without another check; the registry is asked each time."""
_MOST: Final = 4096
_WORKERS: Final = 2
_MOST_WAITING: Final = 256


class Verifier:
    """Checks texts against hashes, in threads of its own, each pair once in a while.

    Args:
        clock: Unix seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._good: OrderedDict[bytes, float] = OrderedDict()
        # Those of each kind are by themselves: a crowd that guesses passwords keeps no program with a token waiting.
        self._running: dict[Kind, dict[bytes, asyncio.Future[bool]]] = {kind: {} for kind in Kind}
        self._threads = {kind: ThreadPoolExecutor(_WORKERS, thread_name_prefix=f"argon2-{kind.value}") for kind in Kind}

    async def matches(self, encoded: str | None, text: str, kind: Kind) -> bool:
        """Tell whether a hash is that of a text; takes as long without a hash (None).

        Raises:
            RefusalError: too many are waiting.
        """
        mark = self._mark(encoded, text)
        if self._good.get(mark, 0.0) > self._clock():
            return True
        alike = self._running[kind]
        running = alike.get(mark)
        if running is None:
            if len(alike) >= _MOST_WAITING:
                raise busy()
            running = asyncio.get_running_loop().run_in_executor(self._threads[kind], verify, encoded, text, kind)
            alike[mark] = running
            running.add_done_callback(lambda _: alike.pop(mark, None))
        matched = await asyncio.shield(running)  # a client that hangs up does not take it from others
        if matched:
            self._remember(mark)
        return matched

    def knows(self, encoded: str | None, text: str) -> bool:
        """Tell whether this proof was checked a moment ago, and was right."""
        return self._good.get(self._mark(encoded, text), 0.0) > self._clock()

    def close(self) -> None:
        """End the threads."""
        for threads in self._threads.values():
            threads.shutdown(cancel_futures=True)

    def _remember(self, mark: bytes) -> None:
        self._good[mark] = self._clock() + SECONDS
        self._good.move_to_end(mark)
        while len(self._good) > _MOST:
            self._good.popitem(last=False)

    def _mark(self, encoded: str | None, text: str) -> bytes:
        """What stands for a pair in memory: no token can be read out of it."""
        data = f"{encoded}\0{text}".encode("utf-8", "surrogatepass")
        return hmac.new(self._key, data, hashlib.sha256).digest()

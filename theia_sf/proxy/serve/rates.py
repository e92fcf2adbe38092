"""How many requests of a user, and how many logins from an address, are let through in a time.

A request over the rate waits for its turn: every driver can cope with a slow answer, while not all of them repeat what
got HTTP 429. Only when the turn is too far away is it refused, with 429, upon which drivers wait longer and longer
(snowflake-connector-python, `network.is_retryable_http_code`). A login over the rate is refused with a sentence: one
who guesses passwords shall not be asked to go on.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

from theia_sf.proxy.config.addresses import network
from theia_sf.proxy.config.limits import Limits
from theia_sf.proxy.errors import LOGIN_REFUSED, RefusalError
from theia_sf.proxy.metrics import Metrics
from theia_sf.proxy.users.model import Peer

TOO_MANY: Final = "390185"
"""A number of the proxy's own, among those of sign-in and session errors."""
LONGEST_WAIT: Final = 5.0
"""Seconds that a request waits for its turn."""
_PRUNED_FROM: Final = 10_000  # keys
_MINUTE: Final = 60.0


class TooManyRequestsError(RefusalError):
    """A user is so far over their rate that waiting is no use. Answered with HTTP 429."""

    http_status = 429

    def __init__(self, user: str, rate: int) -> None:
        super().__init__(TOO_MANY, f"{user} sends more than {rate} requests a second to the proxy: try again later.")


class Rate:
    """A rate for each of many keys: the generic cell rate algorithm, which keeps one number per key.

    It is written out here, as it tells when the turn of a request is; the libraries tell only whether it is now.

    Args:
        amount: how many in `period` seconds, in one burst or spread.
        period: seconds.
        clock: monotonic seconds.
    """

    def __init__(self, amount: int, period: float, clock: Callable[[], float]) -> None:
        self._interval = period / amount
        self._tolerance = period - self._interval
        self._clock = clock
        self._arrivals: dict[str, float] = {}

    def take(self, key: str, longest: float) -> float | None:
        """Take a turn.

        Returns:
            Seconds until it is there; None, and no turn is taken, if that were more than `longest`.
        """
        now = self._clock()
        arrival = max(now, self._arrivals.get(key, now))
        wait = max(0.0, arrival - self._tolerance - now)
        if wait > longest:
            return None
        if len(self._arrivals) >= _PRUNED_FROM and key not in self._arrivals:
            self._arrivals = {known: value for known, value in self._arrivals.items() if value > now}
        self._arrivals[key] = arrival + self._interval
        return wait


class Rates:
    """The rates of one instance of the proxy; other instances count for themselves.

    Args:
        limits: `requests_per_second` and `logins_per_minute`.
        metrics: counts what waits and what is refused.
        clock: monotonic seconds.
    """

    def __init__(self, limits: Limits, metrics: Metrics, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._metrics = metrics
        self._requests = Rate(limits.requests_per_second, 1.0, clock)
        self._logins = Rate(limits.logins_per_minute, _MINUTE, clock)

    async def request(self, user: str) -> None:
        """Return when a request of a user may go on.

        Raises:
            TooManyRequestsError: that would take longer than `LONGEST_WAIT`.
        """
        wait = self._requests.take(user, LONGEST_WAIT)
        if wait == 0.0:
            return
        self._metrics.limited.labels("requests_per_second").inc()
        if wait is None:
            raise TooManyRequestsError(user, self._limits.requests_per_second)
        await asyncio.sleep(wait)

    async def login(self, peer: Peer) -> None:
        """Return if an address may try to sign in once more.

        Raises:
            RefusalError: it has tried too often within a minute.
        """
        if self._logins.take(network(peer.address), 0.0) is not None:
            return
        self._metrics.limited.labels("logins_per_minute").inc()
        many = self._limits.logins_per_minute
        message = f"More than {many} logins within a minute came from {peer.address}: try again in a minute."
        raise RefusalError(LOGIN_REFUSED, message)

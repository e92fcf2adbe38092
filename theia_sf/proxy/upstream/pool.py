"""A number of connections to an account."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Final

import aiohttp
import certifi

from theia_sf.proxy.config.upstreams import Upstream

_KEPT_SECONDS: Final = 30.0
"""For which an idle connection stays open: less than the load balancers in front of Snowflake keep it."""


class Pool:
    """So many connections; made when they are needed, in the event loop that needs them.

    Args:
        settings: time limits.
        connections: at one time; who comes when all are in use waits as long as a connection may take.
        context: returns whom to trust.
    """

    def __init__(self, settings: Upstream, connections: int, context: Callable[[], ssl.SSLContext]) -> None:
        self.connections = connections
        self._context = context
        self._settings = settings
        self._session: aiohttp.ClientSession | None = None
        self._asked = 0

    @property
    def session(self) -> aiohttp.ClientSession:
        """What sends requests."""
        if self._session is None:
            self._session = self._opened()
        return self._session

    @property
    def is_full(self) -> bool:
        """Whether a request waits for a connection."""
        return self._asked > self.connections

    def begin(self) -> Callable[[], None]:
        """Count a request that has, or waits for, a connection, until what this returns is called."""
        self._asked += 1
        under_way = True

        def done() -> None:
            nonlocal under_way
            self._asked -= under_way
            under_way = False

        return done

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    def _opened(self) -> aiohttp.ClientSession:
        settings = self._settings
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=self.connections, keepalive_timeout=_KEPT_SECONDS, ssl=self._context()
            ),
            timeout=aiohttp.ClientTimeout(
                connect=settings.connect_timeout,
                sock_connect=settings.connect_timeout,
                sock_read=settings.answer_timeout,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
        )


def tls() -> ssl.SSLContext:
    """Trust the system's certificates, and those that Snowflake's drivers have."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context

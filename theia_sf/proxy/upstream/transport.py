"""HTTP to an account."""

from __future__ import annotations

import re
import string
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final, Protocol
from urllib.parse import quote, urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from yarl import URL

from theia_sf.proxy.config.upstreams import Upstream
from theia_sf.proxy.upstream.errors import all_in_use, unavailable
from theia_sf.proxy.upstream.pool import Pool, tls

Headers = Iterable[tuple[bytes, bytes]]

_WAITING: Final = ("/query-request", "/result")
"""Ends of the paths of requests that Snowflake may take 45 seconds to answer."""
_PROMPT_CONNECTIONS: Final = 64
"""For all other requests, which it answers at once."""
_SAFE: Final = "".join(character for character in string.punctuation if character not in '#"<>\\^`{|}')
"""Of a URL that is encoded already; anything else in it is encoded now."""
_PLAIN: Final = re.compile(r"[A-Za-z0-9/?=&_.%+-]*")
_FAILURES: Final = (aiohttp.ClientError, TimeoutError, OSError, ValueError)
_AUTOMATIC: Final = frozenset({"Accept", "Accept-Encoding", "Content-Type", "User-Agent"})


@dataclass(frozen=True)
class Reply:
    """An answer whose body is still to come, decompressed.

    Attributes:
        chunks: the body; raises AccountUnavailableError where it breaks off.
        close: lets go of the connection; it is used again if the body was read to its end.
    """

    status: int
    headers: list[tuple[bytes, bytes]]
    chunks: AsyncIterator[bytes]
    close: Callable[[], Awaitable[None]]


class Transport(Protocol):
    """Sends requests to an account."""

    async def send(self, method: str, url: str, headers: Headers, content: bytes) -> Reply:
        """Send a request, once.

        Args:
            method: GET or POST.
            url: path and query.
            headers: all but the host and the length.
            content: the body.

        Raises:
            AccountUnavailableError: there is no answer.
        """
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...


class HttpTransport:
    """Connections to an account. Certificates are always verified, and no redirect is followed.

    What waits for Snowflake to do something, statements and their results, has connections of its own: when they are
    all in use, a statement can still be aborted, and a session be kept alive.

    Args:
        name: of the account, for what is said of it.
        settings: time limits, and the number of connections.
        base_url: protocol, host and port.
    """

    def __init__(self, name: str, settings: Upstream, base_url: str) -> None:
        self._name = name
        self._base_url = base_url
        context = cache(tls)  # reading the certificates takes a while: when they are needed, and once for both
        self._waiting = Pool(settings, settings.max_connections, context)
        self._prompt = Pool(settings, _PROMPT_CONNECTIONS, context)
        self._proxy = _proxy_of_environment(base_url)

    async def send(self, method: str, url: str, headers: Headers, content: bytes) -> Reply:
        """See `Transport`."""
        pool = self._waiting if url.partition("?")[0].endswith(_WAITING) else self._prompt
        target = URL(self._base_url + (url if _PLAIN.fullmatch(url) else quote(url, safe=_SAFE)), encoded=True)
        named = [(name.decode("latin-1"), value.decode("utf-8", "replace")) for name, value in headers]
        done = pool.begin()
        try:
            response = await pool.session.request(
                method,
                target,
                headers=[*named, ("accept-encoding", "gzip")],
                data=content or None,
                allow_redirects=False,
                skip_auto_headers=_AUTOMATIC,
                proxy=self._proxy,
            )
        except BaseException as error:
            full = pool.is_full
            done()
            if full and isinstance(error, aiohttp.ConnectionTimeoutError):
                raise all_in_use(pool.connections, self._name) from error
            if isinstance(error, _FAILURES):
                raise unavailable(error, self._name) from error
            raise
        headers_got = list(response.raw_headers)
        return Reply(response.status, headers_got, self._chunks(response, done), _closer(response, done))

    async def close(self) -> None:
        """See `Transport`."""
        await self._waiting.close()
        await self._prompt.close()

    async def _chunks(self, response: aiohttp.ClientResponse, done: Callable[[], None]) -> AsyncIterator[bytes]:
        try:
            async for chunk in response.content.iter_any():
                yield chunk
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise unavailable(error, self._name) from error
        finally:
            done()


def _proxy_of_environment(base_url: str) -> str | None:
    """Return the HTTP proxy that `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` name for a URL.

    aiohttp's own `trust_env` looks for it, and for a .netrc, at every request, in two threads.
    """
    target = urlsplit(base_url)
    return None if proxy_bypass(target.netloc) else getproxies().get(target.scheme)


def _closer(response: aiohttp.ClientResponse, done: Callable[[], None]) -> Callable[[], Awaitable[None]]:
    async def close() -> None:
        response.close()
        done()

    return close

"""One request to an account, and the answer as it comes in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Final

import httpx

from theia_sf.proxy.config.upstreams import Upstream
from theia_sf.proxy.upstream.errors import unavailable, wrong_status

WHOLE_BYTES: Final = 256 * 1024
"""An answer up to this size is read before anything of it is handed on; a longer one is never held as a whole."""
_POLL_TRIES: Final = 3
_POLL_PAUSE: Final = 0.2
_OK: Final = 200

Headers = Iterable[tuple[bytes, bytes]]


@dataclass
class Answer:
    """An answer of Snowflake's, decompressed.

    Attributes:
        headers: as sent.
        head: the first bytes; all of them, if `whole`.
        whole: whether there is no more.
        rest: what follows `head`.
    """

    headers: list[tuple[bytes, bytes]]
    head: bytes
    whole: bool
    rest: AsyncIterator[bytes] | None = None
    _response: httpx.Response | None = field(default=None, repr=False)

    async def close(self) -> None:
        """Let go of the connection; a second time does nothing."""
        if self._response is not None:
            response, self._response = self._response, None
            await response.aclose()


class AccountClient:
    """The connections to one account. TLS certificates are always verified.

    Args:
        name: of the account, in the configuration.
        settings: time limits and the number of connections.
        base_url: protocol, host and port.
        transport: for tests.
    """

    def __init__(
        self, name: str, settings: Upstream, base_url: str, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.name = name
        limits = httpx.Limits(
            max_connections=settings.max_connections,
            max_keepalive_connections=settings.max_connections,
            keepalive_expiry=30,  # below the idle time of the load balancers in front of Snowflake
        )
        timeout = httpx.Timeout(
            settings.answer_timeout, connect=settings.connect_timeout, pool=settings.connect_timeout
        )
        self._http = httpx.AsyncClient(
            base_url=base_url,
            timeout=timeout,
            limits=limits,
            transport=transport,
            headers={"accept-encoding": "gzip"},
            follow_redirects=False,
        )

    async def ask(self, method: str, url: str, headers: Headers, content: bytes = b"", *, poll: bool = False) -> Answer:
        """Send a request, and return its answer.

        Args:
            method: GET or POST.
            url: path and query.
            headers: all that is to be sent but the host and the length.
            content: the body.
            poll: it changes nothing, and is repeated if it gets no answer.

        Raises:
            AccountUnavailableError: no answer, or none with HTTP status 200.
        """
        tries = _POLL_TRIES if poll else 1
        while True:
            tries -= 1
            try:
                return await self._once(method, url, headers, content)
            except httpx.HTTPError as error:
                if tries <= 0 or isinstance(error, httpx.PoolTimeout):
                    raise unavailable(error, self.name) from error
            await asyncio.sleep(_POLL_PAUSE)

    async def _once(self, method: str, url: str, headers: Headers, content: bytes) -> Answer:
        request = self._http.build_request(method, url, headers=list(headers), content=content)
        response = await self._http.send(request, stream=True)
        try:
            if response.status_code != _OK:
                raise wrong_status(response.status_code, self.name)
            chunks = response.aiter_bytes()
            head = bytearray()
            async for chunk in chunks:
                head += chunk
                if len(head) > WHOLE_BYTES:
                    return Answer(response.headers.raw, bytes(head), False, self._guarded(chunks), response)
            await response.aclose()
            return Answer(response.headers.raw, bytes(head), True)
        except BaseException:
            await response.aclose()
            raise

    async def _guarded(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        try:
            async for chunk in chunks:
                yield chunk
        except httpx.HTTPError as error:
            raise unavailable(error, self.name) from error

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

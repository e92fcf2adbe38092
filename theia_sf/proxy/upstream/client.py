"""One request to an account, and the answer as it comes in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final

from theia_sf.proxy.upstream.errors import AccountUnavailableError, wrong_status
from theia_sf.proxy.upstream.transport import Headers, Reply, Transport

WHOLE_BYTES: Final = 256 * 1024
"""An answer up to this size is read before anything of it is handed on; a longer one is never held as a whole."""
_POLL_TRIES: Final = 3
_POLL_PAUSE: Final = 0.2
_OK: Final = 200


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
    _reply: Reply | None = field(default=None, repr=False)

    async def close(self) -> None:
        """Let go of the connection; a second time does nothing."""
        if self._reply is not None:
            reply, self._reply = self._reply, None
            await reply.close()


class AccountClient:
    """Asks one account.

    Args:
        name: of the account, in the configuration.
        transport: the connections to it.
    """

    def __init__(self, name: str, transport: Transport) -> None:
        self.name = name
        self._transport = transport

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
        headers = list(headers)
        tries = _POLL_TRIES if poll else 1
        while True:
            tries -= 1
            try:
                return await self._once(method, url, headers, content)
            except AccountUnavailableError:
                if tries <= 0:
                    raise
            await asyncio.sleep(_POLL_PAUSE)

    async def _once(self, method: str, url: str, headers: Headers, content: bytes) -> Answer:
        reply = await self._transport.send(method, url, headers, content)
        try:
            if reply.status != _OK:
                raise wrong_status(reply.status, self.name)
            head = bytearray()
            async for chunk in reply.chunks:
                head += chunk
                if len(head) > WHOLE_BYTES:
                    return Answer(reply.headers, bytes(head), False, reply.chunks, reply)
            return Answer(reply.headers, bytes(head), True)
        except BaseException:
            await reply.close()
            raise

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

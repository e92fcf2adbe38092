"""Answers to clients: made here, or handed on from Snowflake without its secrets."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from theia_sf.proxy.errors import RefusalError
from theia_sf.proxy.protocol.facts import END_BYTES, Facts, of_ends
from theia_sf.proxy.protocol.headers import downward
from theia_sf.proxy.protocol.scrub import Scrubber
from theia_sf.proxy.upstream.client import Answer

Finish = Callable[[Facts], Awaitable[None]]
_log = logging.getLogger(__name__)


def told(body: dict[str, Any], scrubber: Scrubber | None = None) -> Response:
    """Return an answer that is made here."""
    content = json.dumps(body, separators=(",", ":")).encode()
    return Response(scrubber.whole(content) if scrubber else content, media_type="application/json")


def refused(error: RefusalError) -> Response:
    """Return a refusal, as drivers show it."""
    response = told(error.body())
    response.status_code = error.http_status
    return response


def whole(answer: Answer, scrubber: Scrubber) -> Response:
    """Return a small answer of Snowflake's."""
    response = Response(scrubber.whole(answer.head))
    length = [pair for pair in response.raw_headers if pair[0] == b"content-length"]
    response.raw_headers = scrubber.headers(downward(answer.headers)) + length
    return response


def plain(answer: Answer, scrubber: Scrubber) -> Response:
    """Return an answer of Snowflake's of which nothing is recorded, however large it is."""
    return whole(answer, scrubber) if answer.whole else Streamed(answer, scrubber, _nothing)


class Streamed(Response):
    """A large answer of Snowflake's, handed on as it comes in.

    The last bytes stay here until `finish` has returned: without them the rest is no JSON, so no client has a result
    before what is to be known of it is recorded. If Snowflake or `finish` fails, the answer breaks off.
    """

    def __init__(self, answer: Answer, scrubber: Scrubber, finish: Finish) -> None:
        super().__init__()
        self._answer = answer
        self._scrubber = scrubber
        self._finish = finish
        self.raw_headers = scrubber.headers(downward(answer.headers))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 (as ASGI has it)
        """Send it."""
        left = asyncio.ensure_future(receive())  # the request has been read: what comes next is its end
        facts = Facts()
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            held = await self._relay(send, left)
            if held is None:
                return
            facts = of_ends(self._head, held)
            finish, self._finish = self._finish, _nothing
            await finish(facts)
            await send({"type": "http.response.body", "body": held})
        except RefusalError as error:
            _log.warning("An answer breaks off: %s", error.message)
        except Exception:  # what has begun cannot become a refusal any more
            _log.exception("An answer breaks off, as the proxy failed")
        finally:
            left.cancel()
            await self._answer.close()
            await self._unfinished()

    async def _relay(self, send: Send, left: asyncio.Future[Any]) -> bytes | None:
        """Send all but the last bytes, and return these; None if the client has gone."""
        held = self._scrubber.feed(self._answer.head)
        self._head = held[:END_BYTES]
        self._answer.head = b""
        if self._answer.rest is not None:
            async for chunk in self._answer.rest:
                held += self._scrubber.feed(chunk)
                if left.done():
                    return None
                if len(held) > 2 * END_BYTES:
                    await send({"type": "http.response.body", "body": held[:-END_BYTES], "more_body": True})
                    held = held[-END_BYTES:]
        return held + self._scrubber.end()

    async def _unfinished(self) -> None:
        """Have it recorded that the answer did not come to its end."""
        finish, self._finish = self._finish, _nothing
        try:
            await finish(Facts())
        except RefusalError as error:
            _log.warning("%s", error.message)


async def _nothing(facts: Facts) -> None:
    """Nothing is left to be recorded."""

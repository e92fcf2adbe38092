"""End a statement before it ends itself."""

from __future__ import annotations

import asyncio
import logging
import uuid
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from theia_sf.proxy.audit.events import Kind
from theia_sf.proxy.errors import RefusalError
from theia_sf.proxy.protocol import answers, bodies, record
from theia_sf.proxy.protocol.clients import query_id_of, session_of
from theia_sf.proxy.protocol.headers import peer_of, query_of, upward
from theia_sf.proxy.protocol.ownership import request_key
from theia_sf.proxy.protocol.services import Services
from theia_sf.proxy.sessions.model import SessionRecord
from theia_sf.proxy.upstream.errors import CANCELED_STATE, STATEMENT_TIMEOUT

PATH: Final = "/queries/v1/abort-request"
_NO_ID: Final = "it does not say what to abort"
_NOT_ABORTED: Final = "A statement over its time was not aborted: %s"
_PATIENCE: Final = 10.0
"""Seconds for which a client whose time is over waits for the end at Snowflake, too."""
_log = logging.getLogger(__name__)


def statement_timeout(seconds: float) -> RefusalError:
    """What a client hears of a statement that took longer than the policy allows; in Snowflake's words."""
    message = f"Statement reached its statement or warehouse timeout of {seconds:g} second(s) and was canceled."
    return RefusalError(STATEMENT_TIMEOUT, message, sqlstate=CANCELED_STATE)


async def aborted(services: Services, request: Request) -> Response:
    """Abort a statement for the client, which asks on a connection of its own.

    Raises:
        RefusalError: the statement is not theirs, or the account does not answer.
    """
    session = await session_of(services, request)
    body = await bodies.read_object(request, services.config.limits.body_bytes)
    request_id = body.get("requestId")
    if not isinstance(request_id, str):
        raise bodies.invalid(_NO_ID)
    await _check_named(services, session, body)
    peer = peer_of(request.scope).address
    await services.audit.record(record.event(Kind.STATEMENT_ABORTED, session, peer, requestId=request_id))
    url = f"{PATH}?{query_of(request)}"
    answer, session = await services.asking.ask(session, "POST", url, upward(request), bodies.encode(body))
    return answers.plain(answer, services.scrubber(session))


async def aborted_by_id(services: Services, request: Request) -> Response:
    """Abort a query by its ID, as drivers do that know it already.

    Raises:
        RefusalError: the query is not theirs, or the account does not answer.
    """
    session = await session_of(services, request)
    query_id = query_id_of(request)
    body = await bodies.read_object(request, services.config.limits.body_bytes)
    await services.ownership.check(session, query_id, query_id)
    await _check_named(services, session, body)
    peer = peer_of(request.scope).address
    await services.audit.record(record.event(Kind.STATEMENT_ABORTED, session, peer, queryId=query_id))
    url = f"/queries/{query_id}/abort-request?{query_of(request)}"
    answer, session = await services.asking.ask(session, "POST", url, upward(request), bodies.encode(body))
    return answers.plain(answer, services.scrubber(session))


async def _check_named(services: Services, session: SessionRecord, body: dict[str, Any]) -> None:
    """Hold against the owner whatever a body names, in every spelling in which Snowflake could read it."""
    for name, value in body.items():
        if name.lower() == "requestid":
            await services.ownership.check(session, request_key(session, str(value)), str(value)[:64])
        elif name.lower() == "queryid":
            await services.ownership.check(session, str(value), str(value)[:64])


def abort_later(services: Services, session: SessionRecord, request_id: str, seconds: float) -> None:
    """Abort a statement that goes on without a request being open; one that has ended by then does not mind."""

    async def wait() -> None:
        await asyncio.sleep(seconds)
        try:
            current = await services.sessions.get(session.id)
        except RefusalError as error:
            _log.warning(_NOT_ABORTED, error.message)
            return
        if current is not None:
            await abort(services, current, request_id)

    task = asyncio.create_task(wait())
    services.background.add(task)
    task.add_done_callback(services.background.discard)


async def abort(services: Services, session: SessionRecord, request_id: str) -> None:
    """Abort a statement for the policy; if Snowflake does not answer soon, its own time limit ends it."""
    told = {"requestId": request_id}
    headers = [(b"content-type", b"application/json"), (b"accept", b"application/json")]
    url = f"{PATH}?requestId={uuid.uuid4()}"
    try:
        async with asyncio.timeout(_PATIENCE):
            answer, _ = await services.asking.ask(session, "POST", url, headers, bodies.encode(told))
            await answer.close()
    except RefusalError as error:
        _log.warning(_NOT_ABORTED, error.message)
    except TimeoutError:
        _log.warning(_NOT_ABORTED, "Snowflake does not answer.")

"""Results and states of queries, for the user whose queries they are."""

from __future__ import annotations

import re
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from theia_sf.proxy.errors import RefusalError
from theia_sf.proxy.protocol import answers
from theia_sf.proxy.protocol.clients import session_of
from theia_sf.proxy.protocol.headers import peer_of, upward
from theia_sf.proxy.protocol.outcome import Outcome
from theia_sf.proxy.protocol.ownership import not_found
from theia_sf.proxy.protocol.scrub import Scrubber
from theia_sf.proxy.protocol.services import Services
from theia_sf.proxy.sessions.model import SessionRecord

_QUERY_ID: Final = re.compile(r"[0-9A-Za-z_-]{1,64}")


async def result(services: Services, request: Request) -> Response:
    """Hand out a result, or the news that there is none yet.

    Raises:
        RefusalError: the query is not theirs, the account does not answer, or it cannot be recorded.
    """
    session, query_id = await _theirs(services, request)
    outcome = Outcome(services, session, peer_of(request.scope).address, known={"queryId": query_id})
    url = f"/queries/{query_id}/result?{request.url.query}"
    try:
        answer, session = await services.asking.ask(session, "GET", url, upward(request), poll=True)
        return await outcome.hand_out(answer)
    except RefusalError as error:
        await outcome.failed(error)
        raise


async def monitoring(services: Services, request: Request) -> Response:
    """Tell how a query gets on.

    Raises:
        RefusalError: as `result`.
    """
    session, query_id = await _theirs(services, request)
    url = f"/monitoring/queries/{query_id}?{request.url.query}"
    answer, session = await services.asking.ask(session, "GET", url, upward(request), poll=True)
    return answers.small(answer, Scrubber(services.asking.secrets(session)), session.account)


async def _theirs(services: Services, request: Request) -> tuple[SessionRecord, str]:
    session = await session_of(services, request)
    query_id = str(request.path_params["query_id"])
    if not _QUERY_ID.fullmatch(query_id):
        raise not_found(query_id[:64])
    await services.ownership.check(session, query_id, query_id)
    return session, query_id

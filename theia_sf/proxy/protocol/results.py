"""Results and states of queries, for the user whose queries they are."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from theia_sf.proxy.errors import RefusalError
from theia_sf.proxy.protocol import answers
from theia_sf.proxy.protocol.clients import query_id_of, session_of
from theia_sf.proxy.protocol.headers import peer_of, query_of, upward
from theia_sf.proxy.protocol.outcome import Outcome
from theia_sf.proxy.protocol.services import Services
from theia_sf.proxy.sessions.model import QueryOwner, SessionRecord


async def result(services: Services, request: Request) -> Response:
    """Hand out a result, or the news that there is none yet.

    Raises:
        RefusalError: the query is not theirs, the account does not answer, or it cannot be recorded.
    """
    session, query_id, owner = await _theirs(services, request)
    peer = peer_of(request.scope).address
    # what names mean in another session, they do not mean here: to mistake them would be a way round the policy
    outcome = Outcome(services, session, peer, known={"queryId": query_id}, ran_in=owner.session)
    url = f"/queries/{query_id}/result?{query_of(request)}"
    try:
        answer, session = await services.asking.ask(session, "GET", url, upward(request), poll=True)
        return await outcome.hand_out(answer, session)
    except RefusalError as error:
        await outcome.failed(error)
        raise


async def monitoring(services: Services, request: Request) -> Response:
    """Tell how a query gets on.

    Raises:
        RefusalError: as `result`.
    """
    session, query_id, _ = await _theirs(services, request)
    url = f"/monitoring/queries/{query_id}?{query_of(request)}"
    answer, session = await services.asking.ask(session, "GET", url, upward(request), poll=True)
    return answers.plain(answer, services.scrubber(session))  # it has the statement in it, hence may be large


async def _theirs(services: Services, request: Request) -> tuple[SessionRecord, str, QueryOwner]:
    session = await session_of(services, request)
    query_id = query_id_of(request)
    return session, query_id, await services.ownership.check(session, query_id, query_id)

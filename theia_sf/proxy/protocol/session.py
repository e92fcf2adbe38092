"""A session's own requests: keeping it alive, renewing its ids, ending it."""

from __future__ import annotations

import logging
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from theia_sf.proxy.audit.events import Kind
from theia_sf.proxy.errors import (
    INVALID_REQUEST,
    MASTER_TOKEN_EXPIRED,
    MASTER_TOKEN_INVALID,
    MASTER_TOKEN_MISSING,
    RefusalError,
)
from theia_sf.proxy.protocol import answers, bodies, record
from theia_sf.proxy.protocol.clients import session_of
from theia_sf.proxy.protocol.headers import peer_of, query_of, token_of, upward
from theia_sf.proxy.protocol.services import Services
from theia_sf.proxy.sessions.model import CLOCK_DIFFERENCE, SessionRecord
from theia_sf.proxy.sessions.tokens import token_hash
from theia_sf.proxy.upstream.client_ids import ClientRenewal
from theia_sf.proxy.upstream.tokens import replaced, revealed

_log = logging.getLogger(__name__)


async def heartbeat(services: Services, request: Request) -> Response:
    """Keep a session alive.

    Raises:
        RefusalError: there is none, or the account does not answer.
    """
    session = await session_of(services, request)
    body = await bodies.read(request, services.config.limits.body_bytes)
    url = f"/session/heartbeat?{query_of(request)}"
    answer, session = await services.asking.ask(session, "POST", url, upward(request), body)
    return answers.plain(answer, services.scrubber(session))


async def renew(services: Services, request: Request) -> Response:
    """Give a client new ids, and renew Snowflake's tokens behind them.

    Raises:
        RefusalError: the id in the place of the master token is missing (390113), of a session that is over (390114) or
            of none (390115); Snowflake does not renew them, which is handed on as it is.
    """
    session = await _by_master(services, request)
    body = await bodies.read_object(request, services.config.limits.body_bytes)
    kind = body.get("requestType", "RENEW")
    if kind != "RENEW":
        raise RefusalError(INVALID_REQUEST, "The proxy renews sessions, and does nothing else with a master token.")
    old = body.get("oldSessionToken")
    if old and token_hash(str(old)) not in {session.token_hash, session.previous_token_hash}:
        raise _invalid_master()
    client = ClientRenewal(presented=token_hash(str(token_of(request))), prefix=services.config.tokens.prefix)
    former = revealed(session.tokens)
    session, answer = await services.asking.renewal.renew(session, client)
    if answer is None:
        answer = _told_again(session, services.clock())
    else:
        peer = peer_of(request.scope).address
        await services.audit.record(record.event(Kind.SESSION_RENEWED, session, peer))
    token, master = client.ids(session, session.tokens)
    data: dict[str, Any] = {"masterToken": master, **answer["data"]}
    told = {**answer, "data": replaced(data, sessionToken=token, masterToken=master)}
    return answers.told(told, services.scrubber(session, *former))


def _told_again(session: SessionRecord, now: float) -> dict[str, Any]:
    """Return what Snowflake would answer to a renewal that another request has done a moment ago."""
    data = {
        "sessionToken": None,
        "validityInSecondsST": max(0, int(session.token_expires - now)),
        "masterToken": None,
        "validityInSecondsMT": max(0, int(session.expires - CLOCK_DIFFERENCE - now)),
        "sessionId": session.snowflake_session_id,
    }
    return {"data": data, "code": None, "message": None, "success": True}


async def end(services: Services, request: Request) -> Response:
    """End a session: here whatever Snowflake says, and there if it answers.

    Raises:
        RefusalError: there is none, or the request is for something else.
    """
    if request.query_params.get("delete") != "true":
        raise RefusalError(INVALID_REQUEST, "The proxy knows no such request about a session.")
    session = await session_of(services, request, ending=True)
    await bodies.read(request, services.config.limits.body_bytes)
    await log_out(services, session)
    await services.audit.record(record.event(Kind.SESSION_ENDED, session, peer_of(request.scope).address, by="client"))
    return answers.told({"data": None, "code": None, "message": None, "success": True})


async def log_out(services: Services, session: SessionRecord) -> None:
    """Forget a session, and end it at Snowflake.

    It is forgotten first, as Snowflake may take minutes to answer. One that Snowflake is not told of ends there by
    itself.

    Raises:
        RefusalError: the store does not answer.
    """
    newest = session
    try:
        newest = await services.sessions.get(session.id) or session  # with the tokens of a renewal meanwhile
        await services.sessions.remove(session.id)
    finally:
        try:
            await services.asking.end(newest)
        except RefusalError as error:
            _log.warning("The session %s is not ended at Snowflake: %s", session.id, error.message)


async def _by_master(services: Services, request: Request) -> SessionRecord:
    master = token_of(request)
    if master is None:
        raise RefusalError(MASTER_TOKEN_MISSING, "Master token not found in the request data.")
    session = await services.sessions.by_master(master)
    if session is None or services.users.groups(session.user, session.credential) is None:
        raise _invalid_master()
    if session.expires <= services.clock():
        message = "Authentication token has expired.  The user must authenticate again."
        raise RefusalError(MASTER_TOKEN_EXPIRED, message)
    await services.rates.request(session.user)
    return session


def _invalid_master() -> RefusalError:
    return RefusalError(MASTER_TOKEN_INVALID, "Master token is invalid.")

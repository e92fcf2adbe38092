"""Whose request it is."""

from __future__ import annotations

from starlette.requests import Request

from theia_sf.proxy.errors import SESSION_EXPIRED, RefusalError
from theia_sf.proxy.protocol.headers import token_of
from theia_sf.proxy.protocol.services import Services
from theia_sf.proxy.sessions.model import QueryOwner, SessionRecord
from theia_sf.proxy.sessions.tokens import token_hash
from theia_sf.proxy.upstream.renewal import gone

QUERY_KEPT = 24 * 3600.0
"""Seconds for which Snowflake keeps the result of a query (docs.snowflake.com, "Using persisted query results")."""
NOT_FOUND = "000709"


async def session_of(services: Services, request: Request) -> SessionRecord:
    """Return the session of a request.

    Raises:
        RefusalError: there is none (390104), or the client has to renew first (390112).
    """
    token = token_of(request)
    if token is None or not token.startswith(services.config.tokens.prefix):
        raise gone()
    record = await services.sessions.by_token(token)
    now = services.clock()
    if record is None or record.expires <= now or not services.users.knows(record.user):
        raise gone()
    await services.rates.request(record.user)
    if record.token_expires <= now or record.token_hash != token_hash(token):
        raise RefusalError(SESSION_EXPIRED, "The session token has expired. Renew it.")
    await services.sessions.touch(record.id, now)
    return record


def owner(record: SessionRecord) -> QueryOwner:
    """Return whose queries those of a session are."""
    return QueryOwner(session=record.id, user=record.user, account=record.account)


def request_key(record: SessionRecord, request_id: str) -> str:
    """Return what a request is known by, beside the IDs of queries; nobody else's request has it."""
    return "request:" + token_hash(f"{record.account}:{record.user}:{request_id}")


async def check_owner(services: Services, record: SessionRecord, query_id: str) -> None:
    """Return if a query is that of the session's user.

    Raises:
        RefusalError: it is somebody else's or nobody's, which is not told apart.
    """
    found = await services.sessions.owner_of(query_id)
    if found is None or (found.user, found.account) != (record.user, record.account):
        raise not_found(query_id)


def not_found(query_id: str) -> RefusalError:
    """What a client hears of a query that is not theirs, in Snowflake's words."""
    return RefusalError(NOT_FOUND, f"Statement {query_id} not found", sqlstate="02000")

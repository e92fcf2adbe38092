"""Whose request it is."""

from __future__ import annotations

from starlette.requests import Request

from theia_sf.proxy.errors import SESSION_EXPIRED, RefusalError
from theia_sf.proxy.protocol.headers import token_of
from theia_sf.proxy.protocol.services import Services
from theia_sf.proxy.sessions.model import SessionRecord
from theia_sf.proxy.sessions.tokens import token_hash
from theia_sf.proxy.upstream.renewal import gone


async def session_of(services: Services, request: Request, *, ending: bool = False) -> SessionRecord:
    """Return the session of a request.

    Args:
        services: the proxy's parts.
        request: the client's.
        ending: it is to end the session, for which nobody has to renew it first.

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
    expired = record.token_expires <= now and not ending
    if expired or record.token_hash != token_hash(token):
        raise RefusalError(SESSION_EXPIRED, "The session token has expired. Renew it.")
    await services.sessions.touch(record.id, now)
    return record

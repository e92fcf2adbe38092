"""Whose request it is."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from typing import Final

from starlette.requests import Request

from theia_sf.proxy.errors import SESSION_EXPIRED, RefusalError
from theia_sf.proxy.protocol.headers import token_of
from theia_sf.proxy.protocol.ownership import not_found
from theia_sf.proxy.protocol.services import Services
from theia_sf.proxy.sessions.model import SessionRecord
from theia_sf.proxy.sessions.tokens import token_hash
from theia_sf.proxy.upstream.renewal import gone

_QUERY_ID: Final = re.compile(r"[0-9A-Za-z_-]{1,64}")
_log = logging.getLogger(__name__)


def query_id_of(request: Request) -> str:
    """Return the ID of the query that a path names.

    Raises:
        RefusalError: it cannot be one, and must not become a part of another path.
    """
    query_id = str(request.path_params["query_id"])
    if not _QUERY_ID.fullmatch(query_id):
        raise not_found(query_id[:64])
    return query_id


async def session_of(services: Services, request: Request, *, ending: bool = False) -> SessionRecord:
    """Return the session of a request.

    Args:
        services: the proxy's parts.
        request: the client's.
        ending: it is to end the session, for which nobody has to renew it first.

    Raises:
        RefusalError: there is none, or its user or their credential is gone (390104); the client has to renew first
            (390112).
    """
    token = token_of(request)
    if token is None or not token.startswith(services.config.tokens.prefix):
        raise gone()
    record = await services.sessions.by_token(token)
    now = services.clock()
    if record is None or record.expires <= now:
        raise gone()
    groups = services.users.groups(record.user, record.credential)
    if groups is None:
        raise gone()
    if groups != record.groups:  # the policy goes by those that they are in now
        record = replace(record, groups=groups)
    await services.rates.request(record.user)
    expired = record.token_expires <= now and not ending
    if expired or record.token_hash != token_hash(token):
        raise RefusalError(SESSION_EXPIRED, "The session token has expired. Renew it.")
    try:
        await services.sessions.touch(record.id, now)
    except RefusalError as error:  # when it was last used is for those who look at the sessions: nobody waits for it
        _log.warning("When the session %s was last used is not noted: %s", record.id, error.message)
    return record

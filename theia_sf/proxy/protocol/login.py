"""Signing in: who it is, what the policy gives them, a session of Snowflake's, and ids in the place of its tokens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from theia_sf.proxy.access.decision import Context, DeniedError, Grant
from theia_sf.proxy.audit.events import Event, Kind
from theia_sf.proxy.errors import RefusalError, failed
from theia_sf.proxy.protocol import answers, bodies, record
from theia_sf.proxy.protocol.choice import account_of
from theia_sf.proxy.protocol.headers import peer_of, upward
from theia_sf.proxy.protocol.services import Services
from theia_sf.proxy.protocol.session import log_out
from theia_sf.proxy.sessions.model import CLOCK_DIFFERENCE, SessionRecord
from theia_sf.proxy.sessions.tokens import new_session_id, new_token, token_hash
from theia_sf.proxy.upstream.errors import NOT_SIGNED_IN, AccountUnavailableError, wrong_body
from theia_sf.proxy.upstream.login import sign_in
from theia_sf.proxy.upstream.tokens import of_login, replaced
from theia_sf.proxy.users.model import Peer, ProxyUser

BODY_BYTES: Final = 1024 * 1024
"""What a request may have whose sender is not known yet; drivers send some thousand."""
_LONGEST_NAME: Final = 256
_NO_DATA: Final = "it has no `data`"


@dataclass
class _Attempt:
    """What is known of somebody who signs in, as far as it has come."""

    data: dict[str, Any]
    peer: Peer
    account: str | None = None
    user: ProxyUser | None = None
    rule: str | None = None

    def event(self, error: RefusalError) -> Event:
        fields: dict[str, Any] = {
            "loginName": _short(self.data.get("LOGIN_NAME")),
            "clientApp": _client_app(self.data) or None,
            "method": self.user.method if self.user else None,
            **record.refusal_fields(error),
        }
        told = {key: value for key, value in fields.items() if value is not None}
        user = self.user.name if self.user else None
        return Event(Kind.SESSION_DENIED, user, self.account, None, self.peer.address, told)


async def login(services: Services, request: Request) -> Response:
    """Sign a client in.

    Raises:
        RefusalError: it is nobody, the policy does not allow it, or the account does not answer; an answer by which
            Snowflake refuses is handed on as it is.
    """
    peer = peer_of(request.scope)
    await services.rates.login(peer)
    body = await bodies.read_object(request, min(BODY_BYTES, services.config.limits.body_bytes))
    data = body.get("data")
    if not isinstance(data, dict):
        raise bodies.invalid(_NO_DATA)
    attempt = _Attempt(data, peer)  # pyright: ignore[reportUnknownArgumentType] - JSON
    try:
        response = await _signed_in(services, request, body, attempt)
    except RefusalError as error:
        unavailable = isinstance(error, AccountUnavailableError)
        services.observer.login(attempt.account or "", "failed" if unavailable else "refused")
        if isinstance(error, DeniedError):
            services.observer.denied(error.rule)
        await services.audit.record(attempt.event(error))
        raise
    except Exception:  # whatever it is, the attempt is on record
        services.observer.login(attempt.account or "", "failed")
        await services.audit.record(attempt.event(failed()))
        raise
    services.observer.login(attempt.account or "", "success")
    return response


async def _signed_in(services: Services, request: Request, body: dict[str, Any], attempt: _Attempt) -> Response:
    query = dict(request.query_params)
    told = str(attempt.data.get("ACCOUNT_NAME") or "")
    attempt.account = account_of(request.scope, request.headers.get("host", ""), told, dict(services.config.upstreams))
    account = services.accounts.get(attempt.account)
    attempt.user = await services.users.authenticate(attempt.data, attempt.account, attempt.peer)
    now = datetime.fromtimestamp(services.clock(), UTC)
    grant = services.access.login(attempt.user, attempt.account, _wanted(query), attempt.peer, now)
    attempt.rule = grant.rule
    answer, upstream_user = await sign_in(account, grant, body, query, upward(request))
    return await _kept(services, answer, attempt, grant, upstream_user, began=now.timestamp())


def _wanted(query: dict[str, str]) -> Context:
    """What the client asks to start with; some drivers send empty names where none was given."""
    return Context(
        role=query.get("roleName") or None,
        warehouse=query.get("warehouse") or None,
        database=query.get("databaseName") or None,
        schema=query.get("schemaName") or None,
    )


async def _kept(
    services: Services, answer: dict[str, Any], attempt: _Attempt, grant: Grant, upstream_user: str, *, began: float
) -> Response:
    """Keep the session, record it, and put ids in the place of its tokens.

    It began when the policy was asked, whose rules may be others by now.
    """
    assert attempt.user is not None  # noqa: S101 (it got this far)
    account = str(attempt.account)
    found = answer.get("data")
    if not isinstance(found, dict):
        raise wrong_body(account)
    data: dict[str, Any] = found  # pyright: ignore[reportUnknownVariableType] - JSON
    if not data.get("token") or not data.get("masterToken"):
        message = "Snowflake wants more of the proxy's identity than the proxy can give, such as a new password."
        raise RefusalError(NOT_SIGNED_IN, message)
    now = services.clock()
    prefix = services.config.tokens.prefix
    ids = new_token(prefix), new_token(prefix)
    tokens = of_login(data, now)
    told = data.get("sessionInfo")
    info: dict[str, Any] = told if isinstance(told, dict) else {}  # pyright: ignore[reportUnknownVariableType] - JSON
    number = data.get("sessionId")
    session = SessionRecord(
        id=new_session_id(),
        token_hash=token_hash(ids[0]),
        master_hash=token_hash(ids[1]),
        user=attempt.user.name,
        groups=tuple(sorted(attempt.user.groups)),
        credential=attempt.user.credential,
        account=account,
        identity=grant.identity,
        upstream_user=upstream_user or str(data.get("displayUserName") or ""),
        role=info.get("roleName"),
        warehouse=info.get("warehouseName"),
        database=info.get("databaseName"),
        schema=info.get("schemaName"),
        peer_address=attempt.peer.address,
        client_app=_client_app(attempt.data),
        snowflake_session_id=number if isinstance(number, int) else 0,
        created=began,
        last_used=now,
        token_expires=tokens.session_expires,
        expires=tokens.master_expires + CLOCK_DIFFERENCE,
        tokens=tokens,
    )
    try:
        await services.sessions.add(session)
        await services.audit.record(_started(session, attempt, grant))
    except RefusalError:
        await log_out(services, session)
        raise
    with_ids = {**answer, "data": replaced(data, token=ids[0], masterToken=ids[1])}
    return answers.told(with_ids, services.scrubber(session))


def _started(session: SessionRecord, attempt: _Attempt, grant: Grant) -> Event:
    return record.event(
        Kind.SESSION_STARTED,
        session,
        session.peer_address,
        groups=list(session.groups),
        method=attempt.user.method if attempt.user else None,
        credential=session.credential,
        rule=grant.rule,
        identity=session.identity,
        upstreamUser=session.upstream_user,
        snowflakeSessionId=session.snowflake_session_id,
        clientApp=session.client_app,
        role=session.role,
        warehouse=session.warehouse,
        database=session.database,
        schema=session.schema,
    )


def _client_app(data: dict[str, Any]) -> str:
    """The driver's name and version; some send the version as a number."""
    known = (_short(data.get(key)) for key in ("CLIENT_APP_ID", "CLIENT_APP_VERSION"))
    return " ".join(text for text in known if text is not None)


def _short(value: Any) -> str | None:
    """Return what somebody says of themselves: before the sign-in it may be anything, of any length."""
    return None if value is None else str(value)[:_LONGEST_NAME]

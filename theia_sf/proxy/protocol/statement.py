"""Statements: the policy first, then the audit, then Snowflake."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from theia_sf.proxy.access.analyse import is_remembered
from theia_sf.proxy.access.check import denied
from theia_sf.proxy.access.decision import DeniedError, StatementGrant
from theia_sf.proxy.audit.events import Kind
from theia_sf.proxy.errors import RefusalError, failed
from theia_sf.proxy.protocol import bodies, record
from theia_sf.proxy.protocol.aborting import abort, abort_later, statement_timeout
from theia_sf.proxy.protocol.clients import session_of
from theia_sf.proxy.protocol.headers import peer_of, query_of, request_id_of, upward
from theia_sf.proxy.protocol.outcome import Outcome
from theia_sf.proxy.protocol.ownership import request_key
from theia_sf.proxy.protocol.services import Services
from theia_sf.proxy.sessions.model import SessionRecord
from theia_sf.proxy.upstream.client import Answer
from theia_sf.proxy.upstream.errors import broken_off
from theia_sf.proxy.users.model import Peer

PATH: Final = "/queries/v1/query-request"
_TREE: Final = "dataframeAst"
_STAGE_KINDS: Final = frozenset({"put", "get"})
_SPELLED: Final = {
    name.lower(): name
    for name in ("sqlText", "bindings", "bindStage", "parameters", "describeOnly", "asyncExec", "isInternal", _TREE)
}
_NO_TEXT: Final = "it has no sqlText"
_SPELLING: Final = "{name} is not how {right} is spelled"


async def statement(services: Services, request: Request) -> Response:
    """Run a statement.

    Raises:
        RefusalError: the session, the request or the statement is not as it has to be, or cannot be recorded.
    """
    session = await session_of(services, request)
    peer = peer_of(request.scope)
    body = await bodies.read_object(request, services.config.limits.body_bytes)
    sql = _checked(body)
    request_id = request_id_of(request)
    fields = record.statement_fields(body, request_id)
    try:
        # examining a long text takes up to a second, in which all other clients would wait
        asked = (services, session, peer, body, sql)
        grant = _allowed(*asked) if is_remembered(sql) else await asyncio.to_thread(_allowed, *asked)
        await _check_queries(services, session, grant)
    except DeniedError as error:
        services.observer.denied(error.rule)
        services.observer.statement(session.account, (), "denied", 0.0)
        told = {**fields, **record.refusal_fields(error), "outcome": "denied"}
        await services.audit.record(record.event(Kind.STATEMENT_DENIED, session, peer.address, **told))
        raise
    fields |= {"kinds": list(grant.kinds), "rule": grant.rule}
    stage = bool(_STAGE_KINDS & set(grant.kinds))
    known = {key: fields.get(key) for key in ("requestId", "sqlText", "rule")}
    outcome = Outcome(services, session, peer.address, kinds=grant.kinds, known=known, stage=stage)
    await outcome.begin(
        record.event(Kind.STATEMENT_STARTED, session, peer.address, **fields), only_reads=grant.only_reads
    )
    try:
        with services.ownership.running(session, request_id):
            answer, session = await _answered(services, session, request, body, grant)
            response = await outcome.hand_out(answer, session)
        if outcome.running and request_id:
            await services.ownership.note(session, [request_key(session, request_id)])
    except RefusalError as error:
        await outcome.failed(error)
        raise
    except asyncio.CancelledError:  # the proxy ends; the driver gets HTTP 500, and asks another instance
        await outcome.failed(broken_off(session.account))
        raise
    except Exception:  # whatever it is, the statement has an end
        await outcome.failed(failed())
        raise
    if outcome.running and grant.timeout and request_id:
        abort_later(services, session, request_id, grant.timeout)
    return response


def _checked(body: dict[str, Any]) -> str:
    """Return the text. A name in another spelling could be read by Snowflake, and was not read here.

    Snowpark sends the statement once more, as a tree that nobody reads here: what is run is the text.
    """
    for name in body:
        right = _SPELLED.get(name.lower(), name)
        if name != right:
            raise bodies.invalid(_SPELLING, name=name, right=right)
    body.pop(_TREE, None)
    sql = body.get("sqlText")
    if not isinstance(sql, str):
        raise bodies.invalid(_NO_TEXT)
    return sql


def _allowed(services: Services, session: SessionRecord, peer: Peer, body: dict[str, Any], sql: str) -> StatementGrant:
    """Ask the policy, and put its parameters into the request."""
    wanted = body.get("parameters")
    parameters: dict[str, Any] = dict(wanted) if isinstance(wanted, dict) else {}  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - JSON
    grant = services.access.statement(
        session,
        sql,
        bindings=body.get("bindings"),
        parameters=parameters,
        peer=peer,
        now=datetime.fromtimestamp(services.clock(), UTC),
        bind_stage=body.get("bindStage"),
    )
    merged = grant.merge(parameters)
    if merged or wanted is not None:
        body["parameters"] = merged
    return grant


async def _check_queries(services: Services, session: SessionRecord, grant: StatementGrant) -> None:
    for query_id in grant.queries:
        if not await services.ownership.is_of(session, query_id):
            raise denied(grant.rule, f"the query {query_id} is not one that the user has run through the proxy")


async def _answered(
    services: Services, session: SessionRecord, request: Request, body: dict[str, Any], grant: StatementGrant
) -> tuple[Answer, SessionRecord]:
    url = f"{PATH}?{query_of(request)}"
    content = bodies.encode(body)
    began = time.perf_counter()
    try:
        async with asyncio.timeout(grant.timeout):
            answered = await services.asking.ask(session, "POST", url, upward(request), content)
    except TimeoutError:
        if request_id := request_id_of(request):
            await abort(services, session, request_id)
        raise statement_timeout(grant.timeout or 0) from None
    services.observer.upstream(session.account, time.perf_counter() - began)
    return answered

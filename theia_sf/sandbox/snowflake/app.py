"""The connector protocol: HTTP routes over the account.

Every refusal is an answer with `success = false` and HTTP status 200, also when this code itself fails: clients repeat
a request that got a 5xx for minutes. The wire format is that of the Python connector and of gosnowflake.
"""

from __future__ import annotations

import gzip
import json
import logging
import threading
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from theia_sf.sandbox.snowflake import handshake, wire
from theia_sf.sandbox.snowflake.account import Account
from theia_sf.sandbox.snowflake.errors import SnowflakeError, cancelled, internal_error
from theia_sf.sandbox.snowflake.login import open_signed_in
from theia_sf.sandbox.snowflake.queries import Query
from theia_sf.sandbox.snowflake.sign_in import routes as sign_in_routes

logger = logging.getLogger(__name__)

Handler = Callable[[Request], Awaitable[Any]]
QUERY_IN_PROGRESS_ASYNC = "333334"


def create_app(account: Account) -> Starlette:
    """The ASGI application of an account."""
    routes = _Routes(account)
    post, get = ["POST"], ["GET"]
    table: list[tuple[str, Handler, list[str]]] = [
        ("/session/v1/login-request", routes.login, post),
        ("/session/authenticator-request", routes.authenticator, post),
        ("/session/token-request", routes.renew, post),
        ("/session", routes.session, post),
        ("/session/heartbeat", routes.session, post),
        ("/queries/v1/query-request", routes.query, post),
        ("/queries/v1/abort-request", routes.abort, post),
        ("/queries/{query_id}/abort-request", routes.abort_by_id, post),
        ("/queries/{query_id}/result", routes.result, get),
        ("/monitoring/queries/{query_id}", routes.monitoring, get),
        ("/monitoring/queries//{query_id}", routes.monitoring, get),  # the Python connector 5
        ("/telemetry/send", routes.telemetry, post),
        ("/telemetry/send/sessionless", routes.telemetry, post),
    ]
    protocol = [Route(path, _answer(handler), methods=methods) for path, handler, methods in table]
    return Starlette(routes=[*protocol, *sign_in_routes.routes(account)])


def _answer(handler: Handler) -> Callable[[Request], Awaitable[JSONResponse]]:
    """Wraps a handler: its value becomes `data`, a SnowflakeError the refusal, anything else an internal error."""

    async def endpoint(request: Request) -> JSONResponse:
        try:
            body = await handler(request)
        except SnowflakeError as error:
            return JSONResponse(wire.refusal(error))
        except Exception as error:
            refused = internal_error(f"{id(error):x}")
            logger.exception("unexpected failure in %s (%s)", request.url.path, refused.message.splitlines()[-1])
            return JSONResponse(wire.refusal(refused))
        if isinstance(body, JSONResponse):
            return body
        return JSONResponse({"data": body, "code": None, "message": None, "success": True})

    return endpoint


class _Routes:
    def __init__(self, account: Account) -> None:
        self.account = account

    async def login(self, request: Request) -> Any:
        body = await _json_body(request)
        query = dict(request.query_params)
        client = request.client.host if request.client else "127.0.0.1"
        session = await run_in_threadpool(open_signed_in, self.account, body.get("data") or {}, query, client)
        token, master = self.account.sessions.add(session)
        return handshake.login_data(session, token, master)

    async def authenticator(self, request: Request) -> Any:
        """Where a client that signs in by browser sends its user."""
        data: dict[str, Any] = (await _json_body(request)).get("data") or {}
        begun = self.account.browser.begin(
            str(data.get("LOGIN_NAME") or ""), str(data.get("BROWSER_MODE_REDIRECT_PORT") or "")
        )
        if begun is None:
            raise SnowflakeError(390180, "08001", "Invalid request payload.")
        page, proof_key = begun
        return {"ssoUrl": f"{self.account.base_url}{sign_in_routes.SSO_PAGE}/{page}", "proofKey": proof_key}

    async def renew(self, request: Request) -> Any:
        session, token, master = self.account.sessions.renew(_token(request))
        return handshake.renewal_data(session, token, master)

    async def session(self, request: Request) -> Any:
        token = _token(request)
        self.account.sessions.by_token(token)
        if request.query_params.get("delete") == "true" and token:
            await run_in_threadpool(self.account.sessions.remove, token)

    async def query(self, request: Request) -> Any:
        session = self.account.sessions.by_token(_token(request))
        body = await _json_body(request)
        query = Query(
            sql=str(body.get("sqlText") or ""),
            session=session,
            request_id=request.query_params.get("requestId", ""),
            parameters=wire.parameters(body.get("parameters")),
        )
        bindings = wire.bindings(body.get("bindings"))
        describe = bool(body.get("describeOnly"))
        self.account.queries.add(query)
        if body.get("asyncExec"):
            work = threading.Thread(target=self._run, args=(query, bindings, describe), daemon=True)
            self.account.start_worker(work)
            return wire.in_progress(query, QUERY_IN_PROGRESS_ASYNC)
        await run_in_threadpool(self._run, query, bindings, describe)
        return await run_in_threadpool(wire.outcome, query)

    def _run(self, query: Query, bindings: wire.Bound, describe: bool) -> None:
        wire.run(self.account, query, bindings, describe_only=describe)

    async def abort(self, request: Request) -> Any:
        self.account.sessions.by_token(_token(request))
        body = await _json_body(request)
        query = self.account.queries.by_request(str(body.get("requestId") or ""))
        if query is not None:
            await run_in_threadpool(query.stop, cancelled())

    async def abort_by_id(self, request: Request) -> Any:
        await run_in_threadpool(self._known_query(request).stop, cancelled())

    async def result(self, request: Request) -> Any:
        query = self._known_query(request)
        await run_in_threadpool(query.done.wait, wire.LONGEST_POLL_SECONDS)
        if not query.done.is_set():
            return wire.in_progress(query, wire.QUERY_IN_PROGRESS)
        return await run_in_threadpool(wire.outcome, query)

    async def monitoring(self, request: Request) -> Any:
        self.account.sessions.by_token(_token(request))
        query = self.account.queries.get(request.path_params["query_id"])
        return {"queries": [wire.monitored(query)] if query else []}

    async def telemetry(self, request: Request) -> Any:
        await request.body()
        return "Log Received"

    def _known_query(self, request: Request) -> Query:
        self.account.sessions.by_token(_token(request))
        query = self.account.queries.get(request.path_params["query_id"])
        if query is None:
            raise SnowflakeError(709, "02000", f"Statement {request.path_params['query_id']} not found")
        return query


def _token(request: Request) -> str | None:
    """The token of `Authorization: Snowflake Token="…"`."""
    scheme, _, value = request.headers.get("authorization", "").partition("=")
    return value.strip('"') if scheme == "Snowflake Token" else None


async def _json_body(request: Request) -> dict[str, Any]:
    raw = await request.body()
    try:
        if request.headers.get("content-encoding") == "gzip":
            raw = gzip.decompress(raw)
        body: Any = json.loads(raw or b"{}")
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise SnowflakeError(390106, "08001", "Invalid request body.") from error
    if not isinstance(body, dict):
        raise SnowflakeError(390106, "08001", "Invalid request body.")
    return body  # pyright: ignore[reportUnknownVariableType] - JSON

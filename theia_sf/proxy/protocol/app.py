"""The application: Snowflake's routes, and a refusal for everything else.

Every refusal is an answer with `success = false` and HTTP status 200, also when the proxy itself fails: drivers repeat
a request that got a 5xx for minutes.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from theia_sf.proxy.errors import INVALID_REQUEST, RefusalError, failed
from theia_sf.proxy.protocol import aborting, answers, bodies, login, results, session, statement
from theia_sf.proxy.protocol.choice import AccountPaths
from theia_sf.proxy.protocol.services import Services
from theia_sf.proxy.upstream.errors import AccountUnavailableError, RefusedByAccountError
from theia_sf.proxy.upstream.login import LOGIN_PATH
from theia_sf.proxy.upstream.renewal import TOKEN_PATH

Handler = Callable[[Services, Request], Awaitable[Response]]

_log = logging.getLogger(__name__)


def create_app(services: Services) -> ASGIApp:
    """The ASGI application in front of the accounts of the configuration.

    Starlette's routes without its application, nor its wrapper of endpoints: both would look at every request for
    errors, which no endpoint lets out.
    """
    post, get = ["POST"], ["GET"]
    table: list[tuple[str, str, Handler, list[str]]] = [
        ("query", statement.PATH, statement.statement, post),  # first, as most requests are of this kind
        ("login", LOGIN_PATH, login.login, post),
        ("authenticator", "/session/authenticator-request", _authenticator, post),
        ("renewal", TOKEN_PATH, session.renew, post),
        ("heartbeat", "/session/heartbeat", session.heartbeat, post),
        ("session", "/session", session.end, post),
        ("abort", aborting.PATH, aborting.aborted, post),
        ("abort", "/queries/{query_id}/abort-request", aborting.aborted_by_id, post),
        ("result", "/queries/{query_id}/result", results.result, get),
        ("monitoring", "/monitoring/queries/{query_id}", results.monitoring, get),
        ("monitoring", "/monitoring/queries//{query_id}", results.monitoring, get),  # the Python connector 5
        ("telemetry", "/telemetry/send", _telemetry, post),
        ("telemetry", "/telemetry/send/{kind}", _telemetry, post),
    ]
    routes = [
        Route(path, _Endpoint(services, name, handler), methods=methods, include_in_schema=False)
        for name, path, handler, methods in table
    ]
    anything = Mount("/", _Endpoint(services, "unknown", _unknown))  # whatever the method
    return AccountPaths(Router([*routes, anything]), dict(services.config.upstreams))


class _Endpoint:
    def __init__(self, services: Services, name: str, handler: Handler) -> None:
        self._services = services
        self._name = name
        self._handler = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        request = Request(scope, receive, send)
        response, outcome = await _answered(self._services, self._name, self._handler, request)
        self._services.observer.request(self._name, outcome, time.perf_counter() - began)
        await response(scope, receive, send)


async def _answered(services: Services, name: str, handler: Handler, request: Request) -> tuple[Response, str]:
    try:
        return await handler(services, request), "success"
    except RefusedByAccountError as refused:
        return answers.told(refused.answer), "refused"
    except RefusalError as refused:
        unavailable = isinstance(refused, AccountUnavailableError)
        if unavailable:
            _log.warning("%s: %s", name, refused.message)
        return answers.refused(refused), "failed" if unavailable else "refused"
    except Exception:
        _log.exception("unexpected failure in %s", name)
        return answers.refused(failed()), "failed"


async def _authenticator(services: Services, request: Request) -> Response:
    """Where drivers ask for the address of a sign-in by browser."""
    await bodies.discard(request, services.config.limits.body_bytes)
    message = "Nobody signs in to this proxy through a web browser: use a token of the proxy's as the password."
    raise RefusalError(INVALID_REQUEST, message)


async def _telemetry(services: Services, request: Request) -> Response:
    """What drivers tell Snowflake of themselves, statements among it, ends here."""
    await bodies.discard(request, services.config.limits.body_bytes)
    return answers.told({"data": "Log Received", "code": None, "message": None, "success": True})


async def _unknown(services: Services, request: Request) -> Response:  # noqa: ARG001 (as the others)
    raise RefusalError(INVALID_REQUEST, "The proxy does not know this request, so it does not let it through.")

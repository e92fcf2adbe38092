"""What probes and Prometheus ask: is the process alive, should it get requests, what has it done."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from theia_sf.errors import TheiaError
from theia_sf.proxy.errors import RefusalError
from theia_sf.proxy.metrics import CONTENT_TYPE, Metrics
from theia_sf.secret import redact

Check = Callable[[], Awaitable[None]]
"""Returns if a part works; raises RefusalError or TheiaError with a sentence if it does not."""

_TIMEOUT: Final = 3.0
_KEPT: Final = 1.0  # seconds that an answer of the checks holds, however often it is asked for
OK: Final = "ok"
_log = logging.getLogger(__name__)


class Readiness:
    """Whether the proxy should get requests.

    Args:
        checks: name of a part to its check.
        metrics: where draining is told.
    """

    def __init__(self, checks: Mapping[str, Check], metrics: Metrics) -> None:
        self._checks = checks
        self._metrics = metrics
        self._lock = asyncio.Lock()
        self._seen: tuple[float, dict[str, str]] | None = None
        self.draining = False

    def drain(self) -> None:
        """The proxy is told to end."""
        self.draining = True
        self._metrics.draining.set(1)

    async def ask(self) -> dict[str, str]:
        """Return what each part says now: `ok`, or a sentence."""
        found = await asyncio.gather(*(_ask(check) for check in self._checks.values()))
        return dict(zip(self._checks, found, strict=True))

    async def parts(self) -> dict[str, str]:
        """Return the same, of a moment ago at most."""
        async with self._lock:
            if self._seen is None or time.monotonic() - self._seen[0] > _KEPT:
                self._seen = (time.monotonic(), await self.ask())
            return self._seen[1]

    async def answer(self) -> tuple[bool, dict[str, Any]]:
        """Return whether it is ready, and what to tell."""
        parts = await self.parts()
        ready = not self.draining and all(said == OK for said in parts.values())
        status = "draining" if self.draining else "ready" if ready else "not ready"
        return ready, {"status": status, "checks": parts}


async def _ask(check: Check) -> str:
    try:
        async with asyncio.timeout(_TIMEOUT):
            await check()
    except (RefusalError, TheiaError) as error:
        return redact(error.message)
    except TimeoutError:
        return f"It does not answer within {_TIMEOUT:g} seconds."
    except Exception as error:
        _log.exception("a check failed")
        return f"The check failed: {type(error).__name__}."
    return OK


def create_health_app(readiness: Readiness, metrics: Metrics, refresh: Check) -> Starlette:
    """The ASGI application for probes.

    Args:
        readiness: see there.
        metrics: see there.
        refresh: brings what is counted only when asked, such as sessions, up to date.
    """

    async def alive(_request: Request) -> Response:
        return JSONResponse({"status": OK})

    async def ready(_request: Request) -> Response:
        is_ready, told = await readiness.answer()
        return JSONResponse(told, status_code=200 if is_ready else 503)

    async def values(request: Request) -> Response:
        await _ask(refresh)
        if "application/json" in request.headers.get("accept", ""):
            return Response(json.dumps(metrics.document()), media_type="application/json")
        return Response(metrics.text(), headers={"content-type": CONTENT_TYPE})

    table = {"/health": alive, "/healthz": alive, "/ready": ready, "/readyz": ready, "/metrics": values}
    return Starlette(routes=[Route(path, endpoint, methods=["GET"]) for path, endpoint in table.items()])

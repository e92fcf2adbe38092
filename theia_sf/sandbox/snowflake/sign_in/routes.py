"""The web pages and endpoints that sign-ins need beside the connector protocol: token issuer, browser sign-in."""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote_plus

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from theia_sf.sandbox.snowflake import issuer
from theia_sf.sandbox.snowflake.passwords import verify_password
from theia_sf.sandbox.snowflake.sign_in import material

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.account import Account

SSO_PAGE = "/sso"
NOT_CACHED = {"Cache-Control": "no-store"}  # RFC 6749, 5.1


def routes(account: Account) -> list[Route]:
    """The routes of an account."""
    handlers = _Handlers(account)
    return [
        Route(issuer.PATH + "/.well-known/openid-configuration", handlers.configuration),
        Route(issuer.PATH + "/jwks", handlers.jwks),
        Route(issuer.PATH + "/token", handlers.token, methods=["POST"]),
        Route(SSO_PAGE + "/{page}", handlers.sso),
        Route("/console/login", handlers.console),
        Route(material.PATH, handlers.material, methods=["POST"]),
    ]


class _Handlers:
    def __init__(self, account: Account) -> None:
        self.account = account

    async def configuration(self, _: Request) -> Response:
        return JSONResponse(self.account.issuer.configuration())

    async def jwks(self, _: Request) -> Response:
        return JSONResponse(self.account.issuer.jwks())

    async def token(self, request: Request) -> Response:
        """Client credentials (RFC 6749, 4.4); the client authenticates by Basic or in the body (2.3.1)."""
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode("utf-8", "replace")).items()}
        client_id, secret = _basic(request.headers.get("authorization", ""))
        client = await run_in_threadpool(
            self.account.issuer.authenticated,
            client_id or form.get("client_id", ""),
            secret or form.get("client_secret", ""),
        )
        if client is None:
            return _oauth_error(401, "invalid_client", {"WWW-Authenticate": "Basic"})
        if form.get("grant_type") != "client_credentials":
            return _oauth_error(400, "unsupported_grant_type")
        scopes = form.get("scope", "").split() or ["session:role-any"]
        if not all(scope.startswith("session:role") for scope in scopes):
            return _oauth_error(400, "invalid_scope")
        body = {
            "access_token": self.account.issuer.access_token(client.user, scopes),
            "token_type": "Bearer",
            "expires_in": int(issuer.LIFE.total_seconds()),
            "scope": " ".join(scopes),
        }
        return JSONResponse(body, headers=NOT_CACHED)

    async def sso(self, request: Request) -> Response:
        """The identity provider's page: signs in at once, and sends the browser back to the client."""
        callback = self.account.browser.callback(request.path_params["page"], request.query_params.get("user"))
        if callback is None:
            return PlainTextResponse("This sign-in is over, or was never begun.\n", status_code=404)
        return RedirectResponse(callback, status_code=302, headers=NOT_CACHED)

    async def console(self, request: Request) -> Response:
        """The page of clients that make the proof key themselves."""
        query = request.query_params
        begun = self.account.browser.begin(
            query.get("login_name", ""), query.get("browser_mode_redirect_port", ""), query.get("proof_key")
        )
        if begun is None:
            return PlainTextResponse("The address lacks the port of the client.\n", status_code=400)
        return RedirectResponse(f"{SSO_PAGE}/{begun[0]}", status_code=302, headers=NOT_CACHED)

    async def material(self, request: Request) -> Response:
        """What a sign-in by a method needs; for the sandbox's administrator, by its password."""
        user, password = _basic(request.headers.get("authorization", ""))
        admin = self.account.catalog.users.get(self.account.admin_user)
        known = (
            admin is not None
            and admin.password_hash is not None
            and hmac.compare_digest(user.encode(), admin.name.encode())
        )
        if not known or not await run_in_threadpool(verify_password, password, str(admin and admin.password_hash)):
            return JSONResponse({"error": "Sign in as the sandbox's administrator."}, status_code=401)
        try:
            asked = await request.json()
            made = await run_in_threadpool(
                material.make, self.account, str(asked["method"]), asked.get("user"), expired=bool(asked.get("expired"))
            )
        except (ValueError, KeyError, AttributeError) as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return JSONResponse(made, headers=NOT_CACHED)


def _basic(header: str) -> tuple[str, str]:
    """User and password of an Authorization header; both empty without one."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(value, validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return unquote_plus(user), unquote_plus(password)


def _oauth_error(status: int, error: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": error}, status_code=status, headers={**NOT_CACHED, **(headers or {})})

"""The token issuer and the pages of the browser sign-in, over HTTP without a network."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
from jwt import PyJWKSet

from theia_sf.sandbox.snowflake.account import Account
from theia_sf.sandbox.snowflake.app import create_app
from theia_sf.sandbox.snowflake.login import authenticate
from theia_sf.sandbox.snowflake.sign_in.attempt import Attempt
from theia_sf.sandbox.snowflake.sign_in.refusals import SignInError

GRANT = {"grant_type": "client_credentials", "scope": "session:role:PUBLIC"}


class Http:
    """Requests to the application in this process."""

    def __init__(self, account: Account) -> None:
        self.app = create_app(account)

    def get(self, path: str) -> httpx.Response:
        return self._wait_for(self._send("GET", path))

    def post(self, path: str, **content: Any) -> httpx.Response:
        return self._wait_for(self._send("POST", path, **content))

    def _wait_for(self, answer: Coroutine[Any, Any, httpx.Response]) -> httpx.Response:
        loop = asyncio.new_event_loop()  # asyncio.run takes the thread's own loop away, which Pulumi's SDK wants
        try:
            return loop.run_until_complete(answer)
        finally:
            loop.close()

    async def _send(self, method: str, path: str, **content: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:5567") as client:
            return await client.request(method, path, **content)


@pytest.fixture
def http(account: Account) -> Http:
    return Http(account)


def test_discovery_leads_to_keys_and_tokens(account: Account, http: Http):
    found = http.get("/issuer/.well-known/openid-configuration").json()
    assert found["issuer"] == account.issuer.url == "http://127.0.0.1:5567/issuer"
    client_id, secret = account.issuer.register("THEIA")
    answer = http.post(urlsplit(found["token_endpoint"]).path, data=GRANT, auth=(client_id, secret))
    assert answer.headers["cache-control"] == "no-store"
    token = answer.json()["access_token"]
    [key] = PyJWKSet.from_dict(http.get(urlsplit(found["jwks_uri"]).path).json()).keys
    claims = jwt.decode(token, key=key, algorithms=["ES256"], audience=account.url, issuer=found["issuer"])
    assert (claims["sub"], claims["scp"]) == ("THEIA", ["session:role:PUBLIC"])


def test_clients_must_prove_themselves(account: Account, http: Http):
    client_id, secret = account.issuer.register("THEIA")
    in_body = {**GRANT, "client_id": client_id, "client_secret": secret}
    assert http.post("/issuer/token", data=in_body).status_code == 200
    for wrong in (GRANT, {**in_body, "client_secret": "x"}, {**in_body, "client_id": "x"}):
        answer = http.post("/issuer/token", data=wrong)
        assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})
    assert http.post("/issuer/token", headers={"Authorization": "Basic !"}, data=GRANT).status_code == 401
    other = http.post("/issuer/token", data={**in_body, "grant_type": "password"})
    assert (other.status_code, other.json()) == (400, {"error": "unsupported_grant_type"})
    assert http.post("/issuer/token", data={**in_body, "scope": "all"}).json() == {"error": "invalid_scope"}


def begin(http: Http, **data: str) -> dict[str, Any]:
    asked = {"LOGIN_NAME": "theia", "BROWSER_MODE_REDIRECT_PORT": "5000", **data}
    return http.post("/session/authenticator-request", json={"data": asked}).json()


def sign_in(account: Account, token: str, proof_key: str, login_name: str = "THEIA") -> str:
    data = {"AUTHENTICATOR": "EXTERNALBROWSER", "TOKEN": token, "PROOF_KEY": proof_key, "LOGIN_NAME": login_name}
    return authenticate(account, Attempt(data)).name


def token_of(http: Http, page: str) -> str:
    location = urlsplit(http.get(page).headers["location"])
    assert location.netloc == "localhost:5000"
    return parse_qs(location.query)["token"][0]


def test_the_browser_brings_a_token_that_is_good_once(account: Account, http: Http):
    data = begin(http)["data"]
    token = token_of(http, data["ssoUrl"])
    assert http.get(data["ssoUrl"]).status_code == 404
    assert sign_in(account, token, data["proofKey"]) == "THEIA"
    with pytest.raises(SignInError) as caught:
        sign_in(account, token, data["proofKey"])
    assert caught.value.code == "390133"


def test_the_proof_key_is_that_of_the_request(account: Account, http: Http):
    mine, other = begin(http)["data"], begin(http)["data"]
    with pytest.raises(SignInError) as caught:
        sign_in(account, token_of(http, mine["ssoUrl"]), other["proofKey"])
    assert caught.value.name == "SAML_RESPONSE_INVALID_PROOF_KEY_MISMATCH"


def test_a_client_may_make_the_proof_key_itself(account: Account, http: Http):
    page = http.get("/console/login?login_name=theia&browser_mode_redirect_port=5000&proof_key=mine")
    assert sign_in(account, token_of(http, page.headers["location"]), "mine") == "THEIA"


def test_the_browser_is_sent_nowhere_else(http: Http):
    assert begin(http, BROWSER_MODE_REDIRECT_PORT="5000@evil.example")["code"] == "390180"
    assert http.get("/console/login?login_name=theia&browser_mode_redirect_port=x").status_code == 400
    assert http.get("/sso/none").status_code == 404


@pytest.mark.parametrize("method", ["access-token", "browser", "mfa", "oauth", "oauth-client", "oidc"])
def test_material_is_for_the_administrator(http: Http, method: str):
    asked = {"method": method, "user": "new_one"}
    for auth in (None, ("THEIA", "wrong"), ("NOBODY", "pw")):
        assert http.post("/sandbox/sign-in", json=asked, auth=auth).status_code == 401  # pyright: ignore[reportArgumentType]
    answer = http.post("/sandbox/sign-in", json=asked, auth=("THEIA", "pw")).json()
    assert answer["variables"]["SNOWFLAKE_USER"] == answer["user"] == "NEW_ONE"


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"method": "magic"}, "There is no method magic."),
        ({"method": "mfa", "user": "THEIA"}, "THEIA keeps its password"),
        ({"method": "oidc", "user": "THEIA"}, "User THEIA is of type PERSON"),
        ({"method": "browser", "expired": True}, "no credential that expires"),
    ],
)
def test_material_that_cannot_be_made(http: Http, asked: dict[str, Any], error: str):
    answer = http.post("/sandbox/sign-in", json=asked, auth=("THEIA", "pw"))
    assert answer.status_code == 400
    assert error in answer.json()["error"]

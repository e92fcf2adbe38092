"""A refused login is not repeated, whichever way it was tried and whatever the number: the real connector, counted."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
import urllib.request
import webbrowser
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from snowflake.connector.auth._oauth_base import AuthByOAuthBase

from theia_sf.errors import ConnectionFailedError
from theia_sf.secret import Secret
from theia_sf.snowflake import issuer
from theia_sf.snowflake.connect import connect
from theia_sf.snowflake.errors import LoginRefusedError
from theia_sf.snowflake.settings import ConnectionSettings

KEY = rsa.generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
OIDC_TOKEN = jwt.encode({"iss": "https://issuer", "sub": "workload"}, "0123456789abcdef0123456789abcdef", "HS256")
WAYS: dict[str, dict[str, Any]] = {
    "SNOWFLAKE": {"password": Secret("pass-word")},
    "USERNAME_PASSWORD_MFA": {"password": Secret("pass-word"), "passcode": Secret("123456")},
    "SNOWFLAKE_JWT": {"private_key": Secret(KEY)},
    "PROGRAMMATIC_ACCESS_TOKEN": {"token": Secret("tok-pat")},
    "OAUTH": {"token": Secret("tok-oauth")},
    "OAUTH_CLIENT_CREDENTIALS": {"oauth_client_id": "me", "oauth_client_secret": Secret("client-secret")},
    "EXTERNALBROWSER": {},
    "WORKLOAD_IDENTITY": {"workload_identity_provider": "OIDC", "token": Secret(OIDC_TOKEN)},
}
# What the connector answers by another login of its own, and numbers that mean no in other words.
NUMBERS = ["390100", "390110", "390144", "390195", "390197", "390303", "390318", "394304", "394400"]


@dataclass
class Account:
    """A Snowflake that refuses every login by one number, and an OAuth issuer beside it; both keep what was asked."""

    port: int
    number: str = "390100"
    issuer_status: int = 200
    logins: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    token_requests: int = 0

    def answer(self, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
        if path == "/session/v1/login-request":
            self.logins.append(json.loads(gzip.decompress(body))["data"])
            return 200, {"data": {}, "code": self.number, "message": "No.", "success": False, "headers": None}
        if path == "/token":
            self.token_requests += 1
            if self.issuer_status != 200:
                return self.issuer_status, {"error": "invalid_client", "error_description": "unknown"}
            return 200, {"access_token": f"tok-{self.token_requests}", "token_type": "Bearer", "expires_in": 600}
        if path == "/session/authenticator-request":
            port = json.loads(gzip.decompress(body))["data"]["BROWSER_MODE_REDIRECT_PORT"]
            url = f"http://127.0.0.1:{self.port}/sso?port={port}"
            return 200, {"data": {"ssoUrl": url, "proofKey": "proof"}, "code": None, "message": None, "success": True}
        return 404, {}

    def settings(self, authenticator: str) -> ConnectionSettings:
        return ConnectionSettings(
            "ORG-ACCT",
            "ALICE",
            authenticator,
            host="127.0.0.1",
            port=self.port,
            protocol="http",
            oauth_token_request_url=f"http://127.0.0.1:{self.port}/token",
            **WAYS[authenticator],
        )


@pytest.fixture(scope="module")
def serve() -> Iterator[Callable[[], Account]]:
    account: list[Account] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            status, answer = account[-1].answer(urlsplit(self.path).path, body)
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_request(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()

    def made() -> Account:
        account.append(Account(server.server_address[1]))
        return account[-1]

    yield made
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def account(serve: Callable[[], Account], monkeypatch: pytest.MonkeyPatch) -> Account:
    monkeypatch.setenv("SNOWFLAKE_WIF_ALLOWED_HOST_SUFFIXES", "127.0.0.1")

    def open_new(url: str) -> bool:
        (port,) = parse_qs(urlsplit(url).query)["port"]
        visit = threading.Thread(
            target=lambda: urllib.request.urlopen(f"http://localhost:{port}/?token=tok-browser").close(), daemon=True
        )
        visit.start()
        return True

    monkeypatch.setattr(webbrowser, "open_new", open_new)
    return serve()


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("authenticator", WAYS)
def test_a_refused_login_is_the_only_one(
    account: Account, authenticator: str, number: str, capsys: pytest.CaptureFixture[str]
) -> None:
    account.number = number
    with pytest.raises(LoginRefusedError) as refused:
        connect(account.settings(authenticator))
    assert len(account.logins) == 1
    assert account.token_requests == (authenticator == "OAUTH_CLIENT_CREDENTIALS")
    assert refused.value.number == int(number)
    assert "\n" not in refused.value.message
    assert capsys.readouterr().out == "", "stdout is for results"


def test_no_login_without_a_token_of_the_issuer(account: Account) -> None:
    account.issuer_status = 401
    with pytest.raises(LoginRefusedError, match="gave no token to the client me: invalid_client: unknown") as refused:
        connect(account.settings("OAUTH_CLIENT_CREDENTIALS"))
    assert (account.logins, account.token_requests) == ([], 1)
    assert "client-secret" not in f"{refused.value.message} {refused.value.hint}"


@pytest.mark.parametrize("kind", ["closed", "silent"])
def test_an_issuer_that_does_not_answer(account: Account, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuer, "TIMEOUT", 0.2)
    monkeypatch.setattr(AuthByOAuthBase, "_sleep_before_oauth_token_retry", staticmethod(lambda _: None))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        if kind == "silent":
            listening.listen()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/token"
        begun = time.monotonic()
        with pytest.raises(ConnectionFailedError, match=f"issuer cannot be reached at {url}") as failed:
            connect(replace(account.settings("OAUTH_CLIENT_CREDENTIALS"), oauth_token_request_url=url))
    assert time.monotonic() - begun < 15
    assert not isinstance(failed.value, LoginRefusedError)
    assert account.logins == []
    assert socket.getdefaulttimeout() is None


def test_a_passcode_goes_with_the_password_and_no_token_is_asked_for(account: Account) -> None:
    with pytest.raises(LoginRefusedError):
        connect(account.settings("USERNAME_PASSWORD_MFA"))
    (login,) = account.logins
    assert (login["PASSCODE"], login["EXT_AUTHN_DUO_METHOD"]) == ("123456", "passcode")
    assert "CLIENT_REQUEST_MFA_TOKEN" not in login["SESSION_PARAMETERS"]


def test_a_browser_sign_in_keeps_no_token(account: Account) -> None:
    with pytest.raises(LoginRefusedError):
        connect(account.settings("EXTERNALBROWSER"))
    (login,) = account.logins
    assert (login["TOKEN"], login["PROOF_KEY"]) == ("tok-browser", "proof")
    assert "CLIENT_STORE_TEMPORARY_CREDENTIAL" not in login["SESSION_PARAMETERS"]


def test_an_untrusted_host_gets_no_workloads_identity(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SNOWFLAKE_WIF_ALLOWED_HOST_SUFFIXES")
    with pytest.raises(Exception, match="which is no host of Snowflake's"):
        connect(account.settings("WORKLOAD_IDENTITY"))
    assert account.logins == []


def test_a_workload_without_region_or_credentials(
    account: Account, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    settings = replace(account.settings("WORKLOAD_IDENTITY"), workload_identity_provider="AWS", token=None)
    with pytest.raises(Exception, match="There is no AWS region"):
        connect(settings)
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    with pytest.raises(Exception, match="There are no AWS credentials"):
        connect(settings)
    assert account.logins == []

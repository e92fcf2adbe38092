"""Random exchanges with a proxy in front of an account that gives its tokens away: nothing of them reaches a client."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from starlette.responses import JSONResponse
from starlette.types import Message, Receive, Scope, Send

from tests.e2e.proxy.conftest import Upstream
from tests.e2e.proxy.running import ACCOUNT, PASSWORD, ProxyProcess, proxy, sandbox_account, serving
from theia_sf.sandbox.snowflake.app import create_app

LOGIN, QUERY = "/session/v1/login-request", "/queries/v1/query-request"
GONE = "390104"
NOT_FOUND = "000709"


class Talkative:
    """The account, but what contains `echo` is answered with the request's own headers and body, in many places."""

    def __init__(self, upstream: Upstream) -> None:
        self._app = create_app(upstream.account)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("path") not in {QUERY, LOGIN}:
            await self._app(scope, receive, send)
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        plain = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
        if b"echo" not in plain:
            told: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

            async def again() -> Message:
                return told.pop() if told else await receive()

            await self._app(scope, again, send)
            return
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        data = {"headers": headers, "rowset": [[headers.get("authorization")]] * 3, "seen": plain.decode()}
        refusal = {"data": data, "code": "000001", "message": json.dumps(data), "success": scope["path"] == QUERY}
        answer = JSONResponse(refusal, headers={"x-echo": headers.get("authorization", "none"), "set-cookie": "a=b"})
        await answer(scope, receive, send)


@dataclass
class Somebody:
    """A client of the proxy's, with its session."""

    name: str
    token: str
    master: str
    queries: list[str] = field(default_factory=list)


class Exchanges:
    """Makes one exchange after the other, and looks at every byte that comes back."""

    def __init__(self, running: ProxyProcess, upstream: Upstream, seed: int) -> None:
        self.random = random.Random(seed)
        self.running = running
        self.upstream = upstream
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{running.port}", timeout=30)
        self.secrets = {PASSWORD, *upstream.secrets()}
        self.people: list[Somebody] = []
        self.ended: list[Somebody] = []
        self.seen = 0

    def answer(self, method: str, path: str, token: str | None = None, **more: Any) -> dict[str, Any]:
        headers: dict[str, str] = more.pop("headers", {})
        if token is not None:
            headers = {"authorization": f'Snowflake Token="{token}"', **headers}
        got = self.http.request(method, path, headers=headers, **more)
        self.secrets.update(self.upstream.secrets())
        raw = b"".join(name + b": " + value + b"\n" for name, value in got.headers.raw) + got.content
        for secret in [*self.secrets, *self.running.tokens.values()]:
            assert secret.encode() not in raw, (method, path)
        assert got.status_code < 500, (method, path, got.status_code)
        self.seen += 1
        try:
            told = got.json()
        except ValueError:
            return {}
        return told if isinstance(told, dict) else {}

    def login(self) -> None:
        name = self.random.choice(["ann", "bob"])
        body = {"data": {"ACCOUNT_NAME": ACCOUNT, "LOGIN_NAME": name, "PASSWORD": self.running.tokens[name]}}
        data = self.answer("POST", LOGIN, json=body)["data"]
        self.people.append(Somebody(name, data["token"], data["masterToken"]))
        if len(self.people) > 8:
            self.end()

    def refused_login(self) -> None:
        wrong = self.random.choice(["", "wrong", PASSWORD, self.running.tokens["bob"], "echo"])
        body = {"data": {"ACCOUNT_NAME": ACCOUNT, "LOGIN_NAME": "ann", "PASSWORD": wrong, "TOKEN": PASSWORD}}
        assert self.answer("POST", LOGIN, json=body)["success"] is False

    def leaking_login(self) -> None:
        body = {"data": {"ACCOUNT_NAME": ACCOUNT, "LOGIN_NAME": "ann", "PASSWORD": self.running.tokens["ann"]}}
        body["data"]["CLIENT_APP_ID"] = "echo"
        assert self.answer("POST", LOGIN, json=body)["success"] is False

    def query(self) -> None:
        who = self.random.choice(self.people)
        told = self.answer("POST", f"{QUERY}?requestId={uuid4()}", who.token, **self.encoded({"sqlText": "SELECT 1"}))
        assert told["data"]["total"] == 1, told
        who.queries.append(told["data"]["queryId"])

    def echo(self) -> None:
        body = self.encoded({"sqlText": "SELECT 'echo'", "padding": "x" * self.random.randrange(0, 200_000)})
        told = self.answer("POST", f"{QUERY}?requestId={uuid4()}", self.random.choice(self.people).token, **body)
        assert "rowset" in told["data"]

    def encoded(self, body: dict[str, Any]) -> dict[str, Any]:
        raw = json.dumps(body).encode()
        kind = self.random.randrange(4)
        headers = {"content-type": "application/json"}
        if kind == 1:
            return {"content": gzip.compress(raw), "headers": {**headers, "content-encoding": "gzip"}}
        if kind == 2:
            return {"content": gzip.compress(raw), "headers": headers}
        return {"content": iter([raw[:5], raw[5:]]) if kind == 3 else raw, "headers": headers}

    def mangled(self) -> None:
        raw = bytearray(
            json.dumps({"sqlText": "SELECT 1", "bindings": {"1": {"type": "FIXED", "value": "1"}}}).encode()
        )
        for _ in range(self.random.randrange(1, 8)):
            raw[self.random.randrange(len(raw))] = self.random.randrange(256)
        content = bytes(raw[: self.random.randrange(1, len(raw))])
        if self.random.random() < 0.3:
            content = gzip.compress(content)[: self.random.randrange(1, 40)]
        path = self.random.choice([QUERY, LOGIN, "/session/token-request", "/queries/v1/abort-request"])
        self.answer("POST", path, self.random.choice(self.people).token, content=content)

    def huge(self) -> None:
        content = gzip.compress(b" " * (3 * 2**20))
        told = self.answer("POST", QUERY, self.random.choice(self.people).token, content=content)
        assert told["success"] is False

    def strange(self) -> None:
        path = "/" + "".join(self.random.choice("abz/%.?~0;:-_=&") for _ in range(self.random.randrange(1, 40)))
        method = self.random.choice(["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
        path = "/a" + path.replace("%", "%25")
        self.answer(method, path, self.random.choice([None, self.random.choice(self.people).token]))

    def guessed(self) -> None:
        who = self.random.choice(self.people)
        guess = self.random.choice(
            [who.token[:-1], who.token + "A", who.master, "None", "", "Theia:", who.token.lower()]
        )
        told = self.answer("POST", QUERY, guess, json={"sqlText": "SELECT 1"})
        assert told["code"] == GONE, told

    def others_query(self) -> None:
        theirs = [(one.name, query) for one in self.people for query in one.queries[-3:]]
        who = self.random.choice(self.people)
        for name, query in theirs:
            paths = [f"/monitoring/queries/{query}", f"/queries/{query}/result"]
            path = self.random.choice(paths[: 1 if name == who.name else 2])  # the account keeps few results
            told = self.answer("GET", path, who.token)
            assert told["success"] is (name == who.name), told
            assert name == who.name or told["code"] == NOT_FOUND

    def renew(self) -> None:
        who = self.random.choice(self.people)
        body = {"oldSessionToken": who.token, "requestType": "RENEW"}
        data = self.answer("POST", "/session/token-request", who.master, json=body)["data"]
        who.token, who.master = data["sessionToken"], data["masterToken"]

    def end(self) -> None:
        who = self.people.pop(self.random.randrange(len(self.people)))
        assert self.answer("POST", "/session?delete=true", who.token, json={})["success"]
        self.ended.append(who)
        if not self.people:
            self.login()

    def ended_session(self) -> None:
        for who in self.ended[-2:]:
            told = self.answer("POST", QUERY, who.token, json={"sqlText": "SELECT 1"})
            assert told["code"] == GONE, told

    def run(self, count: int) -> None:
        self.login()
        acts: list[Callable[[], None]] = [self.login, self.refused_login, self.leaking_login, self.query, self.echo]
        acts += [self.mangled, self.huge, self.strange, self.guessed, self.others_query, self.renew, self.end]
        acts += [self.ended_session]
        weights = [6, 1, 1, 20, 10, 20, 1, 10, 10, 4, 6, 4, 6]
        with closing(self.http):
            while self.seen < count:
                self.random.choices(acts, weights)[0]()


@pytest.fixture(scope="module")
def talkative() -> Iterator[tuple[Upstream, int]]:
    with sandbox_account(10) as (account, port):
        upstream = Upstream(account, port, 10)
        with serving(Talkative(upstream)) as talking:
            yield upstream, talking


def exchanges(talkative: tuple[Upstream, int], folder: Path, count: int, seed: int) -> None:
    upstream, port = talkative
    limits = {"body_bytes": 2**20}
    with proxy(folder, port, limits=limits) as running:
        Exchanges(running, upstream, seed).run(count)
        assert "Traceback" not in "".join(running.said)


def test_no_exchange_gives_a_secret_away(talkative: tuple[Upstream, int], tmp_path: Path) -> None:
    exchanges(talkative, tmp_path, 500, 1)


@pytest.mark.soak
def test_no_exchange_gives_a_secret_away_soak(talkative: tuple[Upstream, int], tmp_path: Path) -> None:
    exchanges(talkative, tmp_path, 10_000, 2)

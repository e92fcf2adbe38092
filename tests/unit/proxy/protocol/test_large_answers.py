"""Answers that are handed on as they come in, and what happens when they do not come to their end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.unit.proxy.fakes import SESSION_TOKEN, Chunks, Proxy, proxy, signed
from theia_sf.proxy.audit.events import Kind
from theia_sf.proxy.protocol.app import create_app
from theia_sf.proxy.upstream.errors import NO_ANSWER, AccountUnavailableError

pytestmark = pytest.mark.anyio
QUERY = "/queries/v1/query-request"
HEAD = b'{"data":{"rowtype":[],"rowset":['
TAIL = (
    b'],"total":77,"returned":77,"queryId":"01b-9","finalDatabaseName":"D9"},"code":null,"message":null,"success":true}'
)
ROW = b'["' + b"x" * 65_000 + b'"]'


class Client:
    """Sends a statement, and keeps what comes, piece by piece; may leave after a number of pieces."""

    def __init__(self, made: Proxy, token: str, leave_after: int | None = None) -> None:
        self.app = create_app(made.services)
        self.headers = [(name.encode(), value.encode()) for name, value in signed(token).items()]
        self.pieces: list[bytes] = []
        self.complete = False
        self.leave_after = leave_after
        self.gone = asyncio.Event()
        self._sent = False

    async def receive(self) -> dict[str, Any]:
        if not self._sent:
            self._sent = True
            return {"type": "http.request", "body": b'{"sqlText": "select 1"}', "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.body":
            self.pieces.append(message.get("body", b""))
            self.complete = not message.get("more_body", False)
            if self.leave_after is not None and len(self.pieces) >= self.leave_after:
                self.gone.set()
        await asyncio.sleep(0)

    async def query(self) -> bytes:
        scope = {
            "type": "http",
            "method": "POST",
            "path": QUERY,
            "raw_path": QUERY.encode(),
            "query_string": b"requestId=r1",
            "headers": self.headers,
            "client": ("127.0.0.1", 1),
            "http_version": "1.1",
        }
        await self.app(scope, self.receive, self.send)
        return b"".join(self.pieces)


def answering(made: Proxy, stream: httpx.AsyncByteStream, **headers: str) -> None:
    made.account.answers[QUERY] = lambda _: httpx.Response(200, stream=stream, headers=headers)


async def test_a_large_answer_is_never_held_as_a_whole() -> None:
    made = proxy()
    client = Client(made, await made.token())
    handed, most = 0, 0

    class Stream(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            nonlocal handed, most
            for piece in (HEAD, *(ROW + b"," for _ in range(199)), ROW, TAIL):
                handed += len(piece)
                most = max(most, handed - sum(map(len, client.pieces)))
                yield piece

    answering(made, Stream())
    whole = await client.query()
    assert client.complete
    assert len(json.loads(whole)["data"]["rowset"]) == 200
    assert handed > 12_000_000
    assert most < 700_000
    finished = made.audit.of(Kind.STATEMENT_FINISHED)[0]
    assert (finished["outcome"], finished["rows"], finished["queryId"]) == ("success", 77, "01b-9")
    assert (await made.store.all())[0].database == "D9"
    assert "01b-9" in made.store.owners


async def test_the_end_is_handed_out_only_when_it_is_recorded() -> None:
    made = proxy()
    client = Client(made, await made.token())
    made.audit.full = {Kind.STATEMENT_FINISHED}
    answering(made, Chunks(HEAD, *[ROW + b","] * 20, ROW, TAIL))
    whole = await client.query()
    assert not client.complete
    assert b'"success"' not in whole
    with pytest.raises(ValueError, match="Unterminated"):
        json.loads(whole)


async def test_an_answer_that_breaks_off_breaks_off_for_the_client_too() -> None:
    made = proxy()
    client = Client(made, await made.token())
    answering(made, Chunks(HEAD, *[ROW + b","] * 20, AccountUnavailableError(NO_ANSWER, "It broke off.")))
    await client.query()
    assert not client.complete
    assert made.audit.of(Kind.STATEMENT_FINISHED)[0]["outcome"] == "unknown"


async def test_a_client_that_leaves_ends_the_answer() -> None:
    made = proxy()
    client = Client(made, await made.token(), leave_after=2)
    seen: list[int] = []

    class Endless(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield HEAD
            while True:
                seen.append(1)
                yield ROW + b","

    answering(made, Endless())
    await asyncio.wait_for(client.query(), 10)
    assert len(seen) < 20
    assert made.audit.of(Kind.STATEMENT_FINISHED)[0]["outcome"] == "unknown"


async def test_secrets_are_taken_out_and_counted_wherever_the_pieces_end(monkeypatch: pytest.MonkeyPatch) -> None:
    made = proxy()
    client = Client(made, await made.token())
    counted: list[int] = []
    monkeypatch.setattr(made.services.observer, "scrubbed", lambda _, count: counted.append(count))
    half = len(SESSION_TOKEN) // 2
    secret = SESSION_TOKEN.encode()
    pieces = [ROW + b',["' + secret[:half], secret[half:] + b'"],'] * 12
    answering(made, Chunks(HEAD, *pieces, ROW, TAIL))
    whole = await client.query()
    assert secret not in whole
    assert whole.count(b'["***"]') == 12
    assert sum(counted) == 12
    assert json.loads(whole)["success"]


async def test_the_address_of_a_stage_at_the_end_is_not_streamed_either() -> None:
    """Of GET, the keys of many files come first."""
    made = proxy()
    client = Client(made, await made.token())
    stage = b'],"uploadInfo":null,"stageInfo":{"creds":"of the stage"},"success":true}}'
    answering(made, Chunks(b'{"data":{"encryptionMaterial":[', *[ROW + b","] * 10, ROW, stage))
    assert b"of the stage" not in await client.query()
    assert not client.complete
    (finished,) = made.audit.of(Kind.STATEMENT_FINISHED)
    assert (finished["outcome"], finished["code"]) == ("failure", "003001")


async def test_a_failure_of_the_proxy_breaks_an_answer_off(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made = proxy()
    client = Client(made, await made.token())

    async def broken(_: object) -> bool:
        raise ZeroDivisionError

    monkeypatch.setattr(made.store, "replace", broken)
    answering(made, Chunks(HEAD, *[ROW + b","] * 10, ROW, TAIL))
    await client.query()
    assert not client.complete
    assert "ZeroDivisionError" in caplog.text


async def test_the_address_of_a_stage_is_not_streamed() -> None:
    made = proxy()
    client = Client(made, await made.token())
    answering(made, Chunks(b'{"data":{"stageInfo":{"creds":"c"},"x":[', *[ROW + b","] * 10, ROW, TAIL))
    assert json.loads(await client.query())["code"] == "003001"

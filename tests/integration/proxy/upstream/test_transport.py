"""HTTP to an account that hangs, resets, compresses, lies about its certificate."""

from __future__ import annotations

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from theia_sf.proxy.client.ca import issue, new_authority
from theia_sf.proxy.config.upstreams import Upstream
from theia_sf.proxy.upstream.client import AccountClient, Answer
from theia_sf.proxy.upstream.errors import NO_ANSWER, UNREACHABLE, WRONG_ANSWER, AccountUnavailableError
from theia_sf.proxy.upstream.transport import HttpTransport

pytestmark = pytest.mark.anyio
QUERY = "/queries/v1/query-request?requestId=r"
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def response(body: bytes, *headers: str, length: int | None = None) -> bytes:
    lines = ["HTTP/1.1 200 OK", f"content-length: {len(body) if length is None else length}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


@asynccontextmanager
async def account(
    serve: Serve, context: ssl.SSLContext | None = None, **limits: float
) -> AsyncIterator[tuple[AccountClient, list[bytes]]]:
    """A server that reads a head and then does as told, and a client of it."""
    heads: list[bytes] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                heads.append(await reader.readuntil(b"\r\n\r\n"))
                await serve(reader, writer)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    settings = Upstream.model_validate(
        {"identities": {"r": {}}, "answer_timeout": 0.5, "connect_timeout": 0.5, **limits}
    )
    scheme = "http" if context is None else "https"
    client = AccountClient("production", HttpTransport("production", settings, f"{scheme}://127.0.0.1:{port}"))
    try:
        yield client, heads
    finally:
        await client.close()
        server.close()
        await asyncio.sleep(0.01)


async def refused(client: AccountClient, url: str = "/x") -> AccountUnavailableError:
    with pytest.raises(AccountUnavailableError) as caught:
        await client.ask("POST", url, [])
    return caught.value


async def read(answer: Answer) -> bytes:
    rest = answer.rest
    return answer.head + (b"".join([chunk async for chunk in rest]) if rest is not None else b"")


async def test_a_connection_is_used_again_and_the_request_is_as_told() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(2)
        writer.write(response(b"{}", "x-seen: 1", "set-cookie: a=b"))

    async with account(serve) as (client, heads):
        for _ in range(3):
            answer = await client.ask("POST", "/a%2Fb?x=a+b%20c&y=<é>", [(b"x-mine", b"1")], b"{}")
            assert (answer.head, answer.whole) == (b"{}", True)
            assert (b"x-seen", b"1") in answer.headers
    assert heads[0] == heads[2]
    lines = heads[0].split(b"\r\n")
    assert lines[0] == b"POST /a%2Fb?x=a+b%20c&y=%3C%C3%A9%3E HTTP/1.1"
    names = {line.split(b":")[0].lower() for line in lines[1:] if line}
    assert names == {b"host", b"x-mine", b"accept-encoding", b"content-length"}


@pytest.mark.parametrize("size", [10, 2_000_000])
async def test_a_compressed_answer_is_plain_here(size: int) -> None:
    body = b'{"x":"' + b"y" * size + b'"}'

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(response(gzip.compress(body), "content-encoding: gzip"))

    async with account(serve) as (client, _):
        answer = await client.ask("GET", "/x", [])
        assert answer.whole == (size < 1000)
        assert await read(answer) == body


async def test_an_account_that_hangs() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(2)

    async with account(serve) as (client, heads):
        error = await refused(client)
        assert (error.code, "did not answer in time" in error.message) == (NO_ANSWER, True)
        assert len(heads) == 1


async def test_an_account_that_resets_is_not_asked_again_but_for_polls() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async with account(serve) as (client, heads):
        error = await refused(client)
        assert (error.code, "broke off" in error.message) == (NO_ANSWER, True)
        assert len(heads) == 1
        with pytest.raises(AccountUnavailableError):
            await client.ask("GET", "/x", [], poll=True)
        assert len(heads) >= 4


async def test_an_answer_that_stops_half_way() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(response(b"x" * 400_000, length=900_000))
        await writer.drain()
        writer.close()

    async with account(serve) as (client, _):
        answer = await client.ask("GET", "/x", [])
        with pytest.raises(AccountUnavailableError, match="broke off"):
            await read(answer)
        await answer.close()


@pytest.mark.parametrize("head", ["content-encoding: gzip", "transfer-encoding: nonsense"])
async def test_an_answer_that_cannot_be_read(head: str) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(response(b"no gzip", head))

    async with account(serve) as (client, _):
        assert (await refused(client)).code == NO_ANSWER


async def test_nobody_listens() -> None:
    settings = Upstream.model_validate({"identities": {"r": {}}})
    nowhere = AccountClient("production", HttpTransport("production", settings, "http://127.0.0.1:1"))
    error = await refused(nowhere)
    assert (error.code, "gets no connection" in error.message) == (UNREACHABLE, True)
    await nowhere.close()


async def test_connections_that_are_all_in_use_are_not_an_account_that_is_out_of_reach() -> None:
    reached, going = asyncio.Semaphore(0), asyncio.Event()
    size = 8_000_000

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.release()
        await going.wait()
        writer.write(response(b"x" * size))

    async with account(serve, max_connections=2, answer_timeout=5) as (client, heads):
        first = [asyncio.create_task(client.ask("POST", QUERY, [])) for _ in range(2)]
        for _ in first:
            await asyncio.wait_for(reached.acquire(), 10)
        error = await refused(client, QUERY)
        assert (error.code, "All 2 connections" in error.message) == (UNREACHABLE, True)
        going.set()
        answers = [await one for one in first]
        assert "All 2 connections" in (await refused(client, QUERY)).message  # their answers are not read yet
        assert len(await read(answers[0])) == size
        await answers[1].close()
        await answers[1].close()
        assert len(await read(await client.ask("POST", QUERY, []))) == size
        assert client._transport._waiting._asked == 0
        assert len(heads) == 3


async def test_what_is_answered_at_once_waits_for_no_statement() -> None:
    reached, going = asyncio.Semaphore(0), asyncio.Event()
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if b"/queries/v1/abort-request" not in heads[-1]:
            reached.release()
            await going.wait()
        writer.write(response(b"{}"))

    async with account(serve, max_connections=1, answer_timeout=5) as (client, seen):
        heads = seen
        statement = asyncio.create_task(client.ask("POST", QUERY, []))
        await asyncio.wait_for(reached.acquire(), 10)
        assert (await client.ask("POST", "/queries/v1/abort-request?requestId=a", [])).head == b"{}"
        assert not statement.done()
        going.set()
        assert (await statement).head == b"{}"


async def test_a_redirect_is_not_followed() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n")

    async with account(serve) as (client, _):
        error = await refused(client)
        assert (error.code, "HTTP status 307" in error.message) == (WRONG_ANSWER, True)


async def test_a_certificate_of_an_authority_that_nobody_knows(tmp_path: Path) -> None:
    served = issue(new_authority(["127.0.0.1"]), ["127.0.0.1"])
    certificate, key = tmp_path / "certificate", tmp_path / "key"
    certificate.write_bytes(served.certificate)
    key.write_bytes(served.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(response(b"{}"))

    async with account(serve, context) as (client, heads):
        error = await refused(client)
        assert (error.code, "not one that the proxy trusts" in error.message) == (UNREACHABLE, True)
        assert heads == []


async def test_the_proxy_of_the_environment_is_asked_but_not_for_what_no_proxy_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(response(b"{}"))

    settings = Upstream.model_validate({"identities": {"r": {}}})
    async with account(serve) as (near, heads):
        port = near._transport._base_url.rpartition(":")[2]
        monkeypatch.setenv("http_proxy", f"http://ann:s3cret@127.0.0.1:{port}")
        monkeypatch.setenv("no_proxy", ".internal,127.0.0.1")
        far = AccountClient("production", HttpTransport("production", settings, "http://account.example:80"))
        assert await read(await far.ask("GET", "/x", [])) == b"{}"
        await far.close()
        assert heads[0].startswith(b"GET http://account.example/x HTTP/1.1\r\n")
        assert b"proxy-authorization: basic yw5uonmzy3jlda==" in heads[0].lower()
        past = AccountClient("production", HttpTransport("production", settings, f"http://127.0.0.1:{port}"))
        assert await read(await past.ask("GET", "/x", [])) == b"{}"
        await past.close()
        assert heads[1].startswith(b"GET /x HTTP/1.1\r\n")

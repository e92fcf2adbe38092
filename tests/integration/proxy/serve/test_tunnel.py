"""HTTP CONNECT, by hand and by a real HTTP client."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import httpx
import pytest

from tests.integration.proxy.serve.certificates import Authority
from tests.integration.proxy.serve.conftest import QUIET, Served, ended, served, trusting, until
from theia_sf.proxy.config.listen import Tls

HOST = "acc.snowflakecomputing.com"


@pytest.fixture(scope="module")
def front(authority: Authority) -> Iterator[Served]:
    certificate, key = authority.server("front", HOST)
    with served(Tls(certificate=certificate, key=key), hosts=(HOST,)) as running:
        yield running


def asked(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(request)
        return connection.recv(2000)


def test_a_client_behind_https_proxy_reaches_the_proxy_under_the_name_of_the_account(
    front: Served, authority: Authority
) -> None:
    with httpx.Client(proxy=f"http://127.0.0.1:{front.connect_port}", verify=trusting(authority)) as client:
        answers = [client.get(f"https://{HOST}/").json() for _ in range(3)]
        assert front.gate.count == 1
    assert [answer["scheme"] for answer in answers] == ["https"] * 3
    assert {answer["address"] for answer in answers} == {"127.0.0.1"}


def test_nobody_gets_anywhere_else(front: Served, authority: Authority) -> None:
    through = f"http://127.0.0.1:{front.connect_port}"
    with httpx.Client(proxy=through, verify=trusting(authority)) as client, pytest.raises(httpx.ProxyError) as told:
        client.get("https://example.com/")
    assert "403" in str(told.value)
    until(lambda: front.count("connections_ended_total", reason="tunnel") >= 1)


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (b"CONNECT ACC.snowflakecomputing.com.:443 HTTP/1.1\r\nproxy-authorization: Basic eDp5\r\n\r\n", 200),
        (b"CONNECT acc.snowflakecomputing.com:443 HTTP/1.0\r\n\r\n", 200),
        (b"CONNECT evil.com:443 HTTP/1.1\r\nhost: acc.snowflakecomputing.com\r\n\r\n", 403),
        (b"CONNECT acc.snowflakecomputing.com.evil.com:443 HTTP/1.1\r\n\r\n", 403),
        (b"CONNECT [::1]:443 HTTP/1.1\r\n\r\n", 403),
        (b"CONNECT 169.254.169.254:80 HTTP/1.1\r\n\r\n", 403),
        (b"GET http://acc.snowflakecomputing.com/ HTTP/1.1\r\n\r\n", 405),
        (b"CONNECT acc.snowflakecomputing.com HTTP/1.1\r\n\r\n", 405),
        (b"CONNECT acc.snowflakecomputing.com:443 HTTP/1.1\r\n\r\n\x16\x03\x01", 400),
        (b"CONNECT acc.snowflakecomputing.com:443 HTTP/1.1\r\nx: " + b"a" * 9000, 431),
        (b"\x16\x03\x01\x00\x00\r\n\r\n", 405),
    ],
)
def test_what_is_asked_for(front: Served, request_head: bytes, status: int) -> None:
    assert asked(front.connect_port, request_head).split(b" ")[1] == str(status).encode()


def test_a_client_that_asks_for_nothing_is_hung_up_on(tls: Tls) -> None:
    hasty = QUIET.model_copy(update={"header_timeout": 0.3})
    with (
        served(tls, hasty, (HOST,)) as running,
        socket.create_connection(("127.0.0.1", running.connect_port)) as connection,
    ):
        connection.sendall(b"CONNECT ")
        assert ended(connection)
        until(lambda: running.count("connections_ended_total", reason="tunnel") == 1)

"""Clients that are slow, many, or send too much; and those beside them that go on as ever."""

from __future__ import annotations

import contextlib
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.integration.proxy.serve.certificates import Authority
from tests.integration.proxy.serve.conftest import ended, served, trusting, until
from theia_sf.proxy.config.limits import Limits
from theia_sf.proxy.config.listen import Tls

HASTY = Limits(header_timeout=0.5, body_timeout=0.5, idle_timeout=1, drain_timeout=2, body_bytes=100_000)


def connected(port: int, source: str = "127.0.0.1") -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=5, source_address=(source, 0))


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"", "header_timeout"),
        (b"GET / HTTP/1.1\r\nhost: x\r\n", "header_timeout"),
        (b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc", "body_timeout"),
        (b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n", "body_timeout"),
    ],
)
def test_whoever_stops_in_the_middle_is_hung_up_on(sent: bytes, reason: str) -> None:
    with served(limits=HASTY) as running, connected(running.port) as connection:
        connection.sendall(sent)
        assert ended(connection)
        until(lambda: running.gate.count == 0)
        until(lambda: running.count("connections_ended_total", reason=reason) == 1)


def test_a_head_that_comes_byte_by_byte_has_no_more_time_than_another() -> None:
    with served(limits=HASTY) as running, connected(running.port) as connection:
        began = time.monotonic()
        with contextlib.suppress(ConnectionError):
            for byte in b"GET / HTTP/1.1\r\nx-slow: " + b"a" * 100:
                connection.sendall(bytes([byte]))
                time.sleep(0.02)
        assert ended(connection)
        assert time.monotonic() - began < 2.5


def test_tls_that_does_not_begin_is_given_up(tls: Tls) -> None:
    with served(tls, HASTY) as running, connected(running.port) as connection:
        assert ended(connection)
        until(lambda: running.gate.count == 0)


def test_a_client_that_does_not_read_is_hung_up_on() -> None:
    with served(limits=HASTY) as running, connected(running.port) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(b"GET /large HTTP/1.1\r\nhost: x\r\n\r\n")
        until(lambda: running.count("connections_ended_total", reason="write_timeout") == 1)
        until(lambda: running.gate.count == 0)


def test_a_head_without_end_is_refused() -> None:
    with served() as running, connected(running.port) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(b"GET / HTTP/1.1\r\n" + b"x-long: " + b"a" * 200_000)
        answer = b""
        with contextlib.suppress(ConnectionError):
            answer = connection.recv(100)
        assert answer.startswith(b"HTTP/1.1 431") or answer == b""
        until(lambda: running.count("connections_ended_total", reason="head_bytes") >= 1)


@pytest.mark.parametrize("end", [b"", b"\r\n"], ids=["half", "whole"])
def test_a_head_of_too_many_fields_is_refused(end: bytes) -> None:
    with served() as running, connected(running.port) as connection:
        connection.sendall(b"GET /slow HTTP/1.1\r\n" + b"a:\r\n" * 250 + end)
        assert ended(connection, seconds=0.5)
        assert running.count("connections_ended_total", reason="head_bytes") == 1


CHUNKED = b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("without_end", [b"0\r\nx-trailer: ", b"0\r\n" + b"x: y\r\n" * 10, b"1;extension="])
def test_what_stands_beside_a_body_is_no_way_to_send_more(without_end: bytes) -> None:
    with served() as running, connected(running.port) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(CHUNKED + b"3\r\nabc\r\n" + without_end)
            for _ in range(100):
                connection.sendall(b"x" * 4096 if without_end.endswith((b" ", b"=")) else b"x: y\r\n" * 700)
        assert ended(connection, seconds=2)
        until(lambda: running.count("connections_ended_total", reason="head_bytes") == 1)


def test_a_body_in_the_smallest_chunks_is_taken() -> None:
    with served() as running, connected(running.port) as connection:
        connection.sendall(CHUNKED + b"1\r\na\r\n" * 50_000 + b"0\r\nx-checksum: 1\r\n\r\n")
        assert b'"bytes": 50000' in connection.recv(1000)


def test_requests_may_be_sent_ahead_but_not_heaped_up() -> None:
    with served() as running, connected(running.port) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n" * 10)
        answers = b""
        while answers.count(b"200 OK") < 10:
            answers += connection.recv(65536)
        connection.sendall(b"GET /slow HTTP/1.1\r\n\r\n" * 5_000)
        assert ended(connection, seconds=2)
        assert running.count("connections_ended_total", reason="pipelined") == 1
        until(lambda: running.gate.count == 0)


def test_a_body_that_is_too_large_is_refused_as_drivers_read_it() -> None:
    with served(limits=HASTY) as running, httpx.Client(base_url=f"http://127.0.0.1:{running.port}") as client:
        refused = client.post("/", content=b"a" * 100_001)
        assert (refused.status_code, refused.json()["success"]) == (200, False)
        assert refused.json()["message"] == "The request is not valid: its body has more than 100000 bytes."
        assert client.post("/", content=b"a" * 100_000).json()["bytes"] == 100_000
        assert running.gate.count == 1  # one connection served both


def test_an_idle_connection_is_closed() -> None:
    with served(limits=HASTY) as running, connected(running.port) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        assert b"200 OK" in connection.recv(1000)
        assert ended(connection, seconds=4)
        assert running.count("connections_ended_total", reason="idle_timeout") == 1


def test_an_answer_may_take_longer_than_a_client() -> None:
    with served(limits=HASTY) as running:
        assert httpx.get(f"http://127.0.0.1:{running.port}/slow").status_code == 200


def test_a_busy_address_has_no_more_than_its_places() -> None:
    limits = HASTY.model_copy(update={"connections_per_address": 3})
    with served(limits=limits) as running, contextlib.ExitStack() as stack:
        busy = [stack.enter_context(connected(running.port)) for _ in range(3)]
        for connection in busy:
            connection.sendall(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n")
        time.sleep(0.2)
        assert ended(stack.enter_context(connected(running.port)), seconds=0.5)
        other = stack.enter_context(connected(running.port, "127.0.0.2"))
        other.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        assert b"200 OK" in other.recv(1000)
        assert all(b"200 OK" in connection.recv(1000) for connection in busy)
        until(lambda: running.count("connections_ended_total", reason="refused") == 1)


def test_half_open_connections_make_room_at_once() -> None:
    limits = Limits(connections=20, connections_per_address=20, header_timeout=30)
    with served(limits=limits) as running, contextlib.ExitStack() as stack:
        for number in range(100):
            stack.enter_context(connected(running.port, f"127.0.0.{number % 5 + 2}"))
        answer = httpx.get(f"http://127.0.0.1:{running.port}/")
        assert answer.status_code == 200
        assert running.gate.count <= 20


def test_tls_that_does_not_begin_makes_room_at_once(tls: Tls) -> None:
    """Their sockets, too: each is one of the files that the system allows."""
    limits = Limits(connections=20, connections_per_address=20, header_timeout=30)
    with served(tls, limits) as running, contextlib.ExitStack() as stack:
        held = [stack.enter_context(connected(running.port)) for _ in range(60)]
        until(lambda: running.count("connections_ended_total", reason="replaced") == 40)
        assert all(ended(connection, seconds=2) for connection in held[:40])
        assert running.gate.count == 20


HALF_OPEN = """
import resource, socket, sys
port, count, addresses = map(int, sys.argv[1:])
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
held = []
for number in range(count):
    connection = socket.socket()
    connection.settimeout(10)
    connection.bind((f"127.0.1.{number % addresses + 1}", 0))
    connection.connect(("127.0.0.1", port))
    if number % 2:
        connection.send(b"\\x16\\x03\\x01")
    held.append(connection)
print("held", flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def half_open(port: int, count: int, addresses: int) -> Iterator[None]:
    """Connections on which nothing follows the first bytes of TLS; another process holds these many files."""
    command = [sys.executable, "-c", HALF_OPEN, str(port), str(count), str(addresses)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield


@pytest.mark.parametrize(
    ("count", "limits"),
    [
        (1_000, Limits(connections=400, connections_per_address=50, header_timeout=30)),
        pytest.param(
            10_000, Limits(connections=4_000, connections_per_address=300, header_timeout=30), marks=pytest.mark.soak
        ),
        pytest.param(10_000, Limits(header_timeout=60), marks=pytest.mark.soak),
    ],
)
def test_half_open_connections_keep_nobody_out(tls: Tls, authority: Authority, count: int, limits: Limits) -> None:
    with unlimited_files(limits.connections), served(tls, limits) as running, half_open(running.port, count, 20):
        times = list[float]()
        context = trusting(authority)
        for _ in range(20):
            began = time.monotonic()
            assert httpx.get(f"https://127.0.0.1:{running.port}/", verify=context).status_code == 200
            times.append(time.monotonic() - began)
        assert running.gate.count <= limits.connections
        assert running.gate.count > 300  # they were there all the time
        assert sorted(times)[10] < 1


def test_connections_that_end_leave_nothing_behind(tls: Tls, authority: Authority) -> None:
    with served(tls, HASTY) as running:
        context = trusting(authority)
        assert httpx.get(f"https://127.0.0.1:{running.port}/", verify=context).status_code == 200
        until(lambda: running.gate.count == 0)
        before = len(list(Path("/proc/self/fd").iterdir()))
        for sent in (b"", b"\x16\x03\x01", b"no TLS at all\r\n\r\n"):
            for _ in range(10):
                with connected(running.port) as connection:
                    connection.sendall(sent)
        with connected(running.port) as connection:  # and one that is given up by the server
            assert ended(connection)
        until(lambda: running.gate.count == 0)
        until(lambda: len(list(Path("/proc/self/fd").iterdir())) <= before)


@contextlib.contextmanager
def unlimited_files(needed: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < needed + 1_000:
        pytest.skip(f"the system allows this process {hard} open files, not {needed + 1_000}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

"""Sockets to listen on, and the system's limit of open files."""

from __future__ import annotations

import resource
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from theia_sf.errors import UsageError
from theia_sf.proxy.serve.certificate import plain_address
from theia_sf.proxy.serve.sockets import RESERVED_FILES, listen, most_connections, port_of


@pytest.fixture
def files() -> Iterator[tuple[int, int]]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield soft, hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_port_that_is_taken_is_told() -> None:
    with closing(listen("127.0.0.1", 0, "listen")[0]) as taken:
        port = port_of([taken])
        with pytest.raises(UsageError) as told:
            listen("127.0.0.1", port, "health")
    assert told.value.message == f"The proxy cannot listen on 127.0.0.1:{port}: Address already in use."
    assert told.value.hint == "Check `health`, and whether another program listens there."


@pytest.mark.parametrize("host", ["203.0.113.1", "no-such-host.invalid", "a..b", "x" * 64])
def test_a_host_that_is_not_here_is_told(host: str) -> None:
    with pytest.raises(UsageError, match=host):
        listen(host, 0, "listen")


def test_all_addresses_of_a_host_have_the_same_port() -> None:
    sockets = listen("localhost", 0, "listen")
    assert len({one.getsockname()[1] for one in sockets}) == 1
    with socket.create_connection(("127.0.0.1", port_of(sockets)), timeout=2):
        pass
    for one in sockets:
        one.close()


@pytest.mark.skipif(not Path("/proc/net/if_inet6").exists(), reason="this machine has no IPv6")
def test_all_addresses_are_those_of_ipv4_too() -> None:
    with (
        closing(listen("::", 0, "listen")[0]) as listening,
        socket.create_connection(("127.0.0.1", port_of([listening])), timeout=2) as client,
    ):
        listening.setblocking(True)
        accepted, address = listening.accept()
        accepted.close()
        assert plain_address(address[0]) == "127.0.0.1" == client.getsockname()[0]


def test_the_limit_of_open_files_is_raised(files: tuple[int, int]) -> None:
    _, hard = files
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    assert most_connections(500) == 500
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 500 + RESERVED_FILES


def test_a_limit_that_the_system_does_not_let_be_raised_is_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As macOS does, which calls the hard limit infinite, and has another one."""

    def refuse(*_: object) -> None:
        message = "current limit exceeds maximum limit"
        raise ValueError(message)

    monkeypatch.setattr(resource, "getrlimit", lambda _: (1_000, resource.RLIM_INFINITY))
    monkeypatch.setattr(resource, "setrlimit", refuse)
    assert most_connections(5_000) == 1_000 - RESERVED_FILES
    assert "allows this process 1000 open files" in caplog.text


def test_where_there_is_no_limit_none_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    monkeypatch.setattr(resource, "setrlimit", lambda *_: pytest.fail("the limit was changed"))
    assert most_connections(5_000) == 5_000


def test_fewer_connections_than_configured_are_told(files: tuple[int, int], caplog: pytest.LogCaptureFixture) -> None:
    _, hard = files
    assert most_connections(hard) == hard - RESERVED_FILES
    told = (
        f"The proxy takes {hard - RESERVED_FILES} connections, not {hard}: the system allows this process {hard} open"
    )
    assert told in caplog.text

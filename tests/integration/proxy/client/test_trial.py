"""The first sign-in to a proxy, and why it does not come about."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.proxy.serve.certificates import Authority
from tests.integration.proxy.serve.conftest import served
from theia_sf.errors import ConnectionFailedError
from theia_sf.proxy.client.target import Target
from theia_sf.proxy.client.trial import sign_in
from theia_sf.proxy.config.listen import Tls
from theia_sf.secret import Secret


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)


def target(port: int, ca_file: Path | None) -> Target:
    return Target("https", "127.0.0.1", port, user="alice", ca_file=ca_file, token=Secret("theia_of_nobody"))


@contextlib.contextmanager
def plain() -> Iterator[int]:
    """A port for plain HTTP, such as that for probes."""

    def answer() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection:
                    connection.recv(1000)
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()


def test_a_port_that_speaks_no_tls_is_told(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with plain() as port, pytest.raises(ConnectionFailedError) as told:
        sign_in(target(port, authority.path))
    said = f"What listens at https://127.0.0.1:{port} does not speak TLS as the proxy does: wrong version number."
    assert (told.value.message, told.value.hint) == (said, "Check the port: it must be that for clients.")


def test_another_authority_is_told(tmp_path: Path) -> None:
    ours, theirs = Authority(tmp_path, "ours"), Authority(tmp_path, "theirs")
    certificate, key = theirs.server()
    with served(Tls(certificate=certificate, key=key)) as running, pytest.raises(ConnectionFailedError) as told:
        sign_in(target(running.port, ours.path))
    assert told.value.message.startswith(f"The certificate of https://127.0.0.1:{running.port} is not trusted: ")
    assert "--ca-file" in str(told.value.hint)


def test_nobody_who_listens_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ConnectionFailedError, match=rf"not reached at https://127\.0\.0\.1:{port}: Connection refused"):
        sign_in(target(port, None))

"""TLS as clients meet it: versions, names, client certificates, a certificate that changes while they are at work."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.integration.proxy.serve.certificates import Authority
from tests.integration.proxy.serve.conftest import served, trusting, until
from theia_sf.errors import UsageError
from theia_sf.proxy.config.listen import CertificateFiles, Tls
from theia_sf.proxy.serve.certificate import read_certificate
from theia_sf.proxy.serve.tls import Certificates


def presented(port: int, authority: Authority, host: str) -> x509.Certificate:
    with (
        socket.create_connection(("127.0.0.1", port), timeout=5) as plain,
        trusting(authority).wrap_socket(plain, server_hostname=host) as connection,
    ):
        der = connection.getpeercert(binary_form=True)
        assert der is not None
        return x509.load_der_x509_certificate(der)


@pytest.mark.parametrize(("option", "taken"), [("-tls1", False), ("-tls1_1", False), ("-tls1_2", True)])
def test_old_versions_are_refused(tls: Tls, option: str, taken: bool) -> None:
    with served(tls) as running:
        command = ["openssl", "s_client", "-connect", f"127.0.0.1:{running.port}", option, "-cipher", "ALL:@SECLEVEL=0"]
        tried = subprocess.run(command, input="", capture_output=True, text=True, timeout=20, check=False)
    assert (tried.returncode == 0) is taken
    assert ("Cipher is (NONE)" in tried.stdout) is not taken


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_new_versions_are_taken(tls: Tls, authority: Authority, version: ssl.TLSVersion) -> None:
    context = trusting(authority)
    context.minimum_version = context.maximum_version = version
    with served(tls) as running:
        assert httpx.get(f"https://127.0.0.1:{running.port}/", verify=context).json()["scheme"] == "https"


def test_a_cipher_without_forward_secrecy_is_refused(tls: Tls, authority: Authority) -> None:
    context = trusting(authority)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AES128-GCM-SHA256:ECDHE-ECDSA-AES128-SHA")
    with served(tls) as running, pytest.raises(httpx.ConnectError):
        httpx.get(f"https://127.0.0.1:{running.port}/", verify=context)


def test_the_certificate_is_that_of_the_name(tls: Tls, authority: Authority) -> None:
    certificate, key = authority.issue("wild", "wild", x509.DNSName("*.eu.snowflakecomputing.com"))
    both = tls.model_copy(update={"others": (CertificateFiles(certificate=certificate, key=key),)})
    with served(both) as running:
        names = {
            host: presented(running.port, authority, host).subject.rfc4514_string()
            for host in ("acc.snowflakecomputing.com", "other.eu.snowflakecomputing.com", "127.0.0.1")
        }
    assert names == {
        "acc.snowflakecomputing.com": "CN=server",
        "other.eu.snowflakecomputing.com": "CN=wild",
        "127.0.0.1": "CN=server",
    }


def test_names_of_a_client_certificate_reach_the_application(tls: Tls, authority: Authority) -> None:
    spiffe = x509.UniformResourceIdentifier("spiffe://cluster/ns/grafana")
    client = authority.issue("ann", "ann", x509.DNSName("ann.example.com"), spiffe, client=True)
    with served(tls.model_copy(update={"client_ca": authority.path})) as running:
        url = f"https://127.0.0.1:{running.port}/"
        known = httpx.get(url, verify=trusting(authority, *client)).json()
        unknown = httpx.get(url, verify=trusting(authority)).json()
    assert known["names"] == ["ann", "ann.example.com", "spiffe://cluster/ns/grafana"]
    assert unknown["names"] == []


def test_a_client_certificate_of_another_ca_is_refused(tls: Tls, authority: Authority, tmp_path: Path) -> None:
    stranger = Authority(tmp_path, "stranger").issue("ann", "ann", client=True)
    with served(tls.model_copy(update={"client_ca": authority.path})) as running:
        with pytest.raises(httpx.TransportError):
            httpx.get(f"https://127.0.0.1:{running.port}/", verify=trusting(authority, *stranger))
        until(lambda: running.count("connections") == 0)  # the client hears of it first


def test_a_client_certificate_can_be_required(tls: Tls, authority: Authority) -> None:
    required = tls.model_copy(update={"client_ca": authority.path, "client_certificate_required": True})
    client = authority.issue("bob", "bob", client=True)
    with served(required) as running:
        url = f"https://127.0.0.1:{running.port}/"
        assert httpx.get(url, verify=trusting(authority, *client)).json()["names"] == ["bob"]
        with pytest.raises(httpx.TransportError):
            httpx.get(url, verify=trusting(authority))


def test_a_new_certificate_is_served_while_requests_go_on(tls: Tls, authority: Authority) -> None:
    stop, failures, answered = threading.Event(), list[Exception](), list[int]()

    def ask(url: str, keep: bool) -> None:
        with httpx.Client(verify=trusting(authority)) as client:
            while not stop.is_set():
                try:
                    answered.append(client.get(url, headers={} if keep else {"connection": "close"}).status_code)
                except Exception as error:
                    failures.append(error)
                    return

    with served(tls) as running:
        url = f"https://127.0.0.1:{running.port}/"
        certificates = running.certificates
        assert certificates is not None
        threads = [threading.Thread(target=ask, args=(url, keep)) for keep in (True, False)]
        for thread in threads:
            thread.start()
        old = presented(running.port, authority, "127.0.0.1").serial_number
        serials = set[int]()
        for _ in range(5):
            authority.server("server", "acc.snowflakecomputing.com")
            assert certificates.refresh()
            serials.add(presented(running.port, authority, "127.0.0.1").serial_number)
        stop.set()
        for thread in threads:
            thread.join()
        assert running.count("certificate_reloads_total", outcome="success") == 5
    assert not failures
    assert len(answered) > 10
    assert len(serials) == 5
    assert old not in serials


def test_a_certificate_without_its_key_changes_nothing(
    tls: Tls, authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    certificates = Certificates(tls)
    before = certificates.context
    key = tls.key.read_bytes()
    authority.server("server")
    new_key = tls.key.read_bytes()
    tls.key.write_bytes(key)
    assert not certificates.refresh()
    assert certificates.context is before
    assert "The certificate stays as it is: The private key" in caplog.text
    tls.key.write_bytes(new_key)
    assert certificates.refresh()


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda t: t.key.chmod(0o644), "Others than the proxy's user can read or change the private key"),
        (lambda t: t.key.write_text("no key"), "is not that of the certificate"),
        (lambda t: t.certificate.write_text("no certificate"), "does not begin with a certificate"),
        (lambda t: t.certificate.unlink(), "cannot be read: No such file or directory"),
        (lambda t: t.key.unlink(), "There is no private key"),
    ],
)
def test_what_is_wrong_with_the_files(tls: Tls, damage: object, sentence: str) -> None:
    assert callable(damage)
    damage(tls)
    with pytest.raises(UsageError) as raised:
        Certificates(tls)
    assert sentence in raised.value.message
    tls.key.unlink(missing_ok=True)


@pytest.mark.parametrize(
    "der", [b"\x30\x02\xa3\x00", b"\x30\x03\x82\x01\xff", b"no DER"], ids=["x400", "not ASCII", "none"]
)
def test_a_certificate_whose_names_cannot_be_read_is_told(authority: Authority, tmp_path: Path, der: bytes) -> None:
    names = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.17"), der)
    now = datetime.now(UTC)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "odd")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 7, now, now + timedelta(days=1))
        .add_extension(names, False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "odd.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    with pytest.raises(UsageError, match="does not begin with a certificate that has subject alternative names"):
        read_certificate(path)


def test_changed_files_are_noticed(tls: Tls, authority: Authority) -> None:
    certificates = Certificates(tls)
    before = certificates.context

    async def watched() -> None:
        watching = asyncio.create_task(certificates.watch(every=0.02))
        await asyncio.sleep(0.1)
        assert certificates.context is before
        authority.server("server", "acc.snowflakecomputing.com")
        async with asyncio.timeout(5):
            while certificates.context is before:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.02)
        watching.cancel()

    asyncio.run(watched())

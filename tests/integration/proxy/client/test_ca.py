"""The local authority, by the eyes of OpenSSL at its strictest."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from theia_sf.errors import UsageError
from theia_sf.proxy.client.ca import SERVER_DAYS, Issued, issue, new_authority, permitted_names

NAMES = ("proxy.example.com", "localhost", "127.0.0.1", "::1")


@pytest.fixture(scope="module")
def authority() -> Issued:
    return new_authority(NAMES)


def handshake(tmp_path, authority: Issued, server: Issued, name: str) -> None:
    """A TLS handshake in memory, with every check of a certificate that OpenSSL knows."""
    file = tmp_path / "server.pem"
    file.write_bytes(server.certificate + server.key)
    there = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    there.load_cert_chain(file)
    here = ssl.create_default_context(cadata=authority.certificate.decode())
    here.verify_flags |= ssl.VERIFY_X509_STRICT
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = here.wrap_bio(to_client, to_server, server_hostname=name)
    host = there.wrap_bio(to_server, to_client, server_side=True)
    waiting = [client, host]
    for _ in range(10):
        for end in list(waiting):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            waiting.remove(end)
        if not waiting:
            return
    raise AssertionError("the handshake does not end")


@pytest.mark.parametrize("name", NAMES)
def test_clients_trust_the_server_by_each_of_its_names(tmp_path, authority: Issued, name: str) -> None:
    handshake(tmp_path, authority, issue(authority, NAMES), name)


def test_a_renewed_certificate_is_trusted_too(tmp_path, authority: Issued) -> None:
    handshake(tmp_path, authority, issue(authority, ["db.proxy.example.com"]), "db.proxy.example.com")


def test_another_name_is_not_trusted(tmp_path, authority: Issued) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match=r"not valid for 'other\.example\.com'"):
        handshake(tmp_path, authority, issue(authority, NAMES), "other.example.com")


def test_a_stolen_key_signs_for_nobody_else(tmp_path, authority: Issued) -> None:
    """Whoever has the key may sign what they like: clients do not believe it."""
    signer = x509.load_pem_x509_certificate(authority.certificate)
    signing = serialization.load_pem_private_key(authority.key, None)
    assert isinstance(signing, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bank.example")]))
        .issuer_name(signer.subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("bank.example")]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False)
        .sign(signing, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        handshake(tmp_path, authority, Issued(made.public_bytes(serialization.Encoding.PEM), private), "bank.example")


def test_the_authority_tells_whom_it_signs_for(authority: Issued) -> None:
    assert permitted_names(authority.certificate) == list(NAMES)
    with pytest.raises(UsageError, match=r"does not sign for evil\.com: it was made for proxy\.example\.com"):
        issue(authority, ["evil.com"])


def test_a_server_certificate_lasts_as_long_as_clients_take_it_and_no_longer_than_the_authority() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    authority = new_authority(["localhost"], start)
    first = x509.load_pem_x509_certificate(issue(authority, ["localhost"], start).certificate)
    assert first.not_valid_after_utc == start + timedelta(days=SERVER_DAYS)
    late = start + timedelta(days=3640)
    last = x509.load_pem_x509_certificate(issue(authority, ["localhost"], late).certificate)
    assert last.not_valid_after_utc == start + timedelta(days=3650)
    hour = x509.load_pem_x509_certificate(
        issue(authority, ["localhost"], start + timedelta(days=3649, hours=23)).certificate
    )
    assert hour.not_valid_after_utc == start + timedelta(days=3650)
    with pytest.raises(UsageError, match="expired on 2035-12-30"):
        issue(authority, ["localhost"], start + timedelta(days=3651))


def test_keys_do_not_show_themselves(authority: Issued) -> None:
    assert "PRIVATE" not in repr(authority)


@pytest.mark.parametrize("name", ["", "a b", "-x.example", "x..y", "*.example.com", "1.2.3", "café.example", "a/b"])
def test_what_is_no_name_is_told(name: str) -> None:
    with pytest.raises(UsageError, match="neither a host name nor an IP address"):
        new_authority([name])


def test_files_that_do_not_belong_together_are_told(authority: Issued) -> None:
    other = new_authority(["localhost"])
    with pytest.raises(UsageError, match="not that of its certificate"):
        issue(Issued(authority.certificate, other.key), ["localhost"])
    with pytest.raises(UsageError, match="cannot be read"):
        issue(Issued(b"nothing", authority.key), ["localhost"])
    with pytest.raises(UsageError, match="none of an authority that"):
        permitted_names(issue(authority, ["localhost"]).certificate)

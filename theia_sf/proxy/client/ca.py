"""A local certificate authority: for a proxy whose users have no other to trust.

The authority signs for the names that it was made for and no others (name constraints), so that whoever steals its key
can pose as this proxy, and as nobody else. Certificates follow RFC 5280 as strictly as OpenSSL can be told to check
(X509_V_FLAG_X509_STRICT, which Python does from 3.13 on).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from theia_sf.errors import UsageError

AUTHORITY_DAYS: Final = 3650
SERVER_DAYS: Final = 397
"""The most that clients of all kinds take: https://support.apple.com/en-us/103214"""
_BACKDATED: Final = timedelta(hours=1)  # the clients' clocks may be behind
_NAME: Final = re.compile(
    r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*"
)
_LONGEST_TITLE: Final = 64  # of a common name: RFC 5280, ub-common-name


@dataclass(frozen=True)
class Issued:
    """A certificate and its private key, PEM."""

    certificate: bytes
    key: bytes = field(repr=False)


def new_authority(names: Sequence[str], now: datetime | None = None) -> Issued:
    """Make an authority that signs for these names alone.

    Args:
        names: host names and IP addresses.
        now: with a time zone; the present by default.

    Raises:
        UsageError: there is no name, or one is neither a host name nor an address.
    """
    subjects = _subjects(names)
    now = now or datetime.now(UTC)
    key = ec.generate_private_key(ec.SECP256R1())
    title = f"theia-sf proxy CA for {names[0]}"[:_LONGEST_TITLE]
    certificate = (
        _builder(title, title, key.public_key(), now, now + timedelta(days=AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(certificates=True), critical=True)
        .add_extension(x509.NameConstraints([_permitted(one) for one in subjects], None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return _pem(certificate, key)


def issue(authority: Issued, names: Sequence[str], now: datetime | None = None) -> Issued:
    """Make a server's certificate, signed by the authority.

    Raises:
        UsageError: a name is none that the authority signs for, or none at all; the authority's files are broken, do
            not belong together, or its time is over.
    """
    subjects = _subjects(names)
    now = now or datetime.now(UTC)
    signer, signing_key = _read(authority)
    _check_permitted(signer, subjects)
    end = signer.not_valid_after_utc
    if end <= now:
        message = f"The certificate authority has expired on {end:%Y-%m-%d}."
        raise UsageError(message, hint="Make another: `theia-sf proxy init` in a new folder.")
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = str(signer.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
    certificate = (
        _builder(names[0][:_LONGEST_TITLE], issuer, key.public_key(), now, min(end, now + timedelta(days=SERVER_DAYS)))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(subjects), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()), critical=False)
        .sign(signing_key, hashes.SHA256())
    )
    return _pem(certificate, key)


def permitted_names(certificate: bytes) -> list[str]:
    """Return the names that an authority signs for.

    Raises:
        UsageError: it is no certificate of such an authority.
    """
    try:
        found = x509.load_pem_x509_certificate(certificate)
        constraints = found.extensions.get_extension_for_class(x509.NameConstraints).value
    except (ValueError, x509.ExtensionNotFound) as error:
        message = "The certificate is none of an authority that `theia-sf proxy init` made."
        raise UsageError(message, hint="Have the authority that you use sign the new certificate.") from error
    return [_text(one) for one in constraints.permitted_subtrees or ()]


def _subjects(names: Sequence[str]) -> list[x509.GeneralName]:
    if not names:
        message = "A certificate needs a host name or an address."
        raise UsageError(message, hint="Name it by --hostname.")
    return [_subject(name) for name in dict.fromkeys(names)]


def _subject(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass
    lowered = name.lower()
    if not _NAME.fullmatch(lowered) or lowered.rpartition(".")[2].isdigit():
        message = f"{name!r} is neither a host name nor an IP address."
        raise UsageError(message, hint="Write it as clients do: proxy.example.com, or 192.0.2.10.")
    return x509.DNSName(lowered)


def _permitted(subject: x509.GeneralName) -> x509.GeneralName:
    if isinstance(subject, x509.IPAddress):
        return x509.IPAddress(ipaddress.ip_network(str(subject.value)))
    return subject


def _check_permitted(signer: x509.Certificate, subjects: Sequence[x509.GeneralName]) -> None:
    allowed = permitted_names(signer.public_bytes(serialization.Encoding.PEM))
    for subject in subjects:
        name = _text(subject)
        if name not in allowed and not any(name.endswith(f".{parent}") for parent in allowed):
            message = f"The certificate authority does not sign for {name}: it was made for {', '.join(allowed)}."
            raise UsageError(message, hint="Make another for all names: `theia-sf proxy init` in a new folder.")


def _text(name: x509.GeneralName) -> str:
    value = name.value
    if isinstance(value, (ipaddress.IPv4Network, ipaddress.IPv6Network)):
        return str(value.network_address)
    return str(value)


def _usage(*, certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificates,
        crl_sign=certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _builder(
    title: str, issuer: str, key: ec.EllipticCurvePublicKey, now: datetime, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, title)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(end)
    )


def _read(authority: Issued) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    try:
        certificate = x509.load_pem_x509_certificate(authority.certificate)
        key = serialization.load_pem_private_key(authority.key, None)
    except (ValueError, TypeError) as error:
        message = "The certificate authority's certificate or key cannot be read."
        raise UsageError(message, hint="They must be those that `theia-sf proxy init` wrote.") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        message = "The certificate authority's key is not that of its certificate."
        raise UsageError(message, hint="They must be those that `theia-sf proxy init` wrote.")
    return certificate, key


def _pem(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Issued:
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Issued(certificate.public_bytes(serialization.Encoding.PEM), private)

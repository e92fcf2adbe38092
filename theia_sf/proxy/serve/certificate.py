"""What is in a certificate: its end, and the names that it is valid for."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, cast

from cryptography import x509

from theia_sf.errors import UsageError

_BROKEN: Final = (
    ValueError,
    x509.DuplicateExtension,
    x509.ExtensionNotFound,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)


@dataclass(frozen=True)
class Certificate:
    """A server's certificate. `names` are host names, which may begin with `*.`, and IP addresses, in lower case."""

    names: tuple[str, ...]
    expires: datetime

    def covers(self, host: str) -> bool:
        """Tell whether it is valid for a host (RFC 9525, section 6.3: a `*` stands for one label)."""
        host = host.lower().rstrip(".")
        return any(
            name == host or (name.startswith("*.") and name[2:] == host.partition(".")[2]) for name in self.names
        )


def read_certificate(path: Path) -> Certificate:
    """Return the first certificate of a PEM file.

    Raises:
        UsageError: it cannot be read, or holds none.
    """
    try:
        first = x509.load_pem_x509_certificates(path.read_bytes())[0]
        return Certificate(tuple(_names(first)), first.not_valid_after_utc)
    except OSError as error:
        message = f"The certificate {path} cannot be read: {error.strerror}."
        raise UsageError(message, hint="`theia-sf proxy init` makes one.") from error
    except _BROKEN as error:
        message = f"The file {path} does not begin with a certificate that has subject alternative names."
        raise UsageError(
            message, hint="It must be a PEM file: the proxy's certificate, then those up to the CA."
        ) from error


def peer_names(certificate: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Return the common names and the subject alternative names of a client's certificate.

    Args:
        certificate: as `ssl.SSLObject.getpeercert` gives it, which it does only once the certificate was verified.
    """
    if not certificate:
        return ()
    names: dict[str, None] = {}
    for part in cast("Iterable[tuple[tuple[str, str], ...]]", certificate.get("subject", ())):
        names.update({value: None for key, value in part if key == "commonName"})
    for kind, value in cast("Iterable[tuple[str, Any]]", certificate.get("subjectAltName", ())):
        if isinstance(value, str) and kind in {"DNS", "email", "URI", "IP Address"}:
            names[value] = None
    return tuple(names)


def plain_address(address: str) -> str:
    """Return an IP address as the policy knows it: IPv4 is IPv4, however it came in."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    mapped = getattr(parsed, "ipv4_mapped", None)
    return str(mapped or parsed)


def _names(certificate: x509.Certificate) -> Iterable[str]:
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    yield from (name.lower() for name in names.get_values_for_type(x509.DNSName))
    yield from (str(address) for address in names.get_values_for_type(x509.IPAddress))

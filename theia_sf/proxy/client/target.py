"""The proxy as a client sees it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from theia_sf.errors import UsageError
from theia_sf.proxy.loopback import is_loopback
from theia_sf.secret import Secret

if TYPE_CHECKING:
    from theia_sf.proxy.config.model import ProxyConfig

PORTS: Final = {"https": 443, "http": 80}
ACCOUNT: Final = "snowflake"
"""What `proxy init` calls the account behind the proxy, and clients when nobody says otherwise."""
_EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (not listened on: replaced)


@dataclass(frozen=True)
class Target:
    """Where the proxy is, and who signs in there.

    Attributes:
        protocol: `https`, or `http` on loopback.
        host: name or address.
        port: TCP port.
        account: name of the account behind the proxy.
        user: the proxy's user; empty where their token or certificate says who it is.
        ca_file: certificates to trust besides those of public authorities.
        token_file: file with the access token, and nothing else.
        token: the access token.
    """

    protocol: str
    host: str
    port: int
    account: str = ACCOUNT
    user: str = ""
    ca_file: Path | None = None
    token_file: Path | None = None
    token: Secret | None = None

    @property
    def url(self) -> str:
        """Protocol, host and port."""
        return f"{self.protocol}://{self.netloc}"

    @property
    def netloc(self) -> str:
        """Host and port, an IPv6 address in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_url(url: str) -> tuple[str, str, int]:
    """Return protocol, host and port of the proxy's URL; without a protocol it is https.

    Raises:
        UsageError: it is no such URL, or plain HTTP to another machine.
    """
    try:
        parts = urlsplit(url if "://" in url else f"https://{url}")
        host, port = parts.hostname, parts.port
    except ValueError:
        parts, host, port = None, None, None
    if parts is None or parts.scheme not in PORTS or not host or parts.username is not None:
        message = f"{url!r} is not the address of a proxy."
        raise UsageError(message, hint="Write it as https://proxy.example.com:8443.")
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        message = f"{url!r} has a path, which the address of a proxy has not."
        raise UsageError(message, hint="Name the account by --account instead.")
    if parts.scheme == "http" and not is_loopback(host):
        message = f"{host} is another machine, to which an access token must not travel unencrypted."
        raise UsageError(message, hint="Use https.")
    return parts.scheme, host, PORTS[parts.scheme] if port is None else port


def of_config(config: ProxyConfig) -> Target:
    """Return how clients reach the proxy of a configuration file.

    The authority's certificate is `ca.pem` beside the proxy's own, where `proxy init` puts it. With several accounts
    the first one is meant.

    Raises:
        UsageError: `public_url` is missing although the port is one that the system chooses, or is plain HTTP to
            another machine.
    """
    listen = config.listen
    protocol = "https" if listen.tls else "http"
    if listen.public_url:
        protocol, host, port = parse_url(listen.public_url)
    else:
        host, port = _EVERYWHERE.get(listen.host, listen.host), listen.port
    if port == 0:
        message = "The configuration does not tell the port: the system chooses one at each start."
        raise UsageError(message, hint="Set `listen.port`, or name the proxy by --url.")
    beside = listen.tls.certificate.with_name("ca.pem") if listen.tls else None
    ca_file = beside if beside is not None and beside.is_file() else None
    return Target(protocol, host, port, next(iter(config.upstreams)), ca_file=ca_file)

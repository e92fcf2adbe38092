"""What makes drivers and tools of Snowflake's reach the proxy: variables, and a connections.toml."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import platformdirs

from theia_sf.credentials.fields import FIELDS
from theia_sf.credentials.private_files import write_atomically
from theia_sf.errors import UsageError
from theia_sf.proxy.client.target import Target
from theia_sf.proxy.loopback import is_loopback

CONNECTION: Final = "theia-sf"
AUTHENTICATOR: Final = "PROGRAMMATIC_ACCESS_TOKEN"
_TRUST: Final = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
"""Read by Python (requests, and the connector) and by Go and OpenSSL; each takes the place of the public CAs."""
_NODE: Final = "NODE_EXTRA_CA_CERTS"
"""Read by Node.js, which goes on trusting the public CAs."""
_MADE_OF: Final = b"# The public authorities are those of "
"""Begins the first line of a bundle: PEM readers pass over what stands before a certificate."""
_NO_PROXY: Final = ("NO_PROXY", "no_proxy")
_PROXIES: Final = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
_CONNECTIONS: Final = "SNOWFLAKE_CONNECTIONS"
"""Read by Python's connector and Snowflake's CLI in the place of a connections.toml (config_manager.py)."""
# Name another account, or credentials, than the proxy's.
_OTHERS: Final = (
    "THEIA_SF_CONNECTION",
    "THEIA_SF_CREDENTIALS_FILE",
    "THEIA_SF_SECRET_ID",
)


def changes(
    target: Target, environ: Mapping[str, str], bundle: Path | None, *, show_secret: bool = False
) -> dict[str, str | None]:
    """Return what a program must change in its environment: a value to set, or None to take a variable away.

    Args:
        target: the proxy, with an access token or a file that has it.
        environ: the present environment.
        bundle: of `trust_bundle`.
        show_secret: set the token itself where there is no file, or instead of the file's path.
    """
    wanted: dict[str, str] = {
        "SNOWFLAKE_ACCOUNT": target.account,
        "SNOWFLAKE_HOST": target.host,
        "SNOWFLAKE_PORT": str(target.port),
        "SNOWFLAKE_PROTOCOL": target.protocol,
        "SNOWFLAKE_AUTHENTICATOR": AUTHENTICATOR,
    }
    if target.user:
        wanted["SNOWFLAKE_USER"] = target.user
    proof: dict[str, str] = {}
    if show_secret and target.token:
        wanted["SNOWFLAKE_TOKEN"] = proof["token"] = target.token.reveal()
    elif target.token_file is not None:
        wanted["SNOWFLAKE_TOKEN_FILE_PATH"] = proof["token_file_path"] = str(target.token_file)
    connection = ", ".join(f"{key} = {toml_value(value)}" for key, value in (_connection(target) | proof).items())
    wanted |= {_CONNECTIONS: f"{CONNECTION} = {{{connection}}}", "SNOWFLAKE_DEFAULT_CONNECTION_NAME": CONNECTION}
    if bundle is not None and target.ca_file is not None:
        wanted |= dict.fromkeys(_TRUST, str(bundle)) | {_NODE: str(target.ca_file)}
    if is_loopback(target.host) and any(environ.get(name) for name in _PROXIES):
        present = environ.get("NO_PROXY") or environ.get("no_proxy") or ""
        hosts = [host for host in present.split(",") if host]
        wanted |= dict.fromkeys(_NO_PROXY, ",".join(dict.fromkeys([*hosts, target.host])))
    known = {variable for entry in FIELDS.values() for variable in entry.variables}
    away = sorted(name for name in environ if (name in known or name in _OTHERS) and name not in wanted)
    return {**dict.fromkeys(away), **wanted}


def connections_toml(target: Target) -> str:
    """Return a connections.toml with the proxy as its only connection, read by Snowflake's CLI and drivers.

    The access token is in it: not all of them (gosnowflake 1.19) read one from a file that is named there.
    """
    values = _connection(target) | ({"token": target.token.reveal()} if target.token is not None else {})
    return f"[{CONNECTION}]\n" + "".join(f"{key} = {toml_value(value)}\n" for key, value in values.items())


def _connection(target: Target) -> dict[str, str]:
    """The proxy as a connection, but for the token."""
    return {
        "account": target.account,
        "host": target.host,
        "port": str(target.port),  # gosnowflake takes no number, the others take both
        "protocol": target.protocol,
        "authenticator": AUTHENTICATOR,
        **({"user": target.user} if target.user else {}),
    }


def toml_value(value: str) -> str:
    """Write a string of TOML: JSON's strings are such, but for DEL. https://toml.io/en/v1.0.0#string"""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def trust_bundle(target: Target, environ: Mapping[str, str] | None = None) -> Path | None:
    """Write the certificates to trust into one file, and return it; None if there are none besides the public ones.

    The public ones are in it: large results come from cloud storage, not from the proxy. They are those that
    REQUESTS_CA_BUNDLE or SSL_CERT_FILE names, or else Mozilla's.

    Raises:
        UsageError: a file cannot be read or written, or holds no certificate.
    """
    if target.ca_file is None:
        return None
    environ = os.environ if environ is None else environ
    folder = Path(platformdirs.user_cache_dir("theia-sf")) / "proxy"
    named = next((Path(environ[name]) for name in _TRUST if environ.get(name)), None)
    if named is not None and named.parent == folder:  # ours, of an earlier time: it tells what it was made of
        named = _origin(named)
    return _kept(folder, target.ca_file, named or _public())


def read_certificates(path: Path) -> bytes:
    """Return the bytes of a PEM file with certificates.

    Raises:
        UsageError: it cannot be read, or holds none.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        message = f"The certificates in {path} cannot be read: {error.strerror}."
        hint = "--ca-file, or else REQUESTS_CA_BUNDLE or SSL_CERT_FILE, must name a PEM file that you may read."
        raise UsageError(message, hint=hint) from error
    if b"-----BEGIN CERTIFICATE-----" not in data:
        message = f"{path} holds no certificate."
        raise UsageError(message, hint="It must be a PEM file, as `proxy init` writes ca.pem.")
    return data


def _public() -> Path:
    import certifi  # noqa: PLC0415 (needed only here)

    return Path(certifi.where())


def _origin(bundle: Path) -> Path | None:
    """The file that the operator had named when a bundle was made, if it is still there."""
    try:
        with bundle.open("rb") as file:
            first = file.readline()
    except OSError:
        return None
    path = Path(os.fsdecode(first.removeprefix(_MADE_OF).rstrip(b"\n"))) if first.startswith(_MADE_OF) else None
    return path if path is not None and path.is_file() else None


def _kept(folder: Path, ca_file: Path, public: Path) -> Path:
    own = read_certificates(ca_file)
    first = _MADE_OF + os.fsencode(public.absolute()).replace(b"\n", b" ") + b"\n"
    data = first + read_certificates(public).rstrip() + b"\n" + own
    path = folder / f"{hashlib.sha256(data).hexdigest()[:16]}.pem"
    try:
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            write_atomically(path, data)
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror}."
        raise UsageError(message, hint="XDG_CACHE_HOME names another folder for it.") from error
    return path

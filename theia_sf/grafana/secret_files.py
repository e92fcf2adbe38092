"""The secrets that Grafana needs, each in a file of its own, for its owner alone."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from theia_sf.credentials import private_files
from theia_sf.credentials.grafana_source import one_line_key
from theia_sf.errors import UsageError
from theia_sf.grafana.container import ADMIN_PASSWORD
from theia_sf.grafana.datasource import SECRET_FILES, Method
from theia_sf.grafana.files import SECRETS
from theia_sf.secret import Secret
from theia_sf.snowflake.keys import PrivateKey, pem
from theia_sf.snowflake.private_text import read_private, read_token

_BYTES: Final = 24  # of randomness in the administrator's password


def plugin_key(key: PrivateKey) -> Secret:
    """Return a private key as Grafana's plugin reads it from a file.

    Raises:
        UsageError: it is none that the plugin's driver can use.
    """
    require_rsa(key)
    return Secret(one_line_key(pem(key)))


def require_rsa(key: PrivateKey) -> None:
    """Raise UsageError if a private key is none that Grafana's data source can sign in with."""
    if not isinstance(key, RSAPrivateKey):
        message = "Grafana's data source signs in with RSA keys only, and this private key is an EC one."
        raise UsageError(message, hint="Give the user an RSA key as well: `theia-sf keypair --help`.")


def read_secret(path: Path, method: Method) -> Secret:
    """Return the access token or the password in a file.

    Raises:
        UsageError: there is none, or others than its owner can read it.
    """
    if method is Method.ACCESS_TOKEN:
        return read_token(path)
    text = read_private(path, "password file").decode(errors="replace").strip("\r\n")
    if not text.strip():  # Grafana takes the white space away from both ends
        message = f"The password file {path} is empty."
        raise UsageError(message, hint="It must hold the password, and nothing else.")
    return Secret(text)


def write_secrets(folder: Path, method: Method, secret: Secret | None) -> None:
    """Write Snowflake's secret, if it is given, and the administrator's password, if there is none yet.

    Args:
        folder: that is provisioned.
        method: which of Snowflake's secrets it is.
        secret: in the form that Grafana reads; None leaves what there is.

    Raises:
        UsageError: a file cannot be written.
    """
    place = folder / SECRETS
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        message = f"{place} cannot be made: {error.strerror}."
        raise UsageError(message, hint="Name another folder with --output.") from error
    if secret is not None:
        _write(place / SECRET_FILES[method], secret)
    if _present(place / ADMIN_PASSWORD) is None:
        _write(place / ADMIN_PASSWORD, Secret(secrets.token_urlsafe(_BYTES)))


def is_missing(path: Path) -> bool:
    """Tell whether a file with a secret is yet to be put there.

    Raises:
        UsageError: it is there, but others than its owner can read it.
    """
    try:
        data, mode = private_files.read(path)
    except FileNotFoundError:
        return True
    private_files.check_private(path, mode)
    return not data.strip()


def _write(path: Path, secret: Secret) -> None:
    private_files.replace(path, secret.reveal().encode(), expected=_present(path))


def _present(path: Path) -> bytes | None:
    try:
        return private_files.read(path)[0]
    except FileNotFoundError:
        return None

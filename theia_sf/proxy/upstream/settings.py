"""From an identity in the configuration to what signs in."""

from __future__ import annotations

import os
import stat
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from theia_sf.credentials.fields import FIELDS
from theia_sf.errors import UsageError
from theia_sf.proxy import guarded_files
from theia_sf.proxy.config.upstreams import SOURCES, Identity
from theia_sf.secret import Secret
from theia_sf.snowflake.authenticators import AUTHENTICATORS, WORKLOAD_IDENTITY
from theia_sf.snowflake.settings import ConnectionSettings, resolve
from theia_sf.snowflake.sign_in import SignIn
from theia_sf.snowflake.sources import VARIABLES_NAME

_CHECK_PATH: Final = "Check the path; it is relative to the folder of the configuration file."
_SECRET_FILES: Final = {
    "private_key_passphrase_file": "private_key_passphrase",
    "password_file": "password",
    "oauth_client_secret_file": "oauth_client_secret",
}
# Where the files of Snowflake's own tools are looked for; nothing else of the environment decides who signs in.
_PLACES: Final = ("HOME", "SNOWFLAKE_HOME", "XDG_CONFIG_HOME")


def settings_of(identity: Identity, name: str, environ: Mapping[str, str] | None = None) -> ConnectionSettings:
    """Return the settings of an identity; may ask AWS KMS or Secrets Manager, where they are kept there.

    Args:
        identity: as `Upstream.identity` completes it.
        name: what to call it.
        environ: the proxy's environment; `os.environ` by default.

    Raises:
        ConnectionFailedError: account, user or credentials are missing; AWS did not give what it keeps.
        UsageError: a file is broken or open to others; the authenticator needs somebody at a keyboard.
    """
    environ = os.environ if environ is None else environ
    variables = {key: environ[key] for key in _PLACES if key in environ}
    if identity.environment_prefix is not None:
        variables |= _prefixed(identity.environment_prefix, environ)
    variables |= _explicit(identity)
    flags = SignIn(
        connection=identity.connection,
        credentials_file=str(identity.credentials_file) if identity.credentials_file else None,
        secret_id=identity.secret_id,
    )
    settings = resolve(flags, variables)
    named = flags.connection or flags.credentials_file or flags.secret_id
    if not named and settings.credentials_source != VARIABLES_NAME:  # found in a file that happens to be there
        message = f"The identity {name} has nothing to sign in to Snowflake with."
        raise UsageError(message, hint=f"Name {' or '.join(SOURCES)}, or private_key_path, token_file_path, ….")
    if AUTHENTICATORS[settings.authenticator].for_people:
        title = AUTHENTICATORS[settings.authenticator].title
        message = f"The identity {name} signs in by {title}, which needs somebody to be there."
        raise UsageError(message, hint="Use a key pair, an access token, OAuth or workload identity.")
    return _with_key(settings)


def _with_key(settings: ConnectionSettings) -> ConnectionSettings:
    """Read a private key that the group may read, as in a Secret of Kubernetes; people's own files must be closed."""
    path = settings.private_key_path
    if path is None or settings.private_key:
        return settings
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return settings  # whoever reads it says so
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}."
        raise UsageError(message, hint="Let the proxy's user enter its folder, and read it.") from error
    if not stat.S_ISREG(mode) or not mode & stat.S_IRGRP:
        return settings
    data = guarded_files.read(path, "private key file", missing=_CHECK_PATH)
    text = data.decode() if b"-----BEGIN " in data else b64encode(data).decode()
    return replace(settings, private_key=Secret(text), private_key_path=None)


def _prefixed(prefix: str, environ: Mapping[str, str]) -> dict[str, str]:
    known = {variable for entry in FIELDS.values() for variable in entry.variables}
    return {
        key.removeprefix(prefix): value
        for key, value in environ.items()
        if key.startswith(prefix) and key.removeprefix(prefix) in known
    }


def _explicit(identity: Identity) -> dict[str, str]:
    """What the configuration says itself, as the variables that would say the same."""
    given = identity.model_dump(by_alias=True, exclude_none=True, exclude_defaults=True)
    variables: dict[str, str] = {}
    for name, value in given.items():
        if name == "token_file_path" and not _is_workloads_own(identity):
            variables[FIELDS["token"].variables[0]] = _secret_in(value, "token")
        elif name in FIELDS:
            text = ",".join(value) if isinstance(value, tuple) else str(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - items are text
            variables[FIELDS[name].variables[0]] = text
        elif name in _SECRET_FILES:
            field = _SECRET_FILES[name]
            variables[FIELDS[field].variables[0]] = _secret_in(value, field)
    return variables


def _is_workloads_own(identity: Identity) -> bool:
    """Whether the platform writes the token's file, for minutes: then it is read when it is needed."""
    return (
        identity.workload_identity_provider is not None or (identity.authenticator or "").upper() == WORKLOAD_IDENTITY
    )


def _secret_in(path: Path, field: str) -> str:
    data = guarded_files.read(path, f"{field.replace('_', ' ')} file", missing=_CHECK_PATH)
    try:
        text = data.decode("utf-8").strip("\r\n")
    except UnicodeDecodeError:
        text = ""
    if not text:
        message = f"{path} is empty, or is not UTF-8 text."
        raise UsageError(message, hint=f"Write the {field.replace('_', ' ')} into it, and nothing else.")
    return text

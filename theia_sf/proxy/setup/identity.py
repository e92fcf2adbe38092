"""Whom the proxy signs in as, out of what an operator's own sign-in is told: the section of the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from theia_sf.credentials.file import default_file
from theia_sf.proxy.config.upstreams import Identity
from theia_sf.proxy.upstream.settings import settings_of
from theia_sf.snowflake.authenticators import AUTHENTICATORS, WORKLOAD_IDENTITY
from theia_sf.snowflake.connections_file import default_connection_name
from theia_sf.snowflake.settings import ConnectionSettings
from theia_sf.snowflake.sign_in import SignIn
from theia_sf.snowflake.sources import FLAGS_NAME, VARIABLES_NAME

_NAMED: Final = {
    "connection": "THEIA_SF_CONNECTION",
    "credentials_file": "THEIA_SF_CREDENTIALS_FILE",
    "secret_id": "THEIA_SF_SECRET_ID",
}
_PATHS: Final = ("credentials_file", "private_key_path", "token_file_path")
_SAID: Final = ("user", "role", "authenticator")
_PLAIN: Final = ("oauth_client_id", "oauth_token_request_url", "oauth_scope")
_WORKLOAD: Final = (
    "workload_identity_provider",
    "workload_identity_impersonation_path",
    "workload_identity_aws_use_outbound_token",
)


def identity_section(
    flags: SignIn, settings: ConnectionSettings, environ: Mapping[str, str]
) -> tuple[dict[str, Any], ConnectionSettings]:
    """Return the identity as the configuration has it, without any secret, and what it comes to.

    Credentials that stand in a file, in AWS or in Snowflake's own files are named. Those that stand in the variables
    stay there: the proxy's environment must have them.

    Args:
        flags: what the command's flags say.
        settings: what the flags, the variables and the files come to.
        environ: the environment.

    Raises:
        ConnectionFailedError, UsageError: as `settings_of`; nobody signs in as that without being asked.
    """
    section = _named(flags, settings, environ) or _explicit(settings)
    if "environment_prefix" not in section or flags.account:
        section = {"account": settings.account, **_endpoint(settings), **section}
    section |= {name: value for name, value in _by_flags(flags, settings).items() if name not in section}
    identity = Identity.model_validate(section)
    return section, settings_of(identity, "default", environ)


def _named(flags: SignIn, settings: ConnectionSettings, environ: Mapping[str, str]) -> dict[str, Any]:
    if settings.credentials_source in {FLAGS_NAME, VARIABLES_NAME}:
        return {}
    for field, variable in _NAMED.items():
        value = getattr(flags, field) or environ.get(variable)
        if value:
            return {field: str(Path(value).expanduser().absolute()) if field in _PATHS else value}
    found = default_file(environ)
    if found is not None and settings.credentials_source.endswith(str(found)):
        return {"credentials_file": str(found.absolute())}
    return {"connection": default_connection_name(environ)}


def _explicit(settings: ConnectionSettings) -> dict[str, Any]:
    """The settings themselves, if a secret is not among them."""
    secrets = (
        settings.password,
        settings.private_key,
        settings.private_key_passphrase,
        settings.oauth_client_secret,
        settings.token if settings.token_file_path is None else None,
    )
    if any(secrets):
        return {"environment_prefix": ""}
    section: dict[str, Any] = {"user": settings.user} if settings.user else {}
    section["authenticator"] = settings.authenticator
    chosen = AUTHENTICATORS[settings.authenticator]
    for name in _PATHS[1:]:
        path = getattr(settings, name)
        if path is not None and chosen.uses(name):
            section[name] = str(path.absolute())
    section |= {name: value for name in _PLAIN if (value := getattr(settings, name)) is not None}
    if settings.authenticator == WORKLOAD_IDENTITY:
        section |= {name: value for name in _WORKLOAD if (value := getattr(settings, name))}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in section.items()}  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - items are text


def _by_flags(flags: SignIn, settings: ConnectionSettings) -> dict[str, Any]:
    """What the flags say themselves: it wins over what the place has that the credentials come from."""
    section = {name: getattr(settings, name) for name in _SAID if getattr(flags, name)}
    return section | {name: str(getattr(settings, name).absolute()) for name in _PATHS[1:] if getattr(flags, name)}


def _endpoint(settings: ConnectionSettings) -> dict[str, Any]:
    """Where the account is, unless its name tells."""
    if settings.host is None and settings.protocol == "https":
        return {}
    return {"host": settings.hostname, "port": settings.port, "protocol": settings.protocol}

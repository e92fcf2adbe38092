"""Which Snowflake account to sign in to, as whom, and by what: flags, variables, or Snowflake's own connections
file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from theia_sf.errors import ConnectionFailedError, UsageError
from theia_sf.secret import Secret
from theia_sf.snowflake.accounts import AccountName, parse_account
from theia_sf.snowflake.authenticators import AUTHENTICATORS, Authenticator, choose
from theia_sf.snowflake.connections_file import default_connection_name, read_connection
from theia_sf.snowflake.sign_in import SignIn

# Field of ConnectionSettings -> variable. SNOWFLAKE_PRIVATE_KEY_FILE and the like are spellings of the connector's.
VARIABLES: Final = {
    "account": ("SNOWFLAKE_ACCOUNT",),
    "user": ("SNOWFLAKE_USER",),
    "authenticator": ("SNOWFLAKE_AUTHENTICATOR",),
    "password": ("SNOWFLAKE_PASSWORD",),
    "private_key": ("SNOWFLAKE_PRIVATE_KEY",),
    "private_key_path": ("SNOWFLAKE_PRIVATE_KEY_PATH", "SNOWFLAKE_PRIVATE_KEY_FILE"),
    "private_key_passphrase": ("SNOWFLAKE_PRIVATE_KEY_PASSPHRASE", "SNOWFLAKE_PRIVATE_KEY_FILE_PWD"),
    "token": ("SNOWFLAKE_TOKEN",),
    "token_file_path": ("SNOWFLAKE_TOKEN_FILE_PATH",),
    "role": ("SNOWFLAKE_ROLE",),
    "warehouse": ("SNOWFLAKE_WAREHOUSE",),
    "database": ("SNOWFLAKE_DATABASE",),
    "schema": ("SNOWFLAKE_SCHEMA",),
    "host": ("SNOWFLAKE_HOST",),
    "port": ("SNOWFLAKE_PORT",),
    "protocol": ("SNOWFLAKE_PROTOCOL",),
}
# What proves who one is, and where to: taken from one source as a whole, never mixed from two.
_CREDENTIALS: Final = frozenset(
    {
        "authenticator",
        "password",
        "private_key",
        "private_key_path",
        "private_key_passphrase",
        "token",
        "token_file_path",
    }
)
_ENDPOINT: Final = frozenset({"host", "port", "protocol"})
_HIGHEST_PORT: Final = 65535


@dataclass(frozen=True)
class ConnectionSettings:
    """All that is needed to sign in. Secrets are `Secret`s; None is what was not given.

    `authenticator` is a key of `theia_sf.snowflake.authenticators.AUTHENTICATORS`; `source` says where the settings
    came from, in words for the user.
    """

    account: str
    user: str
    authenticator: str
    password: Secret | None = None
    private_key: Secret | None = None
    private_key_path: Path | None = None
    private_key_passphrase: Secret | None = None
    token: Secret | None = None
    role: str | None = None
    warehouse: str | None = None
    database: str | None = None
    schema: str | None = None
    host: str | None = None
    port: int = 443
    protocol: str = "https"
    source: str = "flags"

    @property
    def account_name(self) -> AccountName:
        """The account, taken apart."""
        return parse_account(self.account)

    @property
    def hostname(self) -> str:
        """The host to connect to: the one given, else the account's own."""
        return self.host or self.account_name.host

    @property
    def endpoint(self) -> str:
        """Protocol, host and port, as one URL: where the credentials are sent."""
        return f"{self.protocol}://{self.hostname}:{self.port}"


def resolve(flags: SignIn | None = None, environ: Mapping[str, str] | None = None) -> ConnectionSettings:
    """Put the connection settings together; sign in nowhere.

    Strongest first: the command's flags; the named `connection` of Snowflake's connections file; the
    SNOWFLAKE_* variables; without SNOWFLAKE_ACCOUNT the file's default connection, if there is one. Credentials are
    taken from one of these as a whole; so is the endpoint, unless the file names another account than the variables.

    Args:
        flags: what the command's flags say; none by default.
        environ: the variables; `os.environ` by default.

    Raises:
        ConnectionFailedError: no account, no user, or nothing to sign in with; the named connection does not exist.
        UsageError: a value is malformed; the connections file is broken or readable by others.
    """
    flags = flags or SignIn()
    environ = os.environ if environ is None else environ
    variables = _from_variables(environ)
    name = flags.connection
    if name is None and "account" not in variables and flags.account is None:
        name = default_connection_name(environ)
    if name is None:
        values, source = variables, "SNOWFLAKE_* variables"
    else:
        file_values, path = read_connection(name, environ)
        values, source = _merge(file_values, variables), f"connection {name} in {path}"
    given = {field: str(value) for field, value in asdict(flags).items() if field in VARIABLES and value}
    values = values | given
    return _settings(values, source)


def _from_variables(environ: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for field, names in VARIABLES.items():
        value = next((environ[name] for name in names if environ.get(name, "").strip()), None)
        if value is not None:
            found[field] = value
    return found


def _merge(stronger: Mapping[str, str], weaker: Mapping[str, str]) -> dict[str, str]:
    """Fill from `weaker` what `stronger` leaves open; credentials and endpoint as a whole, and only for one account."""
    same_account = "account" not in stronger or stronger["account"].upper() == weaker.get("account", "").upper()
    left_out: set[str] = set()
    if _CREDENTIALS & stronger.keys() or not same_account:
        left_out |= _CREDENTIALS
    if _ENDPOINT & stronger.keys() or not same_account:
        left_out |= _ENDPOINT
    if not same_account:
        left_out |= {"user", "role", "warehouse", "database", "schema"}
    return {key: value for key, value in weaker.items() if key not in left_out} | dict(stronger)


def _settings(values: Mapping[str, str], source: str) -> ConnectionSettings:
    if not values.get("account"):
        message = "No Snowflake account is configured."
        raise ConnectionFailedError(
            message,
            hint="Set SNOWFLAKE_ACCOUNT, SNOWFLAKE_USER and SNOWFLAKE_PRIVATE_KEY_PATH, or use --connection NAME.",
        )
    parsed = parse_account(values["account"])
    chosen = choose(values)
    _check_complete(values, chosen, source)
    path = values.get("private_key_path")
    return ConnectionSettings(
        account=parsed.account,
        user=values.get("user", ""),
        authenticator=chosen.name,
        password=_secret(values.get("password")),
        private_key=_secret(values.get("private_key")),
        private_key_path=Path(path).expanduser() if path else None,
        private_key_passphrase=_secret(values.get("private_key_passphrase")),
        token=_secret(values.get("token") or _token_from_file(values.get("token_file_path"))),
        role=values.get("role"),
        warehouse=values.get("warehouse"),
        database=values.get("database"),
        schema=values.get("schema"),
        host=values.get("host") or parsed.given_host,
        port=_port(values.get("port")),
        protocol=_protocol(values.get("protocol")),
        source=source,
    )


def _check_complete(values: Mapping[str, str], authenticator: Authenticator, source: str) -> None:
    """Refuse to try a login that cannot succeed: an empty password counts towards locking the user."""
    missing = authenticator.missing(values)
    if missing:
        message = f"To sign in to Snowflake by {authenticator.title}, {missing} is missing from the {source}."
        raise ConnectionFailedError(
            message, hint=f"Set {authenticator.advice}, or name a connection with --connection."
        )


def _secret(value: str | None) -> Secret | None:
    return Secret(value) if value else None


def _token_from_file(path: str | None) -> str | None:
    if not path:
        return None
    try:
        return Path(path).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        message = f"The token file {path} cannot be read: {getattr(error, 'strerror', None) or 'it is not text'}."
        raise UsageError(message) from error


def _port(value: str | None) -> int:
    if value is None:
        return 443
    if not value.isascii() or not value.isdigit() or not 0 < int(value) <= _HIGHEST_PORT:
        message = f"SNOWFLAKE_PORT must be a port number, not {value!r}."
        raise UsageError(message)
    return int(value)


def _protocol(value: str | None) -> str:
    protocol = (value or "https").lower()
    if protocol not in {"http", "https"}:
        message = f"SNOWFLAKE_PROTOCOL must be http or https, not {value!r}."
        raise UsageError(message)
    return protocol


__all__ = ["AUTHENTICATORS", "VARIABLES", "ConnectionSettings", "SignIn", "resolve"]

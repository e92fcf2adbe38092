"""Which Snowflake account to sign in to, as whom, and by what."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from theia_sf.credentials.fields import FIELDS
from theia_sf.errors import ConnectionFailedError, UsageError
from theia_sf.secret import Secret
from theia_sf.snowflake.accounts import FORMS, AccountName, parse_account
from theia_sf.snowflake.authenticators import AUTHENTICATORS, WORKLOAD_IDENTITY, Authenticator, choose
from theia_sf.snowflake.private_text import read_token
from theia_sf.snowflake.sign_in import SignIn
from theia_sf.snowflake.sources import Gathered, gather

# Field of ConnectionSettings -> the variables that set it.
VARIABLES: Final = {entry.name: entry.variables for entry in FIELDS.values()}
_HIGHEST_PORT: Final = 65535
_YES: Final = frozenset({"1", "true", "yes", "on"})
_NO: Final = frozenset({"0", "false", "no", "off"})


@dataclass(frozen=True)
class ConnectionSettings:
    """All that is needed to sign in. Secrets are `Secret`s; None is what was not given.

    `authenticator` is a key of `theia_sf.snowflake.authenticators.AUTHENTICATORS`; `user` is empty where the
    credentials say who it is; `source` says where the settings came from, in words for the user, and
    `credentials_source` where the credentials did.
    """

    account: str
    user: str
    authenticator: str
    password: Secret | None = None
    passcode: Secret | None = None
    private_key: Secret | None = None
    private_key_path: Path | None = None
    private_key_passphrase: Secret | None = None
    token: Secret | None = None
    token_file_path: Path | None = None
    oauth_client_id: str | None = None
    oauth_client_secret: Secret | None = None
    oauth_token_request_url: str | None = None
    oauth_scope: str | None = None
    workload_identity_provider: str | None = None
    workload_identity_impersonation_path: tuple[str, ...] = ()
    workload_identity_aws_use_outbound_token: bool = False
    role: str | None = None
    warehouse: str | None = None
    database: str | None = None
    schema: str | None = None
    host: str | None = None
    port: int = 443
    protocol: str = "https"
    source: str = "flags"
    credentials_source: str = "flags"

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

    @property
    def who(self) -> str:
        """Whom to call the one who signs in: the user, where there is one."""
        return self.user or "the user of these credentials"


def resolve(flags: SignIn | None = None, environ: Mapping[str, str] | None = None) -> ConnectionSettings:
    """Put the connection settings together; sign in nowhere. `theia_sf.snowflake.sources` has the order.

    May ask AWS KMS or Secrets Manager, where the credentials are kept there.

    Args:
        flags: what the command's flags say; none by default.
        environ: the variables; `os.environ` by default.

    Raises:
        ConnectionFailedError: no account, no user, or nothing to sign in with; a named connection or secret does not
            exist; AWS did not give what it keeps.
        UsageError: a value is malformed; a file is broken, or open to others.
    """
    flags = flags or SignIn()
    environ = os.environ if environ is None else environ
    gathered = gather(flags, environ, _is_complete)
    if gathered.text("account") is None:
        message = "No Snowflake account is configured."
        hint = (
            "Set SNOWFLAKE_ACCOUNT, SNOWFLAKE_USER and SNOWFLAKE_PRIVATE_KEY_PATH, or use --connection NAME, "
            "--credentials-file FILE or --secret-id NAME."
        )
        raise ConnectionFailedError(message, hint=hint)
    return _settings(gathered)


def _is_complete(gathered: Gathered) -> bool:
    return "account" in gathered.values and _chosen(gathered).missing(gathered.values) is None


def _chosen(gathered: Gathered) -> Authenticator:
    return choose(gathered.values, gathered.text("authenticator"))


def _settings(gathered: Gathered) -> ConnectionSettings:
    text, secret = gathered.text, gathered.secret
    parsed = parse_account(text("account") or "")
    chosen = _chosen(gathered)
    _check_complete(gathered, chosen)
    key_path, token_path = text("private_key_path"), text("token_file_path")
    # The platform writes a workload's own token file, with a mode of its own and for minutes: that one may be read.
    token_from_file = (
        read_token(Path(token_path).expanduser(), owner_only=chosen.name != WORKLOAD_IDENTITY)
        if token_path and not secret("token") and chosen.uses("token")
        else None
    )
    path = text("workload_identity_impersonation_path") or ""
    return ConnectionSettings(
        account=parsed.account,
        user=text("user") or "",
        authenticator=chosen.name,
        password=secret("password"),
        passcode=secret("passcode"),
        private_key=secret("private_key"),
        private_key_path=Path(key_path).expanduser() if key_path else None,
        private_key_passphrase=secret("private_key_passphrase"),
        token=secret("token") or token_from_file,
        token_file_path=Path(token_path).expanduser() if token_path else None,
        oauth_client_id=text("oauth_client_id"),
        oauth_client_secret=secret("oauth_client_secret"),
        oauth_token_request_url=text("oauth_token_request_url"),
        oauth_scope=text("oauth_scope"),
        workload_identity_provider=_provider(text("workload_identity_provider"), chosen),
        workload_identity_impersonation_path=tuple(arn for arn in path.replace(",", " ").split() if arn),
        workload_identity_aws_use_outbound_token=_flag(gathered, "workload_identity_aws_use_outbound_token"),
        role=text("role"),
        warehouse=text("warehouse"),
        database=text("database"),
        schema=text("schema"),
        host=text("host") or parsed.given_host,
        port=port_of(text("port")),
        protocol=protocol_of(text("protocol")),
        source=_words(gathered),
        credentials_source=gathered.credentials_origin,
    )


def _check_complete(gathered: Gathered, authenticator: Authenticator) -> None:
    """Refuse to try a login that cannot succeed: an empty password counts towards locking the user."""
    missing = authenticator.missing(gathered.values)
    if missing is None:
        return
    left_out = " ".join(gathered.left_out)
    if not gathered.credentials_origin:
        message = "There is nothing to sign in to Snowflake with: no key, no token, no workload identity, no password."
        hint = (
            "Set SNOWFLAKE_PRIVATE_KEY_PATH (or SNOWFLAKE_TOKEN, SNOWFLAKE_AUTHENTICATOR=WORKLOAD_IDENTITY, …), or use "
            "--connection, --credentials-file or --secret-id."
        )
    else:
        origin = gathered.credentials_origin
        message = f"To sign in to Snowflake by {authenticator.title}, {missing} is missing from the {origin}."
        hint = f"Set {authenticator.advice}, or name a connection with --connection."
    raise ConnectionFailedError(message, hint=f"{left_out} {hint}".strip())


def _words(gathered: Gathered) -> str:
    """Say where account and user, and where the credentials came from."""
    account, user = gathered.origins.get("account", ""), gathered.origins.get("user", "")
    credentials = gathered.credentials_origin
    parts: dict[str, list[str]] = {}
    for what, origin in (("account", account), ("user", user), ("credentials", credentials)):
        if origin:
            parts.setdefault(origin, []).append(what)
    if len(parts) == 1:
        return account
    return "; ".join(f"{' and '.join(what)} from {origin}" for origin, what in parts.items())


def _provider(value: str | None, chosen: Authenticator) -> str | None:
    if chosen.name != WORKLOAD_IDENTITY:
        return None
    provider = (value or "AWS").upper()
    if provider not in {"AWS", "OIDC"}:
        message = f"theia-sf signs in with the workload identities of AWS and OIDC, not of {value!r}."
        raise UsageError(message, hint="Set SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER to AWS or OIDC.")
    return provider


def _flag(gathered: Gathered, name: str) -> bool:
    value = gathered.text(name)
    if value is None or value.lower() in _NO:
        return False
    if value.lower() in _YES:
        return True
    variable = FIELDS[name].variables[0]
    message = f"{variable} must be true or false, not {value!r}."
    raise UsageError(message, hint=f"Correct {variable}, or {name} in the {gathered.origins[name]}.")


def port_of(value: str | None) -> int:
    """Return the port that a setting names, 443 if it names none.

    Raises:
        UsageError: it is no port.
    """
    if value is None:
        return 443
    if not value.isascii() or not value.isdigit() or not 0 < int(value) <= _HIGHEST_PORT:
        message = f"SNOWFLAKE_PORT must be a port number, not {value!r}."
        raise UsageError(message, hint="Unset it to use 443, or set a number between 1 and 65535.")
    return int(value)


def protocol_of(value: str | None) -> str:
    """Return the protocol that a setting names, https if it names none.

    Raises:
        UsageError: it is neither http nor https.
    """
    protocol = (value or "https").lower()
    if protocol not in {"http", "https"}:
        message = f"SNOWFLAKE_PROTOCOL must be http or https, not {value!r}."
        raise UsageError(message, hint="Unset it to use https.")
    return protocol


__all__ = ["AUTHENTICATORS", "FORMS", "VARIABLES", "ConnectionSettings", "SignIn", "port_of", "protocol_of", "resolve"]

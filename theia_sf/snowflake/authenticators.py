"""The ways to sign in to Snowflake. One entry each; connecting, the provider's variables and the checks all read it.

Another authenticator is another entry in `AUTHENTICATORS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from theia_sf.errors import UsageError
from theia_sf.snowflake import connector_arguments as arguments
from theia_sf.snowflake import provider_variables as variables

if TYPE_CHECKING:
    from theia_sf.snowflake.settings import ConnectionSettings


@dataclass(frozen=True)
class Authenticator:
    """One way to sign in.

    Attributes:
        name: the connector's word for it.
        title: the same for people.
        needs: what the settings must have: each inner tuple holds alternatives, any one of which will do.
        advice: which variables to set.
        arguments: the settings to the connector's arguments.
        variables: the settings to the variables of the Snowflake provider (schema of pulumi-snowflake 2.22).
        also: what else it uses.
        mark: what the settings must have for it to be chosen when none is named, besides `needs`; None: never chosen.
        provider_name: the provider's word for it, where that differs.
        for_people: somebody must be there while it signs in.
    """

    name: str
    title: str
    needs: tuple[tuple[str, ...], ...]
    advice: str
    arguments: Callable[[ConnectionSettings], dict[str, Any]]
    variables: Callable[[ConnectionSettings], dict[str, str]]
    also: tuple[str, ...] = ()
    mark: tuple[str, ...] | None = ()
    provider_name: str | None = None
    for_people: bool = False

    def missing(self, values: Mapping[str, object]) -> str | None:
        """Return which setting is missing, in words; None if all are there."""
        for alternatives in self.needs:
            if not any(values.get(field) for field in alternatives):
                return "the " + alternatives[0].replace("_", " ").replace("oauth", "OAuth").replace(" url", " URL")
        return None

    def uses(self, field: str) -> bool:
        """Whether a setting means anything to it."""
        return field in self.also or any(field in alternatives for alternatives in self.needs)

    def suits(self, values: Mapping[str, object]) -> bool:
        """Whether the settings have a secret for it, so that it may be chosen without being named."""
        if self.mark is None or not all(values.get(field) for field in self.mark):
            return False
        return self.missing({"user": "-", **values}) is None


WORKLOAD_IDENTITY: Final = "WORKLOAD_IDENTITY"
KEY_PAIR: Final = "SNOWFLAKE_JWT"
OAUTH_CLIENT: Final = "OAUTH_CLIENT_CREDENTIALS"
ACCESS_TOKEN: Final = "PROGRAMMATIC_ACCESS_TOKEN"  # noqa: S105 (its name)
OAUTH: Final = "OAUTH"
BROWSER: Final = "EXTERNALBROWSER"
PASSWORD_MFA: Final = "USERNAME_PASSWORD_MFA"  # noqa: S105 (its name)
PASSWORD: Final = "SNOWFLAKE"  # noqa: S105 (the authenticator's name)

# The safest first: that is the order in which one is chosen.
AUTHENTICATORS: Final[dict[str, Authenticator]] = {
    entry.name: entry
    for entry in (
        Authenticator(
            WORKLOAD_IDENTITY,
            "workload identity",
            (),
            "SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER (AWS, or OIDC with SNOWFLAKE_TOKEN_FILE_PATH)",
            arguments.workload_identity,
            variables.workload_identity,
            also=("token", "token_file_path"),
            mark=("workload_identity_provider",),
        ),
        Authenticator(
            KEY_PAIR,
            "key pair",
            (("user",), ("private_key", "private_key_path")),
            "SNOWFLAKE_USER and SNOWFLAKE_PRIVATE_KEY_PATH (or SNOWFLAKE_PRIVATE_KEY)",
            arguments.key_pair,
            variables.key_pair,
        ),
        Authenticator(
            OAUTH_CLIENT,
            "OAuth client credentials",
            (("oauth_client_id",), ("oauth_client_secret",), ("oauth_token_request_url",)),
            "SNOWFLAKE_OAUTH_CLIENT_ID, SNOWFLAKE_OAUTH_CLIENT_SECRET and SNOWFLAKE_OAUTH_TOKEN_REQUEST_URL",
            arguments.oauth_client,
            variables.oauth_client,
        ),
        Authenticator(
            ACCESS_TOKEN,
            "programmatic access token",
            (("token", "token_file_path"),),
            "SNOWFLAKE_TOKEN (or SNOWFLAKE_TOKEN_FILE_PATH)",
            arguments.token,
            variables.token,
        ),
        Authenticator(
            OAUTH,
            "OAuth token",
            (("token", "token_file_path"),),
            "SNOWFLAKE_TOKEN (or SNOWFLAKE_TOKEN_FILE_PATH)",
            arguments.token,
            variables.token,
            mark=None,
        ),
        Authenticator(
            BROWSER,
            "web browser",
            (("user",),),
            "SNOWFLAKE_USER",
            arguments.browser,
            variables.nothing,
            mark=None,
            for_people=True,
        ),
        Authenticator(
            PASSWORD_MFA,
            "password and passcode",
            (("user",), ("password",)),
            "SNOWFLAKE_USER, SNOWFLAKE_PASSWORD and SNOWFLAKE_PASSCODE",
            arguments.password_mfa,
            variables.password_mfa,
            mark=("passcode",),
            provider_name="USERNAMEPASSWORDMFA",
            for_people=True,
        ),
        Authenticator(
            PASSWORD,
            "password",
            (("user",), ("password",)),
            "SNOWFLAKE_USER and SNOWFLAKE_PRIVATE_KEY_PATH (or SNOWFLAKE_PASSWORD)",
            arguments.password,
            variables.password,
        ),
    )
}
_ALIASES: Final = {
    "JWT": KEY_PAIR,
    "KEYPAIR": KEY_PAIR,
    "KEY_PAIR": KEY_PAIR,
    "PAT": ACCESS_TOKEN,
    "WIF": WORKLOAD_IDENTITY,
    "BROWSER": BROWSER,
    "EXTERNAL_BROWSER": BROWSER,
    "USERNAMEPASSWORDMFA": PASSWORD_MFA,
    "MFA": PASSWORD_MFA,
    "PASSWORD": PASSWORD,
    "DEFAULT": PASSWORD,
}


def choose(values: Mapping[str, object], named: str | None = None) -> Authenticator:
    """Return the authenticator that is named, or else the safest one that the settings have a secret for.

    `SNOWFLAKE`, which tools write as a default, does not keep a private key or token from being used if there is no
    password; with a passcode it is `USERNAME_PASSWORD_MFA`.

    Args:
        values: the settings, by field.
        named: the authenticator that was asked for, by name or alias.

    Raises:
        UsageError: the named authenticator is none of `AUTHENTICATORS`.
    """
    name = (named or "").strip().upper()
    name = _ALIASES.get(name, name)
    if name and name not in AUTHENTICATORS:
        message = f"theia-sf cannot sign in to Snowflake with the authenticator {named!r}."
        raise UsageError(message, hint=f"Use one of {', '.join(AUTHENTICATORS)}.")
    if name == PASSWORD and values.get("password"):
        name = PASSWORD_MFA if values.get("passcode") else PASSWORD
    elif name == PASSWORD:
        name = ""
    if name:
        return AUTHENTICATORS[name]
    return next((entry for entry in AUTHENTICATORS.values() if entry.suits(values)), AUTHENTICATORS[PASSWORD])

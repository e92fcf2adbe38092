"""The ways to sign in to Snowflake. One entry each; connecting, the provider's variables and the checks all read it.

Another authenticator is another entry in `AUTHENTICATORS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from theia_sf.errors import UsageError

if TYPE_CHECKING:
    from theia_sf.snowflake.settings import ConnectionSettings


@dataclass(frozen=True)
class Authenticator:
    """One way to sign in.

    Attributes:
        name: the connector's and the provider's word for it.
        title: the same for people.
        needs: what the settings must have: each inner tuple holds alternatives, any one of which will do.
        advice: which variables to set.
        arguments: the settings to the connector's arguments.
        variables: the settings to the variables of the Snowflake provider (schema of pulumi-snowflake 2.22).
    """

    name: str
    title: str
    needs: tuple[tuple[str, ...], ...]
    advice: str
    arguments: Callable[[ConnectionSettings], dict[str, Any]]
    variables: Callable[[ConnectionSettings], dict[str, str]]

    def missing(self, values: Mapping[str, str]) -> str | None:
        """Return which setting is missing, in words; None if all are there."""
        for alternatives in self.needs:
            if not any(values.get(field) for field in alternatives):
                return "the " + alternatives[0].replace("_", " ")
        return None


def _password_arguments(settings: ConnectionSettings) -> dict[str, Any]:
    return {"password": settings.password.reveal() if settings.password else ""}


def _password_variables(settings: ConnectionSettings) -> dict[str, str]:
    return {"SNOWFLAKE_PASSWORD": settings.password.reveal() if settings.password else ""}


def _key_arguments(settings: ConnectionSettings) -> dict[str, Any]:
    from theia_sf.snowflake import keys  # noqa: PLC0415 (cryptography is needed for this way of signing in only)

    return {"private_key": keys.der(_load_key(settings))}


def _key_variables(settings: ConnectionSettings) -> dict[str, str]:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415 (as above)

    from theia_sf.snowflake import keys  # noqa: PLC0415 (as above)

    key = _load_key(settings)
    if not isinstance(key, RSAPrivateKey):  # the provider parses RSA keys only
        message = "The Snowflake provider for Pulumi signs in with RSA keys only, and this private key is an EC one."
        raise UsageError(message, hint="Give the user an RSA key as well (RSA_PUBLIC_KEY_2) and use it for onboard.")
    return {"SNOWFLAKE_PRIVATE_KEY": keys.pem(key)}


def _load_key(settings: ConnectionSettings) -> Any:
    from theia_sf.snowflake import keys  # noqa: PLC0415 (as above)

    return keys.load_private_key(
        text=settings.private_key, path=settings.private_key_path, passphrase=settings.private_key_passphrase
    )


def _token_arguments(settings: ConnectionSettings) -> dict[str, Any]:
    return {"token": settings.token.reveal() if settings.token else ""}


def _token_variables(settings: ConnectionSettings) -> dict[str, str]:
    return {"SNOWFLAKE_TOKEN": settings.token.reveal() if settings.token else ""}


PASSWORD: Final = "SNOWFLAKE"  # noqa: S105 (the authenticator's name)
KEY_PAIR: Final = "SNOWFLAKE_JWT"
ACCESS_TOKEN: Final = "PROGRAMMATIC_ACCESS_TOKEN"  # noqa: S105 (its name)

AUTHENTICATORS: Final[dict[str, Authenticator]] = {
    entry.name: entry
    for entry in (
        Authenticator(
            KEY_PAIR,
            "key pair",
            (("user",), ("private_key", "private_key_path")),
            "SNOWFLAKE_USER and SNOWFLAKE_PRIVATE_KEY_PATH (or SNOWFLAKE_PRIVATE_KEY)",
            _key_arguments,
            _key_variables,
        ),
        Authenticator(
            ACCESS_TOKEN,
            "programmatic access token",
            (("user",), ("token", "token_file_path")),
            "SNOWFLAKE_USER and SNOWFLAKE_TOKEN",
            _token_arguments,
            _token_variables,
        ),
        Authenticator(
            PASSWORD,
            "password",
            (("user",), ("password",)),
            "SNOWFLAKE_USER and SNOWFLAKE_PRIVATE_KEY_PATH (or SNOWFLAKE_PASSWORD)",
            _password_arguments,
            _password_variables,
        ),
    )
}
_ALIASES: Final = {
    "JWT": KEY_PAIR,
    "KEYPAIR": KEY_PAIR,
    "KEY_PAIR": KEY_PAIR,
    "PAT": ACCESS_TOKEN,
    "PASSWORD": PASSWORD,
    "DEFAULT": PASSWORD,
}


def choose(values: Mapping[str, str]) -> Authenticator:
    """Return the authenticator that the settings name, or else the safest one that they have a secret for.

    `SNOWFLAKE`, which tools write as a default, does not keep a private key or token from being used if there is no
    password.

    Raises:
        UsageError: the named authenticator is none of `AUTHENTICATORS`.
    """
    named = values.get("authenticator", "").strip().upper()
    named = _ALIASES.get(named, named)
    if named and named not in AUTHENTICATORS:
        message = f"theia-sf cannot sign in to Snowflake with the authenticator {values['authenticator']!r}."
        raise UsageError(message, hint=f"Use one of {', '.join(AUTHENTICATORS)}.")
    if named and not (named == PASSWORD and not values.get("password")):
        return AUTHENTICATORS[named]
    return next(
        (entry for entry in AUTHENTICATORS.values() if entry.missing({"user": "-", **values}) is None),
        AUTHENTICATORS[PASSWORD],
    )

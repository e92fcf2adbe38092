"""What a login request of Snowflake's protocol has to hold, for those who send it themselves.

The connector's own classes prove who one is, so that every authenticator works here as it does in a connection.
"""

# pyright: reportUnknownMemberType=false
# (the connector's connect() takes untyped keywords)

from __future__ import annotations

import warnings
from typing import Any

import snowflake.connector
from snowflake.connector.auth import AuthByOauthCredentials, AuthByPlugin
from snowflake.connector.errors import Error

from theia_sf.errors import UsageError
from theia_sf.snowflake import issuer
from theia_sf.snowflake.connect import sign_in_arguments, surroundings
from theia_sf.snowflake.login_errors import login_error
from theia_sf.snowflake.settings import ConnectionSettings


class _ProvenError(Exception):
    """Ends the connector's sign-in before it asks Snowflake."""

    def __init__(self, fields: dict[str, Any]) -> None:
        super().__init__("the fields of the login request are complete")
        self.fields = fields


class _Proof(snowflake.connector.SnowflakeConnection):
    """A connection that goes no further than to have its proof ready."""

    def authenticate_with_retry(self, auth_instance: AuthByPlugin) -> None:
        """Make the proof, as the connector does, and end."""
        if isinstance(auth_instance, AuthByOauthCredentials):
            issuer.tell_refusals(auth_instance)
        auth_instance.prepare(
            conn=self,
            authenticator=self._authenticator,
            service_name=self.service_name,
            account=self.account,
            user=self.user,
            password=self._password,
        )
        body: dict[str, Any] = {"data": {"ACCOUNT_NAME": self.account, "LOGIN_NAME": self.user}}
        auth_instance.update_body(body)
        raise _ProvenError(body["data"])


def login_fields(settings: ConnectionSettings) -> dict[str, Any]:
    """Return the fields of a login request's `data` that say who signs in and prove it; secrets among them.

    Blocks, a quarter of a second at times: the identity provider or AWS may be asked. The proof may be good for a
    minute only.

    Args:
        settings: of a way to sign in that needs nobody at a keyboard.

    Raises:
        ConnectionFailedError: the identity provider or AWS gave nothing to prove it with.
        UsageError: the private key cannot be read, or a setting is malformed.
    """
    try:
        with warnings.catch_warnings(), surroundings(settings.authenticator):
            warnings.simplefilter("ignore")  # the connector's advice to its programmers
            _Proof(**sign_in_arguments(settings))
    except _ProvenError as proven:
        return proven.fields
    except Error as error:
        raise login_error(error, settings) from error
    except (OSError, ValueError, TypeError) as error:
        words = str(error).partition("\n")[0] or type(error).__name__
        message = f"The Snowflake connector does not accept the settings: {words}."
        raise UsageError(message) from error
    message = "The Snowflake connector signed in by a way of its own."  # none of those in AUTHENTICATORS does
    raise UsageError(message, hint="Name another authenticator.")

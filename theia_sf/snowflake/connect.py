"""Open a Snowflake session. A login that Snowflake refuses is tried once, never again."""

# pyright: reportUnknownMemberType=false
# (the connector's connect() takes untyped keywords)

from __future__ import annotations

import logging
import socket
import sys
import warnings
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, redirect_stdout, suppress
from dataclasses import replace
from typing import Any, Final

import snowflake.connector
from snowflake.connector.auth import AuthByOauthCredentials, AuthByPlugin
from snowflake.connector.errors import Error
from snowflake.connector.network import ReauthenticationRequest

from theia_sf.errors import ConnectionFailedError, TheiaError, UsageError
from theia_sf.snowflake import issuer
from theia_sf.snowflake.authenticators import AUTHENTICATORS, BROWSER, OAUTH_CLIENT, PASSWORD, WORKLOAD_IDENTITY
from theia_sf.snowflake.connector_arguments import APPLICATION, LOGIN_TIMEOUT
from theia_sf.snowflake.identifiers import fold
from theia_sf.snowflake.login_errors import login_error, no_browser
from theia_sf.snowflake.query import fetch_all
from theia_sf.snowflake.settings import ConnectionSettings

Connection = snowflake.connector.SnowflakeConnection

# Seconds for one request and its repetitions. The connector also cancels statements after it that have no time limit of
# their own, so it is as long as the longest that should run without one.
NETWORK_TIMEOUT: Final = 900
DEFAULT_QUERY_TAG: Final = "theia-sf"

_log = logging.getLogger(__name__)
_warned_of_password = False


class _OneLogin(Connection):
    """A connection that asks Snowflake to let it in once.

    The connector's own asks again, by itself, after the numbers that it takes for those of an outlived token: with a
    new token of the OAuth issuer, a new window of the browser, or just once more.
    """

    def authenticate_with_retry(self, auth_instance: AuthByPlugin) -> None:
        """Sign in, once."""
        if isinstance(auth_instance, AuthByOauthCredentials):
            issuer.tell_refusals(auth_instance)
        try:
            self._authenticate(auth_instance)
        except ReauthenticationRequest as request:
            raise request.cause from request


def connect(
    settings: ConnectionSettings,
    *,
    database: str | None = None,
    schema: str | None = None,
    warehouse: str | None = None,
    role: str | None = None,
    query_tag: str | None = None,
) -> Connection:
    """Sign in and return the session; the caller closes it (or uses it as a context manager).

    The session runs in UTC and tags its queries. `database`, `schema`, `warehouse` and `role` win over the settings'.

    Raises:
        LoginRefusedError: Snowflake said no (UnknownWorkloadError: to a workload that it has no user for).
        ConnectionFailedError: Snowflake was not reached, or the account does not exist; there is nothing to prove the
            workload's identity with.
        UsageError: the private key cannot be read, or a name is malformed.
    """
    if settings.authenticator == PASSWORD:
        _warn_of_password()
    names = {
        "database": database or settings.database,
        "schema": schema or settings.schema,
        "warehouse": warehouse or settings.warehouse,
        "role": role or settings.role,
    }
    arguments: dict[str, Any] = {
        **sign_in_arguments(settings),
        "session_parameters": {
            "QUERY_TAG": query_tag or DEFAULT_QUERY_TAG,
            "TIMEZONE": "UTC",
            "CLIENT_TELEMETRY_ENABLED": False,
        },
        **{key: fold(value) for key, value in names.items() if value},
    }
    try:
        with warnings.catch_warnings(), surroundings(settings.authenticator):
            warnings.simplefilter("ignore")  # the connector's advice to its programmers
            return _OneLogin(**arguments)
    except Error as error:
        raise login_error(error, replace(settings, role=names["role"])) from error
    except TheiaError:
        raise
    except EOFError as error:  # the connector asked for the browser's answer, and there is nobody
        raise no_browser() from error
    except (OSError, ValueError, TypeError) as error:
        words = str(error).partition("\n")[0] or type(error).__name__
        message = f"The Snowflake connector does not accept the settings: {words}."
        raise UsageError(message) from error


def sign_in_arguments(settings: ConnectionSettings) -> dict[str, Any]:
    """Return the connector's arguments that say who signs in where, and by what.

    Raises:
        UsageError: the private key cannot be read, or a setting is malformed.
    """
    authenticator = AUTHENTICATORS[settings.authenticator]
    return {
        "account": settings.account,
        "user": settings.user,
        "host": settings.hostname,
        "port": settings.port,
        "protocol": settings.protocol,
        "authenticator": authenticator.name,
        "application": APPLICATION,
        "login_timeout": LOGIN_TIMEOUT,
        "network_timeout": NETWORK_TIMEOUT,
        "platform_detection_timeout_seconds": 0.0,  # or each login asks cloud metadata services that are not there
        "unsafe_skip_file_permissions_check": True,  # of a file that is not read here; connections_file checks it
        **authenticator.arguments(settings),
    }


@contextmanager
def session(settings: ConnectionSettings, **names: str | None) -> Generator[Connection]:
    """Sign in, and close the session at the end whatever happens; arguments and errors as `connect`."""
    connection = connect(settings, **names)
    try:
        yield connection
    finally:
        with suppress(Error, OSError):  # a session that the server or the network has ended already
            connection.close()


@contextmanager
def surroundings(authenticator: str) -> Generator[None]:
    """What a way to sign in needs around it.

    Raises:
        ConnectionFailedError: AWS does not prove the workload's identity.
    """
    with ExitStack() as stack:
        if authenticator == BROWSER:
            stack.enter_context(redirect_stdout(sys.stderr))  # the connector talks to the user on stdout
        if authenticator == OAUTH_CLIENT:
            stack.callback(socket.setdefaulttimeout, socket.getdefaulttimeout())
            socket.setdefaulttimeout(issuer.TIMEOUT)
        if authenticator == WORKLOAD_IDENTITY:
            stack.enter_context(_aws_refusals())
        yield


@contextmanager
def _aws_refusals() -> Generator[None]:
    """What AWS says no to while a workload proves its identity is a failed sign-in."""
    from theia_sf.aws.errors import AwsError, aws_errors  # noqa: PLC0415 (boto3 is needed for this way only)

    try:
        with aws_errors("prove this workload's identity to Snowflake"):
            yield
    except AwsError as error:
        hint = error.hint
        if error.code.startswith("OutboundWebIdentityFederationDisabled"):
            hint = "An administrator of the AWS account runs: aws iam enable-outbound-web-identity-federation"
        raise ConnectionFailedError(error.message, hint=hint) from error


def _warn_of_password() -> None:
    global _warned_of_password  # noqa: PLW0603 (once per process)
    if not _warned_of_password:
        _warned_of_password = True
        _log.warning(
            "Signing in to Snowflake with a password alone, which Snowflake is ending; use a key pair "
            "(SNOWFLAKE_PRIVATE_KEY_PATH) or an access token (SNOWFLAKE_TOKEN)."
        )


def signed_in_account(settings: ConnectionSettings) -> str:
    """Sign in, ask for the account's own name, sign out; needs no warehouse.

    Returns:
        ORGANIZATION-ACCOUNT, whichever form of the account the settings have.

    Raises:
        ConnectionFailedError: as `connect`.
    """
    with session(settings) as connection:
        ((organization, account),) = fetch_all(connection, "SELECT CURRENT_ORGANIZATION_NAME(), CURRENT_ACCOUNT_NAME()")
    return f"{organization}-{account}"

"""Sign in to the proxy once, as a driver would."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Final

from theia_sf.errors import ConnectionFailedError
from theia_sf.proxy.client.environment import AUTHENTICATOR, changes, trust_bundle
from theia_sf.proxy.client.target import Target
from theia_sf.snowflake.errors import LoginRefusedError, server_words
from theia_sf.snowflake.settings import ConnectionSettings

_TIMEOUT: Final = 10.0  # seconds
_ADVICE: Final = "Whoever runs the proxy makes access tokens: theia-sf proxy users add"


def sign_in(target: Target) -> tuple[str | None, str | None]:
    """Sign in and out again.

    Args:
        target: the proxy, with an access token.

    Returns:
        Role and database of the session.

    Raises:
        ConnectionFailedError: the proxy is not reached, its certificate is not trusted, or it refuses the token.
    """
    from theia_sf.snowflake.connect import session  # noqa: PLC0415 (takes a second to import)

    settings = ConnectionSettings(
        account=target.account,
        user=target.user,
        authenticator=AUTHENTICATOR,
        token=target.token,
        host=target.host,
        port=target.port,
        protocol=target.protocol,
        source=f"the sign-in to {target.url}",
    )
    with _trusting(target):
        try:
            with session(settings) as connection:
                return connection.role, connection.database
        except LoginRefusedError as error:
            raise ConnectionFailedError(_refusal(target, error), hint=_ADVICE) from error
        except ConnectionFailedError as error:
            raise _explained(target, error) from error


def _refusal(target: Target, error: LoginRefusedError) -> str:
    """The proxy's own words: what theia-sf says of a refusal speaks of Snowflake's users."""
    words = server_words(str(getattr(error.__cause__, "msg", None) or error.message))
    return f"The proxy at {target.url} refuses the sign-in: {words.rstrip('.')}."


def _explained(target: Target, error: ConnectionFailedError) -> ConnectionFailedError:
    """Why there was no connection, which the connector does not tell; asked of the proxy's TLS alone."""
    try:
        with socket.create_connection((target.host, target.port), timeout=_TIMEOUT) as plain:
            if target.protocol == "http":
                return error
            bundle = trust_bundle(target)
            context = ssl.create_default_context(cafile=str(bundle) if bundle is not None else None)
            context.wrap_socket(plain, server_hostname=target.host).close()
    except ssl.SSLCertVerificationError as reason:
        message = f"The certificate of {target.url} is not trusted: {reason.verify_message.rstrip('.')}."
        hint = "Name the authority's certificate by --ca-file: tls/ca.pem of the proxy's folder."
        return ConnectionFailedError(message, hint=hint)
    except ssl.SSLError as reason:
        words = (reason.reason or str(reason)).replace("_", " ").lower()
        message = f"What listens at {target.url} does not speak TLS as the proxy does: {words}."
        return ConnectionFailedError(message, hint="Check the port: it must be that for clients.")
    except OSError as reason:
        message = f"The proxy is not reached at {target.url}: {reason.strerror or reason}."
        return ConnectionFailedError(message, hint="Check the address, and whether the proxy runs.")
    return error


@contextmanager
def _trusting(target: Target) -> Generator[None]:
    """What the connector takes from the environment: the certificates to trust, and hosts that need no HTTP proxy."""
    wanted = changes(target, os.environ, trust_bundle(target))
    before = {name: os.environ.get(name) for name in wanted}
    try:
        _set(wanted)
        yield
    finally:
        _set(before)


def _set(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value

"""Sign in to the proxy once, as a driver would."""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager

from theia_sf.proxy.client.environment import AUTHENTICATOR, changes, trust_bundle
from theia_sf.proxy.client.target import Target
from theia_sf.snowflake.settings import ConnectionSettings


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
    with _trusting(target), session(settings) as connection:
        return connection.role, connection.database


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

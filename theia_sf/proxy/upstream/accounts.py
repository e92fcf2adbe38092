"""The accounts of the configuration, each with its identities and its connections."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from theia_sf.proxy.config.upstreams import Upstream
from theia_sf.proxy.errors import RefusalError
from theia_sf.proxy.upstream.client import AccountClient
from theia_sf.proxy.upstream.credentials import Credentials
from theia_sf.proxy.upstream.errors import NOT_SIGNED_IN
from theia_sf.proxy.upstream.settings import settings_of
from theia_sf.proxy.upstream.transport import HttpTransport, Transport
from theia_sf.snowflake.authenticators import KEY_PAIR
from theia_sf.snowflake.connector_arguments import load_key
from theia_sf.snowflake.settings import ConnectionSettings

Reader = Callable[[Upstream, str], ConnectionSettings]
Connect = Callable[[str, Upstream, str], Transport]


def read_settings(upstream: Upstream, identity: str) -> ConnectionSettings:
    """Return the settings of an identity of an account; its private key, if it has one, can be used.

    Raises:
        TheiaError: as `settings_of`, and `load_key`.
    """
    settings = settings_of(upstream.identity(identity), identity)
    if settings.authenticator == KEY_PAIR:  # now, and not at the first login of a client
        _ = load_key(settings)
    return settings


class Account:
    """One account.

    Args:
        name: in the configuration.
        config: its part of the configuration.
        read: returns the settings of an identity.
        connect: makes the connections to an endpoint.
    """

    def __init__(
        self,
        name: str,
        config: Upstream,
        read: Reader = read_settings,
        connect: Connect = HttpTransport,
    ) -> None:
        self.name = name
        self.config = config
        self._credentials = {
            identity: Credentials(identity, lambda identity=identity: read(config, identity))
            for identity in config.identities
        }
        self._connect = connect
        self._endpoints: dict[str, str] = {}
        self._clients: dict[str, AccountClient] = {}

    def credentials(self, identity: str) -> Credentials:
        """Return what an identity signs in with.

        Raises:
            RefusalError: the configuration has no such identity (any more).
        """
        if identity not in self._credentials:
            raise RefusalError(NOT_SIGNED_IN, f"The proxy knows no identity {identity} of the account {self.name}.")
        return self._credentials[identity]

    async def client(self, identity: str) -> AccountClient:
        """Return the connections by which an identity reaches the account.

        Raises:
            RefusalError: its settings cannot be had.
        """
        endpoint = self._endpoints.get(identity)
        if endpoint is None:
            endpoint = self.reached_at(identity, await self.credentials(identity).settings())
        return self._clients[endpoint]

    def reached_at(self, identity: str, settings: ConnectionSettings) -> str:
        """Note where an identity signs in, which a credential that was read anew may have changed; return it."""
        endpoint = settings.endpoint
        self._endpoints[identity] = endpoint
        if endpoint not in self._clients:
            self._clients[endpoint] = AccountClient(self.name, self._connect(self.name, self.config, endpoint))
        return endpoint

    async def close(self) -> None:
        """Close all connections."""
        for client in self._clients.values():
            await client.close()


class Accounts:
    """All accounts, by name."""

    def __init__(
        self,
        config: Mapping[str, Upstream],
        read: Reader = read_settings,
        connect: Connect = HttpTransport,
    ) -> None:
        self._accounts = {name: Account(name, entry, read, connect) for name, entry in config.items()}

    def __iter__(self) -> Iterator[Account]:
        return iter(self._accounts.values())

    def get(self, name: str) -> Account:
        """Return an account.

        Raises:
            RefusalError: the configuration has no such account (any more).
        """
        if name not in self._accounts:
            raise RefusalError(NOT_SIGNED_IN, f"The proxy knows no account {name}.")
        return self._accounts[name]

    async def close(self) -> None:
        """Close the connections to all accounts."""
        for account in self._accounts.values():
            await account.close()

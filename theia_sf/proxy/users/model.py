"""A user of the proxy, and where a request came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class ProxyUser:
    """Somebody who proved who they are.

    Attributes:
        name: as registered.
        groups: the groups that the policy knows them by.
        method: how they proved it: `token`, `password`, `jwt` or `certificate`.
        credential: names the one of theirs that did: the ID of a token, the fingerprint of a key, the name of a
            certificate, or of a password what another one would not have. No secret.
    """

    name: str
    groups: frozenset[str]
    method: str
    credential: str = ""


@dataclass(frozen=True)
class Peer:
    """The other end of a connection.

    Attributes:
        address: IP address.
        certificate_names: common name and subject alternative names of a client certificate that was verified.
    """

    address: str
    certificate_names: tuple[str, ...] = ()


class Users(Protocol):
    """Tells who a client is."""

    async def authenticate(self, login: Mapping[str, Any], account: str, peer: Peer) -> ProxyUser:
        """Return who signs in.

        Args:
            login: the `data` of a login request, as a driver sends it.
            account: name of the account in the configuration.
            peer: where the request came from.

        Raises:
            RefusalError: it is nobody, or the proof is wrong; the sentence does not tell which.
        """
        ...

    def groups(self, name: str, credential: str) -> tuple[str, ...] | None:
        """Return the groups that a user is in now, sorted; None if what was begun with a credential is over.

        That is so once the user is gone, disabled or expired, or the credential revoked, replaced or expired.
        """
        ...

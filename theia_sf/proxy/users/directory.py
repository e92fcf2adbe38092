"""The registry, indexed by what clients bring along."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from theia_sf.proxy.users.model import ProxyUser
from theia_sf.proxy.users.registry import AccessToken, RegisteredKey, Registry, User


@dataclass(frozen=True)
class Entry:
    """A user and their name, as registered."""

    name: str
    user: User

    def is_active(self, now: datetime) -> bool:
        """Whether they may use the proxy."""
        return not self.user.disabled and in_force(self.user.expires, now)

    def proven(self, method: str) -> ProxyUser:
        """Return who has proved to be this user."""
        return ProxyUser(self.name, frozenset(self.user.groups), method)

    def key(self, fingerprint: str) -> RegisteredKey | None:
        """Return the registered key with a fingerprint."""
        return next((key for key in self.user.public_keys if key.fingerprint == fingerprint), None)


class Directory:
    """Finds users.

    Args:
        registry: what the file says.
    """

    def __init__(self, registry: Registry) -> None:
        entries = [Entry(name, user) for name, user in registry.users.items()]
        self._by_name = {entry.name.casefold(): entry for entry in entries}
        self._by_token = {token.id: (entry, token) for entry in entries for token in entry.user.tokens}
        self._by_certificate = {name.lower(): entry for entry in entries for name in entry.user.certificate_names}

    def by_name(self, name: str) -> Entry | None:
        """Return the user of a name, whatever its case."""
        return self._by_name.get(name.casefold())

    def by_token(self, token_id: str) -> tuple[Entry, AccessToken] | None:
        """Return the user of an access token's ID, and the token."""
        return self._by_token.get(token_id)

    def by_certificate(self, names: tuple[str, ...]) -> Entry | None:
        """Return the user of a client certificate; None if its names are nobody's, or those of several users."""
        found = {entry.name: entry for name in names if (entry := self._by_certificate.get(name.lower()))}
        return next(iter(found.values())) if len(found) == 1 else None


def in_force(expires: datetime | None, now: datetime) -> bool:
    """Tell whether what expires then, if ever, has not yet."""
    return expires is None or now < expires


def same_name(one: str, other: str) -> bool:
    """Tell whether two names are the same user's: drivers and people change their case."""
    return one.casefold() == other.casefold()

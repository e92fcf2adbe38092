"""The registry, indexed by what clients bring along."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from theia_sf.proxy.users.registry import AccessToken, RegisteredKey, Registry, User

_MARK_LENGTH: Final = 16


@dataclass(frozen=True)
class Entry:
    """A user.

    Attributes:
        name: as registered.
        groups: sorted, each once.
        credentials: what `ProxyUser.credential` may be, with the end of each.
    """

    name: str
    user: User
    groups: tuple[str, ...]
    credentials: Mapping[str, datetime | None]

    def is_active(self, now: datetime) -> bool:
        """Whether they may use the proxy."""
        return not self.user.disabled and in_force(self.user.expires, now)

    def may_use(self, credential: str, now: datetime) -> bool:
        """Whether they may use the proxy, and one of their credentials for it."""
        found = credential in self.credentials and in_force(self.credentials[credential], now)
        return found and self.is_active(now)

    def key(self, fingerprint: str) -> RegisteredKey | None:
        """Return the registered key with a fingerprint."""
        return next((key for key in self.user.public_keys if key.fingerprint == fingerprint), None)


class Directory:
    """Finds users.

    Args:
        registry: what the file says.
    """

    def __init__(self, registry: Registry) -> None:
        entries = [_entry(name, user) for name, user in registry.users.items()]
        self._by_name = {entry.name.casefold(): entry for entry in entries}
        self._by_token = {token.id: (entry, token) for entry in entries for token in entry.user.tokens}
        self._by_certificate = {
            name.lower(): (entry, name) for entry in entries for name in entry.user.certificate_names
        }

    def by_name(self, name: str) -> Entry | None:
        """Return the user of a name, whatever its case."""
        return self._by_name.get(name.casefold())

    def by_token(self, token_id: str) -> tuple[Entry, AccessToken] | None:
        """Return the user of an access token's ID, and the token."""
        return self._by_token.get(token_id)

    def by_certificate(self, names: tuple[str, ...]) -> tuple[Entry, str] | None:
        """Return the user of a client certificate, and the first of its names that they are registered with.

        None if its names are nobody's, or those of several users.
        """
        found = [known for name in names if (known := self._by_certificate.get(name.lower()))]
        return found[0] if len({entry.name for entry, _ in found}) == 1 else None


def password_mark(encoded: str) -> str:
    """Return what names a password, by its hash: another one of the user's, even the same set anew, has another name.

    The hash has a salt of 16 random bytes, so that nobody can tell the password from it.
    """
    return "password:" + hashlib.sha256(encoded.encode()).hexdigest()[:_MARK_LENGTH]


def in_force(expires: datetime | None, now: datetime) -> bool:
    """Tell whether what expires then, if ever, has not yet."""
    return expires is None or now < expires


def same_name(one: str, other: str) -> bool:
    """Tell whether two names are the same user's: drivers and people change their case."""
    return one.casefold() == other.casefold()


def _entry(name: str, user: User) -> Entry:
    return Entry(name, user, tuple(sorted(set(user.groups))), dict(_credentials(user)))


def _credentials(user: User) -> Iterator[tuple[str, datetime | None]]:
    yield from ((token.id, token.expires) for token in user.tokens)
    yield from ((key.fingerprint, key.expires) for key in user.public_keys)
    yield from ((certificate, None) for certificate in user.certificate_names)
    if user.password is not None:
        yield password_mark(user.password), None

"""Who signs in, by what drivers can send: an access token, a password, a signed token, or a client certificate."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from theia_sf.proxy.config.upstreams import Upstream
from theia_sf.proxy.errors import RefusalError
from theia_sf.proxy.users import refusals
from theia_sf.proxy.users.access_tokens import token_id
from theia_sf.proxy.users.directory import Directory, Entry, password_mark, same_name
from theia_sf.proxy.users.failures import Failures
from theia_sf.proxy.users.hashing import LONGEST, Kind
from theia_sf.proxy.users.model import Peer, ProxyUser
from theia_sf.proxy.users.registry_file import WatchedRegistry
from theia_sf.proxy.users.signed import SignedTokens
from theia_sf.proxy.users.verified import Verifier

_BY_PASSWORD: Final = frozenset({"", "SNOWFLAKE", "USERNAME_PASSWORD_MFA"})
_BY_TOKEN: Final = {
    "PROGRAMMATIC_ACCESS_TOKEN": refusals.wrong_access_token,
    "OAUTH": refusals.wrong_oauth_token,
}


class RegisteredUsers:
    """The `Users` of the registry's file.

    Args:
        path: the file; read again when it changes.
        accounts: those of the configuration.
        clock: Unix seconds.

    Raises:
        UsageError: the file cannot be used.
    """

    def __init__(self, path: Path, accounts: Mapping[str, Upstream], *, clock: Callable[[], float] = time.time) -> None:
        self._registry = WatchedRegistry(path)
        self._clock = clock
        self._signed = SignedTokens(accounts, clock)
        self._verifier = Verifier(clock)
        self._failures = Failures(but=(refusals.BUSY, refusals.AUTHENTICATOR_UNKNOWN))

    async def authenticate(self, login: Mapping[str, Any], account: str, peer: Peer) -> ProxyUser:
        """See `Users`. Wrong proofs are counted, and after too many, none is looked at for a while.

        A token that was right a moment ago is not held up by that: nobody locks out a program that is at work.
        """
        directory, name = self._registry.current(), _text(login, "LOGIN_NAME")
        known = self._known(directory, login, name)
        if known is not None:
            return known
        guessable = _is_guessable(login) and _shown(directory, name, peer) is None
        async with self._failures.attempt(name if guessable else "", peer.address):
            return await self._proven(directory, login, account, peer)

    def groups(self, name: str, credential: str) -> tuple[str, ...] | None:
        """See `Users`."""
        entry = self._registry.current().by_name(name)
        return entry.groups if entry is not None and entry.may_use(credential, self._now()) else None

    def close(self) -> None:
        """End the threads that check proofs."""
        self._verifier.close()

    async def _proven(self, directory: Directory, login: Mapping[str, Any], account: str, peer: Peer) -> ProxyUser:
        authenticator, name = _text(login, "AUTHENTICATOR").upper(), _text(login, "LOGIN_NAME")
        if authenticator == "SNOWFLAKE_JWT":
            entry, key = self._signed.verify(directory, _text(login, "TOKEN"), account, name)
            return self._admitted(entry, "jwt", key.fingerprint, refusals.wrong_jwt)
        if authenticator in _BY_TOKEN:
            return await self._by_token(directory, _text(login, "TOKEN"), name, _BY_TOKEN[authenticator])
        if authenticator not in _BY_PASSWORD:
            raise refusals.unknown_authenticator()
        given = _text(login, "PASSWORD")
        if token_id(given):
            return await self._by_token(directory, given, name, refusals.wrong_password)
        shown = _shown(directory, name, peer)
        if shown is not None:
            # whatever the password is: clients that insist on one are given any
            return self._admitted(shown[0], "certificate", shown[1], refusals.wrong_password)
        return await self._by_password(directory, given, name)

    async def _by_token(
        self, directory: Directory, given: str, name: str, refusal: Callable[[], RefusalError]
    ) -> ProxyUser:
        found = directory.by_token(token_id(given) or "")
        entry, token = found if found is not None else (None, None)
        matched = await self._verifier.matches(token.hash if token else None, given[:LONGEST], Kind.TOKEN)
        if not matched or entry is None or token is None or (name and not same_name(name, entry.name)):
            raise refusal()
        return self._admitted(entry, "token", token.id, refusal)

    async def _by_password(self, directory: Directory, given: str, name: str) -> ProxyUser:
        if not given or len(given) > LONGEST:
            raise refusals.wrong_password()
        entry = directory.by_name(name)
        encoded = entry.user.password if entry is not None else None
        matched = await self._verifier.matches(encoded, given, Kind.PASSWORD)
        if not matched or entry is None or encoded is None:
            raise refusals.wrong_password()
        return self._admitted(entry, "password", password_mark(encoded), refusals.wrong_password)

    def _known(self, directory: Directory, login: Mapping[str, Any], name: str) -> ProxyUser | None:
        """The user of an access token that was right a moment ago."""
        authenticator = _text(login, "AUTHENTICATOR").upper()
        given = _text(login, "TOKEN" if authenticator in _BY_TOKEN else "PASSWORD")
        found = directory.by_token(token_id(given) or "") if authenticator in {*_BY_TOKEN, *_BY_PASSWORD} else None
        if found is None or (name and not same_name(name, found[0].name)):
            return None
        entry, token = found
        if not entry.may_use(token.id, self._now()) or not self._verifier.knows(token.hash, given):
            return None
        return ProxyUser(entry.name, frozenset(entry.groups), "token", token.id)

    def _admitted(self, entry: Entry, method: str, credential: str, refusal: Callable[[], RefusalError]) -> ProxyUser:
        """Who has proved to be a user, as the registry is now: to check a proof takes a while, in a crowd seconds."""
        groups = self.groups(entry.name, credential)
        if groups is None:
            raise refusal()
        return ProxyUser(entry.name, frozenset(groups), method, credential)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def _shown(directory: Directory, name: str, peer: Peer) -> tuple[Entry, str] | None:
    """Whose the client's certificate is, unless they say that they are somebody else; and which name of it tells."""
    shown = directory.by_certificate(peer.certificate_names)
    return shown if shown is not None and (not name or same_name(name, shown[0].name)) else None


def _is_guessable(login: Mapping[str, Any]) -> bool:
    """Whether it is a password: nobody guesses a token or a signature, so these lock no user out."""
    return _text(login, "AUTHENTICATOR").upper() in _BY_PASSWORD and token_id(_text(login, "PASSWORD")) is None


def _text(login: Mapping[str, Any], key: str) -> str:
    value = login.get(key)
    return value if isinstance(value, str) else ""

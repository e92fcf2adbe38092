"""Key-pair sign-in: the JSON web token that a client signs with its own registered key.

Drivers make `iss` = ACCOUNT.USER.SHA256:<fingerprint>, `sub` = ACCOUNT.USER, and times (snowflake-connector-python,
`auth/keypair.py`). Snowflake takes a token for 60 seconds from its issue time ("Key-pair authentication and key-pair
rotation: troubleshooting"), and lets it live for an hour at most ("Authenticating to the server", SQL API). A token may
come twice in its minute: two connections of one second have the same token, byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import jwt

from theia_sf.proxy.config.upstreams import Upstream
from theia_sf.proxy.users import public_keys
from theia_sf.proxy.users.directory import Directory, Entry, in_force, same_name
from theia_sf.proxy.users.refusals import JWT_EXPIRATION_TIME, JWT_ISSUE_TIME, wrong_jwt
from theia_sf.proxy.users.registry import RegisteredKey

LATEST_ARRIVAL: Final = 60.0
LONGEST_LIFE: Final = 3600.0
CLOCK_SKEW: Final = 30.0
"""Seconds that a client's clock may be off."""
LARGEST: Final = 8192
"""Characters; the signature of the longest key that drivers use leaves it far below."""
_MARK: Final = ".SHA256:"
_LATEST: Final = 1 << 40


class SignedTokens:
    """Verifies such tokens.

    Args:
        accounts: those of the configuration.
        clock: Unix seconds.
    """

    def __init__(self, accounts: Mapping[str, Upstream], clock: Callable[[], float]) -> None:
        self._accounts = {name: account_forms(name, entry) for name, entry in accounts.items()}
        self._clock = clock

    def verify(self, directory: Directory, text: str, account: str, login_name: str) -> tuple[Entry, RegisteredKey]:
        """Return whose token it is, and the key that signed it.

        Raises:
            RefusalError: 390144 it proves nothing; 394302 and 394303 it does, and its times are wrong.
        """
        issuer = _claims(text).get("iss")
        subject, _, mark = issuer.rpartition(_MARK) if isinstance(issuer, str) else ("", "", "")
        named_account, _, user = subject.partition(".")
        entry = directory.by_name(user)
        registered = entry.key("SHA256:" + mark) if entry is not None else None
        now = self._clock()
        # No work is done for nobody's sake here: only who has the key's fingerprint could tell the time of it.
        if entry is None or registered is None or not in_force(registered.expires, datetime.fromtimestamp(now, UTC)):
            raise wrong_jwt()
        claims = _verified(text, public_keys.load(registered.key))
        if claims is None or str(claims.get("sub")).upper() != subject.upper():
            raise wrong_jwt()
        if not self._is_for(account, named_account) or (login_name and not same_name(login_name, entry.name)):
            raise wrong_jwt()
        _check_times(claims, now)
        return entry, registered

    def _is_for(self, account: str, named: str) -> bool:
        forms = self._accounts.get(account, frozenset())
        return forms is None or _plain(named) in forms


def account_forms(name: str, entry: Upstream) -> frozenset[str] | None:
    """Return what may stand for an account in a client's token; None for anything.

    That is what drivers make of the account that they were told: the name in the configuration, the first label of a
    host name, or Snowflake's own identifier, with or without its organization; they cut it at its first dot, or, with
    `.global`, at its first hyphen. Where the identifier stands with the credentials only, it is not known here.
    """
    own = [identity.account or entry.account for identity in entry.identities.values()]
    known = [account for account in own if account]
    if len(known) < len(own):
        return None
    told = [name, *entry.hosts, *known, *(account.partition("-")[2] for account in known)]
    cut = [text.partition("-")[0] if ".global" in text.lower() else text.partition(".")[0] for text in told]
    return frozenset(_plain(text) for text in cut if text)


def _plain(account: str) -> str:
    return account.upper().replace("_", "-")


def _claims(text: str) -> dict[str, Any]:
    if len(text) > LARGEST:
        raise wrong_jwt()
    try:
        return jwt.decode(text, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise wrong_jwt() from error


def _verified(text: str, key: public_keys.PublicKey) -> dict[str, Any] | None:
    """The claims of a token that the key has signed; its times and audience are not looked at."""
    try:
        return jwt.decode(
            text,
            key=key,
            algorithms=[public_keys.algorithm(key)],
            options={"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False},
        )
    except (jwt.PyJWTError, ValueError, RecursionError):
        return None


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    issued, expires = _number(claims.get("iat")), _number(claims.get("exp"))
    begins = _number(claims.get("nbf", 0))  # no driver sends one; who does, means it (RFC 7519, section 4.1.5)
    if issued is None or not -CLOCK_SKEW <= now - issued <= LATEST_ARRIVAL + CLOCK_SKEW:
        raise wrong_jwt(JWT_ISSUE_TIME)
    if begins is None or now + CLOCK_SKEW < begins:
        raise wrong_jwt(JWT_ISSUE_TIME)
    if expires is None or now - CLOCK_SKEW >= expires or expires - issued > LONGEST_LIFE:
        raise wrong_jwt(JWT_EXPIRATION_TIME)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _LATEST:
        return None
    return float(value)

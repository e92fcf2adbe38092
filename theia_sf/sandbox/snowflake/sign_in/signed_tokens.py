"""JSON web tokens of issuers: the keys that verify them, and the claims that every one must have."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import jwt
from jwt import PyJWKSet

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.account import Account

ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256"]
DISCOVERY = "/.well-known/openid-configuration"
FETCH_SECONDS = 5.0
LEEWAY_SECONDS = 5


class KeysUnavailableError(Exception):
    """The keys of an issuer can't be had, or the token was signed by none of them."""


def unverified(token: str) -> dict[str, Any]:
    """The claims of a token that isn't verified yet.

    Raises:
        jwt.InvalidTokenError: it is no token.
    """
    return jwt.decode(token, options={"verify_signature": False, "verify_exp": False, "verify_aud": False})


def verified(token: str, keys: dict[str, Any], audiences: Sequence[str]) -> dict[str, Any]:
    """The claims of a token whose signature, audience and times are right.

    Args:
        token: the token.
        keys: a JSON Web Key Set.
        audiences: one of which the token must be for.

    Raises:
        jwt.InvalidTokenError: something is wrong with it.
        KeysUnavailableError: it was signed by a key that isn't in the set.
    """
    key_id = jwt.get_unverified_header(token).get("kid")
    found = [key for key in PyJWKSet.from_dict(keys).keys if key_id is None or key.key_id == key_id]
    if not found:
        raise KeysUnavailableError
    return jwt.decode(
        token,
        key=found[0],
        algorithms=ALGORITHMS,
        audience=list(audiences),
        leeway=LEEWAY_SECONDS,
        options={"require": ["iss", "sub", "aud", "exp"]},
    )


def keys_of_issuer(account: Account, issuer: str) -> dict[str, Any]:
    """The keys of an OpenID Connect issuer, by its discovery document.

    Raises:
        KeysUnavailableError.
    """
    if issuer == account.issuer.url:
        return account.issuer.jwks()
    return _fetched(str(_fetched(issuer.rstrip("/") + DISCOVERY).get("jwks_uri")))


def keys_at(account: Account, url: str) -> dict[str, Any]:
    """The key set at a URL.

    Raises:
        KeysUnavailableError.
    """
    return account.issuer.jwks() if url == account.issuer.jwks_url else _fetched(url)


def _fetched(url: str) -> dict[str, Any]:
    """A JSON document on this machine: the sandbox asks nobody else."""
    if urlsplit(url).hostname not in {"127.0.0.1", "localhost"} or urlsplit(url).scheme != "http":
        raise KeysUnavailableError
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=FETCH_SECONDS) as answer:
            return json.load(answer)
    except (OSError, ValueError) as error:
        raise KeysUnavailableError from error

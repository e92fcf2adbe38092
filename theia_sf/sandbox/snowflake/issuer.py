"""The sandbox's own token issuer: an OAuth authorization server and OpenID provider for trying sign-ins.

It issues access tokens for its registered clients (client credentials, RFC 6749 section 4.4), and ID tokens for
workloads. Its keys and clients end with the account.
"""

from __future__ import annotations

import secrets
import threading
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from theia_sf.sandbox.snowflake.catalog_base import now
from theia_sf.sandbox.snowflake.passwords import hash_password, verify_password

ALGORITHM = "ES256"
PATH = "/issuer"
LIFE = timedelta(minutes=10)


@dataclass(frozen=True)
class Client:
    """A registered client: its tokens are for one user. The secret is kept hashed."""

    id: str
    secret_hash: str = field(repr=False)
    user: str


class Issuer:
    """The issuer at `url`.

    Args:
        base_url: where the account's server listens, `http://127.0.0.1:PORT`.
        audience: for whom access tokens are; the account.
    """

    def __init__(self, base_url: str, audience: str) -> None:
        self.url = base_url + PATH
        self.audience = audience
        self._clients: dict[str, Client] = {}
        self._lock = threading.Lock()

    @property
    def jwks_url(self) -> str:
        """Where the public keys are."""
        return self.url + "/jwks"

    @property
    def token_url(self) -> str:
        """Where clients get their tokens."""
        return self.url + "/token"

    @cached_property
    def _key(self) -> tuple[str, ec.EllipticCurvePrivateKey]:
        return uuid.uuid4().hex[:12], ec.generate_private_key(ec.SECP256R1())

    def configuration(self) -> dict[str, Any]:
        """The discovery document (OpenID Connect Discovery 1.0)."""
        return {
            "issuer": self.url,
            "jwks_uri": self.jwks_url,
            "token_endpoint": self.token_url,
            "grant_types_supported": ["client_credentials"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "subject_types_supported": ["public"],
        }

    def jwks(self) -> dict[str, Any]:
        """The public keys, as a JSON Web Key Set."""
        key_id, private = self._key
        public = ECAlgorithm.to_jwk(private.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": key_id, "alg": ALGORITHM, "use": "sig"}]}

    def register(self, user: str) -> tuple[str, str]:
        """Makes a client whose tokens are for a user; returns its id and its secret."""
        secret = secrets.token_urlsafe(32)
        client = Client(f"theia-{secrets.token_hex(6)}", hash_password(secret), user)
        with self._lock:
            self._clients[client.id] = client
        return client.id, secret

    def authenticated(self, client_id: str, secret: str) -> Client | None:
        """The client, if the secret is its own."""
        with self._lock:
            client = self._clients.get(client_id)
        return client if client is not None and verify_password(secret, client.secret_hash) else None

    def access_token(self, user: str, scopes: list[str], *, life: timedelta = LIFE) -> str:
        """An access token for the account, for a user."""
        return self._signed(user, self.audience, {"scp": scopes}, life)

    def id_token(self, subject: str, audience: str, *, life: timedelta = LIFE) -> str:
        """An ID token of a workload."""
        return self._signed(subject, audience, {}, life)

    def _signed(self, subject: str, audience: str, claims: dict[str, Any], life: timedelta) -> str:
        key_id, private = self._key
        issued = now()
        # one that has ended already was issued before it ended
        begin = min(issued, issued + life - LIFE) if life < timedelta(0) else issued
        standard = {
            "iss": self.url,
            "sub": subject,
            "aud": audience,
            "iat": begin,
            "exp": issued + life,
            "jti": str(uuid.uuid4()),
        }
        return jwt.encode({**standard, **claims}, private, algorithm=ALGORITHM, headers={"kid": key_id})

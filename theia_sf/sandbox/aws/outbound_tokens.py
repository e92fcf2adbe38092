"""The tokens by which an AWS identity proves itself elsewhere: the issuer behind GetWebIdentityToken.

An account has an issuer of its own once the federation is enabled, as on AWS ("Getting started with outbound identity
federation" of the IAM User Guide). The claims are those of "Understanding token claims" there; of the AWS-specific ones
those that the sandbox knows: account, region, principal and its tags, the session's end, the request's tags.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from theia_sf.sandbox.aws.identities import KeyIdentity

ALGORITHMS: Final = ("ES384", "RS256")
AWS_CLAIMS: Final = "https://sts.amazonaws.com/"
_RSA_BITS: Final = 2048

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass
class Federation:
    """What the sandbox's STS keeps for outbound tokens: its signing keys, and the issuers of the accounts."""

    issuers: dict[str, str] = field(default_factory=dict[str, str])
    enabled: set[str] = field(default_factory=set[str])
    keys: dict[str, tuple[str, PrivateKey]] = field(default_factory=dict[str, tuple[str, PrivateKey]], repr=False)


_lock = threading.RLock()
_federation = Federation()


def reset() -> None:
    """Forget issuers and keys, as a new sandbox begins."""
    with _lock:
        _federation.issuers.clear()
        _federation.enabled.clear()
        _federation.keys.clear()


def issuer_of(account_id: str) -> str:
    """The account's issuer, `https://UUID.tokens.sts.global.api.aws`; the same until the sandbox stops."""
    with _lock:
        return _federation.issuers.setdefault(account_id, f"https://{uuid.uuid4()}.tokens.sts.global.api.aws")


def is_enabled(account_id: str) -> bool:
    """Whether the account's identities may ask for tokens; at first they may not, as on AWS."""
    with _lock:
        return account_id in _federation.enabled


def set_enabled(account_id: str, enabled: bool) -> None:
    """Switch the account's federation on or off."""
    with _lock:
        if enabled:
            _federation.enabled.add(account_id)
        else:
            _federation.enabled.discard(account_id)


def jwks() -> dict[str, Any]:
    """The public keys that verify the tokens of every account: a JSON Web Key Set (RFC 7517)."""
    with _lock:
        keys = [(algorithm, *_key(algorithm)) for algorithm in ALGORITHMS]
    return {
        "keys": [
            {**_public(private), "kid": key_id, "alg": algorithm, "use": "sig"} for algorithm, key_id, private in keys
        ]
    }


def issue(
    identity: KeyIdentity,
    *,
    audience: Sequence[str],
    algorithm: str,
    lifetime: timedelta,
    region: str,
    principal_tags: Mapping[str, str],
    request_tags: Mapping[str, str],
) -> tuple[str, datetime]:
    """A signed token for the holder of a key.

    Args:
        identity: whose token it is. The subject is the user's ARN, or the role's with its path.
        audience: for whom; one makes `aud` a string, several a list.
        algorithm: one of `ALGORITHMS`.
        lifetime: how long the token is valid.
        region: where it was asked for.
        principal_tags: the tags of the user or role.
        request_tags: the tags of the request.

    Returns:
        The token and when it ends.
    """
    issued = datetime.now(UTC).replace(microsecond=0)
    subject = identity.role_arn or identity.arn
    details: dict[str, Any] = {
        "aws_account": identity.account,
        "source_region": region,
        "principal_id": subject,
    }
    if identity.expires_at is not None:
        details["original_session_exp"] = identity.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    if principal_tags:
        details["principal_tags"] = dict(principal_tags)
    if request_tags:
        details["request_tags"] = dict(request_tags)
    claims = {
        "iss": issuer_of(identity.account),
        "sub": subject,
        "aud": audience[0] if len(audience) == 1 else list(audience),
        "iat": issued,
        "exp": issued + lifetime,
        "jti": str(uuid.uuid4()),
        AWS_CLAIMS: details,
    }
    with _lock:
        key_id, private = _key(algorithm)
    return jwt.encode(claims, private, algorithm=algorithm, headers={"kid": key_id}), issued + lifetime


def _key(algorithm: str) -> tuple[str, PrivateKey]:
    """The signing key, made when it is first asked for: an RSA key takes time that most sandboxes need not spend."""
    if algorithm not in _federation.keys:
        private = (
            ec.generate_private_key(ec.SECP384R1())
            if algorithm == "ES384"
            else rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS)
        )
        _federation.keys[algorithm] = (f"{algorithm}_{uuid.uuid4().hex[:12]}", private)
    return _federation.keys[algorithm]


def _public(private: PrivateKey) -> dict[str, Any]:
    if isinstance(private, rsa.RSAPrivateKey):
        return dict(RSAAlgorithm.to_jwk(private.public_key(), as_dict=True))
    return dict(ECAlgorithm.to_jwk(private.public_key(), as_dict=True))

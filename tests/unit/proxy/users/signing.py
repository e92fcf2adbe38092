"""Signed tokens as drivers make them, and a directory with their public keys."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from theia_sf.proxy.config.upstreams import Identity, Upstream
from theia_sf.proxy.users.directory import Directory
from theia_sf.proxy.users.registry import Registry

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

NOW = 1_800_000_000.0
KEYS: dict[str, Key] = {
    "RS256": rsa.generate_private_key(65537, 2048),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "ES384": ec.generate_private_key(ec.SECP384R1()),
    "ES512": ec.generate_private_key(ec.SECP521R1()),
}
STRANGERS: dict[str, Key] = {
    "RS256": rsa.generate_private_key(65537, 2048),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
}
ACCOUNTS = {
    "flows": Upstream(account="myorg-flow_logs", hosts=("snow.example.com",), identities={"default": Identity()}),
    "other": Upstream(account="ab12345.eu-west-1", identities={"default": Identity()}),
    "worldwide": Upstream(account="acme-x1.global", identities={"default": Identity()}),
    "unknown": Upstream(identities={"default": Identity(connection="elsewhere")}),
}


def der(key: Key) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def fingerprint(key: Key) -> str:
    return "SHA256:" + base64.b64encode(hashlib.sha256(der(key)).digest()).decode()


def directory(**changes: Any) -> Directory:
    """alice has all keys; bob has none."""
    keys = [{"key": base64.b64encode(der(key)).decode(), **changes} for key in KEYS.values()]
    return Directory(Registry.model_validate({"users": {"alice": {"public_keys": keys}, "b.ob@example.com": {}}}))


def claims(key: Key, *, account: str = "FLOWS", user: str = "ALICE", **changes: Any) -> dict[str, Any]:
    subject = f"{account}.{user}"
    made = {"iss": f"{subject}.{fingerprint(key)}", "sub": subject, "iat": int(NOW), "exp": int(NOW) + 60, **changes}
    return {name: value for name, value in made.items() if value is not ...}


def signed(algorithm: str = "RS256", *, by: Key | None = None, **changes: Any) -> str:
    key = KEYS[algorithm]
    body = json.dumps(claims(key, **changes)).encode()
    return jwt.PyJWS().encode(body, by or key, algorithm=algorithm)  # which does not look at the claims

"""A registry in a file, and who is in it."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
import pytest
from argon2 import PasswordHasher
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from theia_sf.proxy.config.upstreams import Identity, Upstream
from theia_sf.proxy.errors import RefusalError
from theia_sf.proxy.users import changes, hashing, public_keys
from theia_sf.proxy.users.authentication import RegisteredUsers
from theia_sf.proxy.users.model import Peer, ProxyUser
from theia_sf.secret import Secret

PASSWORD = "correct horse battery"
RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP384R1())
ADDRESS = "192.0.2.7"
ACCOUNTS = {
    "flows": Upstream(account="myorg-flow_logs", hosts=("snow.example.com",), identities={"default": Identity()}),
    "other": Upstream(account="ab12345.eu-west-1", identities={"default": Identity()}),
    "unknown": Upstream(identities={"default": Identity(connection="elsewhere")}),
}


def public_text(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return base64.b64encode(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


def fingerprint(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return public_keys.fingerprint(public_text(key))


@dataclass
class Place:
    """The registry of a test: alice has everything, bob a token, carol a password; tokens by user."""

    path: Path
    users: RegisteredUsers
    tokens: dict[str, str]
    now: float = field(default_factory=time.time)

    def sign_in(self, login: Mapping[str, Any], *, account: str = "flows", peer: Peer | None = None) -> ProxyUser:
        return asyncio.run(self.users.authenticate(login, account, peer or Peer(ADDRESS)))

    def signed(self, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> dict[str, str]:
        """The sign-in of alice's driver with a key."""
        claims = {"iss": f"FLOWS.ALICE.{fingerprint(key)}", "sub": "FLOWS.ALICE"}
        times = {"iat": int(self.now), "exp": int(self.now) + 60}
        algorithm = "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES384"
        return {"AUTHENTICATOR": "SNOWFLAKE_JWT", "TOKEN": jwt.encode({**claims, **times}, key, algorithm)}

    def goes_on(self, user: ProxyUser) -> bool:
        """Whether the sessions of who signed in go on."""
        return self.users.groups(user.name, user.credential) is not None

    def refused(self, login: Mapping[str, Any], *, account: str = "flows", peer: Peer | None = None) -> RefusalError:
        with pytest.raises(RefusalError) as caught:
            self.sign_in(login, account=account, peer=peer)
        return caught.value


CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@pytest.fixture(autouse=True)
def _cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords at next to no cost: what is tested here is not how long it takes."""
    monkeypatch.setitem(hashing.HASHERS, hashing.Kind.PASSWORD, CHEAP)


@pytest.fixture(scope="module")
def registered(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, dict[str, str]]:
    """A registry's file, and the tokens of those in it."""
    path = tmp_path_factory.mktemp("registry") / "users.yaml"
    everything = changes.NewCredentials(
        groups=("analysts", "ops"),
        token=True,
        password=Secret(PASSWORD, mask=False),
        public_keys=(public_text(RSA_KEY), public_text(EC_KEY)),
        certificate_names=("alice.example.com",),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(hashing.HASHERS, hashing.Kind.PASSWORD, CHEAP)
        added = changes.add(path, "alice", everything), changes.add(path, "bob", changes.NewCredentials(token=True))
        changes.add(path, "carol", changes.NewCredentials(password=Secret("carol's own password", mask=False)))
    return path.read_bytes(), {entry.name: entry.token.reveal() for entry in added if entry.token is not None}


@pytest.fixture
def place(tmp_path: Path, registered: tuple[bytes, dict[str, str]]) -> Iterator[Place]:
    path = tmp_path / "users.yaml"
    path.touch(0o600)
    path.write_bytes(registered[0])
    users = RegisteredUsers(path, ACCOUNTS, clock=lambda: made.now)
    made = Place(path, users, registered[1])
    yield made
    users.close()

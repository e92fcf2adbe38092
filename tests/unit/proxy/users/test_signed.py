"""Signed tokens: those of drivers get in, and nothing that was made of them does."""

from __future__ import annotations

import base64
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from snowflake.connector.auth import AuthByKeyPair

from tests.unit.proxy.users.signing import ACCOUNTS, KEYS, NOW, STRANGERS, claims, directory, fingerprint, signed
from theia_sf.proxy.errors import RefusalError
from theia_sf.proxy.users.signed import SignedTokens

DIRECTORY = directory()
VERIFIER = SignedTokens(ACCOUNTS, lambda: NOW)


def verify(token: str, account: str = "flows", login_name: str = "", verifier: SignedTokens = VERIFIER) -> str:
    entry, key = verifier.verify(DIRECTORY, token, account, login_name)
    assert key in entry.user.public_keys
    return entry.name


def code_of(token: str, account: str = "flows", login_name: str = "") -> str | None:
    with pytest.raises(RefusalError) as caught:
        verify(token, account, login_name)
    assert caught.value.message == "JWT token is invalid."
    return caught.value.code


@pytest.mark.parametrize("algorithm", list(KEYS))
@pytest.mark.parametrize("login_name", ["", "alice", "ALICE"])
def test_a_registered_key_signs_its_user_in(algorithm: str, login_name: str) -> None:
    assert verify(signed(algorithm), login_name=login_name) == "alice"


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "ES384", "ES512"])
@pytest.mark.parametrize(
    ("told", "account"),
    [
        ("flows", "flows"),
        ("myorg-flow_logs", "flows"),
        ("myorg-flow-logs", "flows"),
        ("flow_logs", "flows"),
        ("snow", "flows"),
        ("snow.example.com", "flows"),
        ("ab12345.eu-west-1", "other"),
        ("AB12345", "other"),
        ("acme-x1.global", "worldwide"),
        ("whatever.it.is", "unknown"),
    ],
)
def test_what_the_connector_signs_is_taken(
    algorithm: str, told: str, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JWT_LIFETIME_IN_SECONDS", raising=False)
    driver = AuthByKeyPair(private_key=KEYS[algorithm])  # pyright: ignore[reportArgumentType] - it takes EC keys, too
    token = driver.prepare(account=told, user="Alice")
    issued = jwt.decode(token, options={"verify_signature": False})["iat"]
    assert verify(token, account, "Alice", SignedTokens(ACCOUNTS, lambda: issued + 1)) == "alice"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"account": "OTHER"}, "390144"),
        ({"account": ""}, "390144"),
        ({"user": "BOB"}, "390144"),
        ({"user": "B.OB@EXAMPLE.COM"}, "390144"),
        ({"user": ""}, "390144"),
        ({"sub": "FLOWS.BOB"}, "390144"),
        ({"sub": ...}, "390144"),
        ({"sub": 5}, "390144"),
        ({"iss": ...}, "390144"),
        ({"iss": ["FLOWS.ALICE"]}, "390144"),
        ({"iss": "FLOWS.ALICE"}, "390144"),
        ({"iss": "FLOWS.ALICE.SHA256:"}, "390144"),
        ({"iss": "FLOWS.ALICE." + fingerprint(STRANGERS["RS256"])}, "390144"),
        ({"iat": ...}, "394302"),
        ({"iat": NOW - 91}, "394302"),
        ({"iat": NOW + 31}, "394302"),
        ({"iat": "1800000000"}, "394302"),
        ({"iat": True}, "394302"),
        ({"iat": float("nan")}, "394302"),
        ({"exp": ...}, "394303"),
        ({"exp": NOW - 31}, "394303"),
        ({"exp": NOW + 3601}, "394303"),
        ({"exp": 10**400}, "394303"),
        ({"exp": float("inf")}, "394303"),
        ({"exp": None}, "394303"),
        ({"nbf": NOW + 31}, "394302"),
        ({"nbf": "now"}, "394302"),
    ],
)
def test_claims_that_are_not_right(changes: dict[str, Any], code: str) -> None:
    assert code_of(signed(**changes)) == code


@pytest.mark.parametrize(
    "changes",
    [{"iat": NOW - 89}, {"iat": NOW + 29}, {"exp": NOW - 29}, {"iat": NOW, "exp": NOW + 3600}, {"nbf": NOW + 29}],
)
def test_clocks_may_be_off_a_little(changes: dict[str, Any]) -> None:
    assert verify(signed(**changes)) == "alice"


def test_of_times_hears_only_who_has_the_key() -> None:
    assert code_of(signed(by=STRANGERS["RS256"], iat=NOW - 4000, exp=NOW - 3000)) == "390144"


def test_another_login_name_is_refused() -> None:
    assert code_of(signed(), login_name="bob") == "390144"


def test_a_key_ends_at_its_time() -> None:
    ended = directory(expires="2020-01-01T00:00:00Z")
    with pytest.raises(RefusalError) as caught:
        VERIFIER.verify(ended, signed(), "flows", "")
    assert caught.value.code == "390144"


def test_the_header_does_not_choose_the_algorithm() -> None:
    public = KEYS["RS256"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    body = claims(KEYS["RS256"])
    forged = [
        jwt.encode(body, None, algorithm="none"),
        by_hand({"alg": "HS256", "typ": "JWT"}, body, public),
        jwt.encode(body, KEYS["RS256"], algorithm="RS512"),
        jwt.encode(body, KEYS["RS256"], algorithm="PS256"),
        jwt.encode(body, KEYS["ES256"], algorithm="ES256"),  # a key of hers, yet not the one that it names
    ]
    for token in forged:
        assert code_of(token) == "390144"


def by_hand(header: dict[str, Any], body: dict[str, Any], secret: bytes) -> str:
    """A token with the public key as the secret of a MAC, which PyJWT itself refuses to make."""
    import hashlib  # noqa: PLC0415 (of this forgery only)
    import hmac  # noqa: PLC0415 (as above)

    text = b".".join(encoded(json.dumps(part).encode()) for part in (header, body))
    return (text + b"." + encoded(hmac.new(secret, text, hashlib.sha256).digest())).decode()


def encoded(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


GOOD = {algorithm: signed(algorithm) for algorithm in KEYS}


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(list(GOOD)), st.data())
def test_no_mangled_token_gets_in(algorithm: str, data: st.DataObject) -> None:
    token = GOOD[algorithm]
    place = data.draw(st.integers(0, len(token) - 1))
    length = data.draw(st.integers(0, 8))
    inserted = data.draw(st.text(alphabet="ABCabc019-_.=\n é", max_size=8))
    mangled = token[:place] + inserted + token[place + length :]
    if _meaning(mangled) == _meaning(token):
        return  # the same bytes in another spelling: base64 has spare bits at its end
    assert code_of(mangled) == "390144"


def _meaning(token: str) -> list[bytes] | None:
    try:
        return [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in token.split(".")]
    except ValueError:
        return None


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200) | st.text(alphabet="eyJ.{}[]0A-_", max_size=400))
def test_no_text_is_more_than_a_refusal(text: str) -> None:
    assert code_of(text) == "390144"


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "x" * 100_000,
        "\ud800.a.b",
        ".".join(encoded(part).decode() for part in (b"[" * 2000, b"{}", b"")),
        ".".join(encoded(part).decode() for part in (b'{"alg":"RS256"}', b"[" * 2000, b"x")),
        ".".join(encoded(part).decode() for part in (b'{"alg":"RS256"}', b'"text"', b"x")),
        ".".join(encoded(part).decode() for part in (b'{"alg":["RS256"]}', b"{}", b"x")),
        ".".join(encoded(part).decode() for part in (b'{"alg":"RS256","crit":["x"]}', b"{}", b"x")),
    ],
)
def test_hostile_texts(token: str) -> None:
    assert code_of(token) == "390144"

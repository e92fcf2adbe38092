"""Public keys out of the files that people have."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from theia_sf.errors import UsageError
from theia_sf.snowflake.public_keys import read_public_key

RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())


def encoded(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, encoding: Encoding = Encoding.DER) -> bytes:
    return key.public_key().public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize("key", [RSA, EC], ids=["rsa", "ec"])
@pytest.mark.parametrize("form", ["pem", "der", "base64", "lines of base64", "pem with text around"])
def test_every_form_is_read_as_the_same_one_line(tmp_path, key, form):
    der, pem = encoded(key), encoded(key, Encoding.PEM)
    content = {
        "pem": pem,
        "der": der,
        "base64": base64.b64encode(der),
        "lines of base64": base64.encodebytes(der),
        "pem with text around": b"my key\n" + pem + b"\n",
    }[form]
    path = tmp_path / "key.pub"
    path.write_bytes(content)
    assert read_public_key(path) == base64.b64encode(der).decode()


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_a_private_key_is_refused_and_the_hint_makes_a_public_one(tmp_path, form):
    path = tmp_path / "key.p8"
    path.write_bytes(RSA.private_bytes(Encoding.PEM, form, NoEncryption()))
    with pytest.raises(UsageError, match="holds a private key") as refused:
        read_public_key(path)
    assert f"openssl pkey -in {path} -pubout" in str(refused.value.hint)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "holds no public key"),
        (b"ssh-rsa AAAA me@host", "holds no public key"),
        (b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "holds no public key"),
        (RSA.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()), "holds no public key"),
        (encoded(rsa.generate_private_key(65537, 1024)), "has 1024 bits"),
        (
            ed25519.Ed25519PrivateKey.generate()
            .public_key()
            .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
            "neither RSA nor EC",
        ),
    ],
    ids=["empty", "openssh", "broken", "private der", "short", "ed25519"],
)
def test_what_snowflake_would_not_take_is_refused(tmp_path, content, message):
    path = tmp_path / "key.pub"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=message):
        read_public_key(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UsageError, match="No such file"):
        read_public_key(tmp_path / "none")

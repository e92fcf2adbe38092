from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from theia_sf.errors import UsageError
from theia_sf.secret import Secret, redact
from theia_sf.snowflake import keys

RSA = rsa.generate_private_key(65537, 2048)
PASSPHRASE = "pass phrase"
PEM = RSA.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
LOCKED = RSA.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSPHRASE.encode())).decode()
TRADITIONAL = RSA.private_bytes(
    Encoding.PEM, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(PASSPHRASE.encode())
).decode()
DER = RSA.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
EXPECTED = keys.fingerprint(RSA)


@pytest.mark.parametrize(
    "text",
    [
        PEM,
        PEM.strip(),
        PEM.replace("\n", " "),
        PEM.replace("\n", "\\n"),
        PEM.replace("\n", "\r\n"),
        "".join(PEM.split("\n")),
        base64.b64encode(DER).decode(),
        "".join(PEM.strip().split("\n")[1:-1]),
        "Bag Attributes\n  friendlyName: x\n" + PEM,
        "\ufeff" + PEM,
    ],
)
def test_text_in_every_shape_it_arrives_in(text: str) -> None:
    assert keys.fingerprint(keys.load_private_key(text=Secret(text))) == EXPECTED
    assert keys.fingerprint(keys.load_private_key(text=Secret(text), passphrase=Secret("stale-one"))) == EXPECTED


@pytest.mark.parametrize("text", [LOCKED, LOCKED.replace("\n", " "), TRADITIONAL, TRADITIONAL.replace("\n", " ")])
def test_encrypted_text(text: str) -> None:
    assert keys.fingerprint(keys.load_private_key(text=Secret(text), passphrase=Secret(PASSPHRASE))) == EXPECTED
    with pytest.raises(UsageError, match="is encrypted, and no passphrase was given"):
        keys.load_private_key(text=Secret(text))
    with pytest.raises(UsageError, match="The passphrase given does not open"):
        keys.load_private_key(text=Secret(text), passphrase=Secret("wrong-one"))


@pytest.mark.parametrize("data", [PEM.encode(), DER])
def test_files(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(data)
    path.chmod(0o600)
    assert keys.fingerprint(keys.load_private_key(path=path)) == EXPECTED


def test_an_elliptic_key_and_one_that_snowflake_cannot_use() -> None:
    curve = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    assert keys.fingerprint(keys.load_private_key(text=Secret(curve.decode()))).startswith("SHA256:")
    edwards = ed25519.Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(UsageError, match="neither RSA nor EC"):
        keys.load_private_key(text=Secret(edwards.decode()))


@pytest.mark.parametrize("text", ["nonsense!", "AAAA", PEM[:200], PEM.replace("A", "B")])
def test_garbage_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        keys.load_private_key(text=Secret(text))
    assert text.strip() not in f"{refused.value.message} {refused.value.hint}"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        keys.load_private_key(path=tmp_path / "none")


def test_the_key_is_masked_once_it_is_text() -> None:
    assert redact(f"state: {keys.pem(RSA)}") == "state: ***"


def test_the_fingerprint_is_openssls(tmp_path: Path) -> None:
    public = RSA.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "public.der").write_bytes(public)
    done = subprocess.run(
        ["openssl", "dgst", "-sha256", "-binary", tmp_path / "public.der"], capture_output=True, check=True
    )
    assert f"SHA256:{base64.b64encode(done.stdout).decode()}" == EXPECTED


def test_an_encrypted_der_file_and_its_passphrase(tmp_path: Path) -> None:
    path = tmp_path / "key.der"
    path.write_bytes(RSA.private_bytes(Encoding.DER, PrivateFormat.PKCS8, BestAvailableEncryption(PASSPHRASE.encode())))
    path.chmod(0o400)
    assert keys.fingerprint(keys.load_private_key(path=path, passphrase=Secret(PASSPHRASE))) == EXPECTED
    with pytest.raises(UsageError, match="The passphrase given does not open the private key in") as refused:
        keys.load_private_key(path=path, passphrase=Secret("wrong-one"))
    assert "SNOWFLAKE_PRIVATE_KEY_PASSPHRASE" in str(refused.value.hint)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_file_that_others_can_read_or_change_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key.p8"
    path.write_text(PEM)
    path.chmod(mode)
    with pytest.raises(UsageError, match=f"mode {mode:04o}") as refused:
        keys.load_private_key(path=path)
    assert refused.value.hint == f"Run: chmod 600 {path}"


def test_the_text_is_called_what_its_source_calls_it() -> None:
    with pytest.raises(UsageError, match="The private key in the secret x cannot be read"):
        keys.load_private_key(text=Secret(PEM.replace("M", "N")), name="the secret x")


@pytest.mark.parametrize("text", [PEM, PEM.replace("\n", " "), base64.b64encode(DER).decode()])
def test_a_key_in_the_place_of_its_path_is_not_repeated(text: str) -> None:
    with pytest.raises(UsageError, match="The path of the private key file holds the private key itself") as refused:
        keys.load_private_key(path=Path(text))
    assert refused.value.hint == "Put it into SNOWFLAKE_PRIVATE_KEY, and unset SNOWFLAKE_PRIVATE_KEY_PATH."


def test_a_public_key_is_named_as_one() -> None:
    public = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    with pytest.raises(UsageError, match="is a public key"):
        keys.load_private_key(text=Secret(public))

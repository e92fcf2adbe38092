"""`theia-sf grafana`: what is refused before any account is asked; nothing is written then."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from theia_sf.cli import console
from theia_sf.cli.main import run
from theia_sf.secret import Secret
from theia_sf.snowflake.keys import pem
from theia_sf.snowflake.public_keys import public_text

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    folder = tmp_path / "keys"
    folder.mkdir()
    texts = {
        "rsa.p8": pem(RSA),
        "ec.p8": pem(ec.generate_private_key(ec.SECP256R1())),
        "rsa.pub": f"-----BEGIN PUBLIC KEY-----\n{public_text(RSA.public_key())}\n-----END PUBLIC KEY-----\n",
        "empty": "\n",
        "passphrase": "x",
        "open": pem(RSA),
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o644 if name == "open" else 0o600)
    return folder


@pytest.mark.parametrize(
    ("arguments", "sentence", "hint"),
    [
        (["--private-key-path", "{keys}/ec.p8"], "signs in with RSA keys only", "theia-sf keypair --help"),
        (["--private-key-path", "{keys}/rsa.pub"], "is a public key", "RSA or EC private key"),
        (["--private-key-path", "{keys}/nothing"], "does not exist", "Check the path"),
        (["--private-key-path", "{keys}"], "cannot be read", ""),
        (["--private-key-path", "{keys}/open"], "Others than you can read", "chmod 600"),
        (["--token-file", "{keys}/empty"], "is empty", "nothing else"),
        (["--password-file", "{keys}/empty"], "is empty", "nothing else"),
        (["--passphrase-file", "{keys}/passphrase"], "without the private key", "--private-key-path FILE"),
        (["--auth", "kerberos"], "does not sign in by 'kerberos'", "key-pair, access-token, password"),
        (["--auth", "password", "--private-key-path", "{keys}/rsa.p8"], "is for --auth key-pair", "Leave out --auth"),
        (["--token-file", "{keys}/rsa.p8", "--password-file", "{keys}/rsa.p8"], "exclude each other", ""),
        (["--plugin-version", "1.9.1"], "does not fit the data source", "2.1.0"),
        (["--plugin-version", "newest"], "Not a version of Grafana's plugin", "2.1.0"),
        (["--port", "70000"], "less than or equal to 65535", "--help"),
        (["--output", "{keys}/rsa.p8"], "is not a folder", "--output"),
        (["--output", "{keys}"], "holds files that theia-sf did not write", "--force"),
        (["--output", "{keys}/rsa.p8/below/it"], "cannot be made in {keys}/rsa.p8.", "--output"),
        (["-----BEGIN PRIVATE KEY-----"], "No such option", "--help"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_what_is_refused(
    keys: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments, sentence, hint
) -> None:
    monkeypatch.chdir(keys.parent)
    before = {file: file.read_bytes() for file in keys.iterdir()}
    code = run(["grafana", "provision", *(argument.format(keys=keys) for argument in arguments)])
    captured = capsys.readouterr()
    assert (code, captured.out) == (2, ""), captured.err
    error, _, hinted = captured.err.partition("\nHint: ")
    assert error.startswith("Error: ")
    assert sentence.format(keys=keys) in error
    assert hint in hinted
    assert pem(RSA) not in captured.err
    assert {file: file.read_bytes() for file in keys.iterdir()} == before
    assert [file.name for file in keys.parent.iterdir()] == ["keys"]


def test_nothing_was_provisioned(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["grafana", "open"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == (
        f"Error: Grafana was not provisioned in {tmp_path}/theia-sf-grafana.\n"
        f"Hint: Run: theia-sf grafana provision --output {tmp_path}/theia-sf-grafana\n"
    )


@pytest.mark.parametrize(
    ("typed", "code", "said"), [("right", 3, "No Snowflake account"), ("wrong", 2, "does not open")]
)
def test_the_passphrase_is_asked_for(
    keys: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], typed: str, code: int, said: str
) -> None:
    monkeypatch.chdir(keys.parent)
    encrypted = RSA.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"right"))
    (keys / "rsa.p8").write_bytes(encrypted)
    monkeypatch.setattr(console, "is_interactive", lambda: True)
    monkeypatch.setattr(console, "ask_hidden", lambda _question: Secret(typed))
    assert run(["grafana", "provision", "--private-key-path", str(keys / "rsa.p8")]) == code
    assert said in capsys.readouterr().err

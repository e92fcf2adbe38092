"""Secrets as Kubernetes mounts them: the group may read them, as the container does not run as their owner."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from theia_sf.errors import UsageError
from theia_sf.proxy.config.upstreams import Identity
from theia_sf.proxy.upstream.settings import settings_of
from theia_sf.snowflake.keys import load_private_key
from theia_sf.snowflake.login_fields import login_fields

KEY = ec.generate_private_key(ec.SECP256R1())
PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER


def mounted(folder: Path, name: str, data: bytes, mode: int = 0o440) -> Path:
    """A file behind two links, as an update swaps them."""
    (folder / "..2026").mkdir(exist_ok=True)
    (folder / "..2026" / name).write_bytes(data)
    (folder / "..2026" / name).chmod(mode)
    if not (folder / "..data").exists():
        (folder / "..data").symlink_to("..2026")
    (folder / name).symlink_to(f"..data/{name}")
    return folder / name


@pytest.mark.parametrize("encoding", [PEM, DER])
def test_a_private_key(tmp_path: Path, encoding: serialization.Encoding) -> None:
    text = KEY.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = mounted(tmp_path, "key.p8", text)
    found = settings_of(Identity(account="ORG-ACC", user="SVC", private_key_path=path), "svc", {})
    assert found.authenticator == "SNOWFLAKE_JWT"
    assert load_private_key(text=found.private_key, path=found.private_key_path).public_key() == KEY.public_key()


def test_a_private_key_in_a_folder_that_cannot_be_entered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "key.p8"

    def refused(_: Path, **options: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    identity = Identity(account="ORG-ACC", user="SVC", private_key_path=path)
    monkeypatch.setattr(Path, "stat", refused)
    with pytest.raises(UsageError, match=r"key\.p8 cannot be read: Permission denied") as caught:
        settings_of(identity, "svc", {})
    assert "enter its folder" in str(caught.value.hint)


def test_a_private_key_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "key.p8", Path(__file__) / "key.p8"):
        found = settings_of(Identity(account="ORG-ACC", user="SVC", private_key_path=path), "svc", {})
        with pytest.raises(UsageError, match=r"key\.p8"):
            login_fields(found)


def test_tokens_and_passwords(tmp_path: Path) -> None:
    token, password = mounted(tmp_path, "token", b"the-token\n"), mounted(tmp_path, "password", b"the-password\n")
    by_token = settings_of(Identity(account="ORG-ACC", user="SVC", token_file_path=token), "svc", {})
    by_password = settings_of(Identity(account="ORG-ACC", user="SVC", password_file=password), "svc", {})
    assert (by_token.token.reveal() if by_token.token else "") == "the-token"
    assert (by_password.password.reveal() if by_password.password else "") == "the-password"


@pytest.mark.parametrize("mode", [0o444, 0o460, 0o644])
@pytest.mark.parametrize("field", ["private_key_path", "token_file_path", "password_file"])
def test_what_others_read_or_the_group_writes_is_refused(tmp_path: Path, field: str, mode: int) -> None:
    path = mounted(tmp_path, "secret", b"-----BEGIN x", mode)
    identity = Identity.model_validate({"account": "ORG-ACC", "user": "SVC", field: path})
    with pytest.raises(UsageError, match="Others than the proxy's user can read or change"):
        settings_of(identity, "svc", {})

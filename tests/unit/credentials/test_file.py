from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.credentials.kms import FIRST, REGION, Kms, arn_of
from theia_sf.aws.kms_values import KmsValues
from theia_sf.credentials import cipher
from theia_sf.credentials.file import CredentialsFile, apply_aws, default_file, open_file
from theia_sf.errors import UsageError
from theia_sf.secret import Secret, redact


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(path: Path, content: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


def opened(content: str) -> CredentialsFile:
    return CredentialsFile(Path(".env"), content.encode())


def test_the_default_is_an_env_file_with_an_encrypted_value(folder: Path) -> None:
    assert default_file({}) is None
    written(folder / ".env", b"KMS_ENCRYPTED_USER=\nA=1\n", 0o644)
    assert default_file({}) is None
    written(folder / ".env", b"KMS_ENCRYPTED_USER=x\n", 0o644)
    assert default_file({}) == Path(".env")
    assert default_file({"THEIA_SF_CREDENTIALS_FILE": "/elsewhere"}) == Path("/elsewhere")


def test_an_env_of_another_kind_is_none(folder: Path) -> None:
    (folder / ".env").mkdir()
    assert default_file({}) is None


def test_opening_refuses_what_others_can_read(folder: Path) -> None:
    path = written(folder / "file", b"KMS_ENCRYPTED_USER=x\n", 0o640)
    with pytest.raises(UsageError, match="Others than you can read or change") as refused:
        open_file(path)
    assert refused.value.hint == f"Run: chmod 600 {path}"
    with pytest.raises(UsageError, match="There is no credentials file missing"):
        open_file(Path("missing"))


def test_what_a_file_holds_is_told_without_kms(fake_kms: Kms) -> None:
    file = opened(
        "KMS_ENCRYPTED_PASSWORD=x\nKMS_ENCRYPTED_ROLE=\nKMS_ENCRYPTED_OTHER=y\n"
        "SNOWFLAKE_WAREHOUSE=WH\nSNOWFLAKE_PRIVATE_KEY_FILE=k.p8\nSNOWFLAKE_TOKEN=clear-token\nSNOWFLAKE_SCHEMA=\n"
        "AWS_REGION=eu-west-1\nAWS_PROFILE=\nOTHER=1\n"
    )
    assert file.fields == {"password"}
    assert file.plain == {"warehouse": "WH", "private_key_path": "k.p8"}
    assert file.clear_secrets == ("SNOWFLAKE_TOKEN",)
    assert file.aws == {"AWS_REGION": "eu-west-1"}
    assert "clear-token" not in repr(file)
    assert not fake_kms.calls


def test_only_what_is_asked_for_is_decrypted(fake_kms: Kms) -> None:
    tokens = cipher.encrypt({"password": Secret("hunter2"), "role": Secret("R")}, KmsValues(arn_of(FIRST), REGION))
    file = opened("".join(f"KMS_ENCRYPTED_{name.upper()}={token}\n" for name, token in tokens.items()))
    assert file.decrypt(["role"])["role"].reveal() == "R"
    assert fake_kms.calls["Decrypt"] == 1
    again = opened(file.data.decode())  # read anew, as another part of the program does
    assert again.decrypt(["role", "password"])["password"].reveal() == "hunter2"
    assert fake_kms.calls["Decrypt"] == 2


def test_every_value_is_looked_at_before_kms_is_asked(fake_kms: Kms) -> None:
    (token,) = cipher.encrypt({"role": Secret("R")}, KmsValues(arn_of(FIRST), REGION)).values()
    file = opened(f"KMS_ENCRYPTED_ROLE={token}\nKMS_ENCRYPTED_USER={token}\n")
    with pytest.raises(UsageError, match="KMS_ENCRYPTED_USER holds what was encrypted as the role"):
        file.decrypt(["role", "user"])
    assert fake_kms.calls["Decrypt"] == 0


def test_the_key_of_the_environment_goes_before_that_of_the_file(
    fake_kms: Kms, monkeypatch: pytest.MonkeyPatch
) -> None:
    (token,) = cipher.encrypt({"role": Secret("R")}, KmsValues(arn_of(FIRST), REGION)).values()
    file = opened(f"AWS_KMS_KEY_ID=alias/first\nKMS_ENCRYPTED_ROLE={token}\n")
    assert file.key_id({}) == "alias/first"
    assert file.key_id({"AWS_KMS_KEY_ID": "alias/second"}) == "alias/second"
    monkeypatch.setenv("AWS_KMS_KEY_ID", "alias/second")
    with pytest.raises(cipher.UndecipherableError, match="but AWS_KMS_KEY_ID names alias/second"):
        file.decrypt(["role"])


AWS_LINES = (
    "AWS_ACCESS_KEY_ID=AKIAFILE\nAWS_SECRET_ACCESS_KEY=file-secret\nAWS_REGION=eu-west-1\nAWS_KMS_KEY_ID=k\n"
    "AWS_CA_BUNDLE=/ca.pem\n"
)


@pytest.mark.parametrize(
    ("environ", "added"),
    [
        ({}, {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_CA_BUNDLE"}),
        ({"AWS_PROFILE": "work"}, {"AWS_REGION", "AWS_CA_BUNDLE"}),
        ({"AWS_ACCESS_KEY_ID": "AKIAENV"}, {"AWS_REGION", "AWS_CA_BUNDLE"}),
        ({"AWS_WEB_IDENTITY_TOKEN_FILE": "/t", "AWS_ROLE_ARN": "r"}, {"AWS_REGION", "AWS_CA_BUNDLE"}),
        ({"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2"}, {"AWS_REGION", "AWS_CA_BUNDLE"}),
        (
            {"AWS_DEFAULT_REGION": "us-east-1"},
            {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_CA_BUNDLE"},
        ),
        ({"AWS_CA_BUNDLE": "/mine.pem", "AWS_PROFILE": "work", "AWS_REGION": "us-east-1"}, set[str]()),
    ],
)
def test_the_environment_keeps_its_identity_and_its_region(environ: dict[str, str], added: set[str]) -> None:
    after = dict(environ)
    apply_aws(opened(AWS_LINES), after)
    assert after.keys() - environ.keys() == added
    assert {name: after[name] for name in environ} == environ


def test_an_aws_secret_of_the_file_is_masked() -> None:
    apply_aws(opened(AWS_LINES), {})
    assert redact("it was file-secret") == "it was ***"

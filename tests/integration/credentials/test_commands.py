"""`theia-sf credentials` against the sandbox's KMS and Snowflake."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.integration.conftest import Sandbox
from theia_sf.cli.main import run
from theia_sf.credentials import cipher
from theia_sf.credentials.file import open_file
from theia_sf.credentials.update import put
from theia_sf.secret import Secret

FOREIGN = b"# ours\r\nOTHER='1'\nKMS_ENCRYPTED_USER=   # who\nlast=line without an end"


@pytest.fixture
def encrypted(workplace: Sandbox, key: str, capfd: pytest.CaptureFixture[str]) -> Path:
    """A `.env` with all that the sandbox's variables say."""
    path = Path(".env")
    path.write_bytes(f"AWS_KMS_KEY_ID={key}\n".encode() + FOREIGN)
    assert run(["credentials", "encrypt", "--from-env"]) == 0
    capfd.readouterr()
    return path


def test_what_is_encrypted_signs_in_alone(
    encrypted: Path, workplace: Sandbox, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in list(os.environ):
        if name.startswith("SNOWFLAKE_"):
            monkeypatch.delenv(name)
    assert run(["credentials", "check", "-o", "json"]) == 0
    out, _ = capfd.readouterr()
    assert f'"user": "{workplace.state.snowflake_user}"' in out
    assert f'"role": "{workplace.state.snowflake_role}"' in out
    assert '"source": "the credentials file .env' in out
    content = encrypted.read_bytes()
    assert b"# ours\r\nOTHER='1'\nKMS_ENCRYPTED_USER=theia-sf.v1." in content
    assert b" # who\nlast=line without an end\nKMS_ENCRYPTED_ACCOUNT=" in content
    assert workplace.state.snowflake_password.encode() not in content


def test_a_wrong_password_is_one_sentence(encrypted: Path, capfd: pytest.CaptureFixture[str]) -> None:
    put(encrypted, {"password": Secret("not-the-password")})
    assert run(["--debug", "credentials", "check"]) == 3
    err = capfd.readouterr().err
    assert "Error: Snowflake refused" in err
    assert "The values are those of" in err
    assert "`theia-sf credentials encrypt` changes them." in err
    assert "not-the-password" not in err


def test_a_value_moved_to_another_field_is_refused_by_kms_too(
    encrypted: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Even with a header that says so: what counts is the line that the value stands in."""
    token = open_file(encrypted).token("user")
    forged = type(token)("role", token.key_arn, token.encrypted_at, token.ciphertext)
    text = encrypted.read_text().replace(
        f"KMS_ENCRYPTED_ROLE={open_file(encrypted).token('role')}", f"KMS_ENCRYPTED_ROLE={forged}"
    )
    encrypted.write_text(text)
    assert run(["credentials", "check"]) == 1
    assert "Error: KMS does not decrypt KMS_ENCRYPTED_ROLE: the value was changed" in capfd.readouterr().err


def test_a_key_that_went_away_is_told_apart(
    encrypted: Path, workplace: Sandbox, key: str, capfd: pytest.CaptureFixture[str]
) -> None:
    kms, key_id = workplace.aws.client("kms"), key.rpartition("/")[2]
    for change, said in (
        (lambda: kms.disable_key(KeyId=key_id), f"The KMS key {key} is disabled."),
        (lambda: kms.schedule_key_deletion(KeyId=key_id), f"The KMS key {key} is pending deletion."),
    ):
        change()
        assert run(["credentials", "check"]) == 1
        assert f"Error: {said}" in capfd.readouterr().err


def test_an_alias_of_another_key_is_refused_by_kms(
    encrypted: Path, workplace: Sandbox, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kms = workplace.aws.client("kms")
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/of-another-key", TargetKeyId=other)
    monkeypatch.setenv("AWS_KMS_KEY_ID", "alias/of-another-key")
    assert run(["credentials", "check"]) == 1
    assert "but AWS_KMS_KEY_ID names alias/of-another-key." in capfd.readouterr().err


def test_without_aws_credentials_nothing_is_decrypted(
    encrypted: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    assert run(["credentials", "check"]) == 3
    assert "Error: There are no AWS credentials." in capfd.readouterr().err


def test_the_credentials_of_the_file_do_where_there_are_no_others(
    encrypted: Path, workplace: Sandbox, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [f"{name}={workplace.env[name]}\n" for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION")]
    encrypted.write_bytes("".join(lines).encode() + encrypted.read_bytes())
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)
    assert run(["credentials", "check"]) == 0


def test_a_role_will_do_for_aws(
    encrypted: Path, workplace: Sandbox, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    principal = {"AWS": workplace.state.account}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    role = workplace.aws.client("iam").create_role(RoleName="reads-credentials", AssumeRolePolicyDocument=trust)
    given = workplace.aws.client("sts").assume_role(RoleArn=role["Role"]["Arn"], RoleSessionName="test")["Credentials"]
    try:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", given["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", given["SecretAccessKey"])
        monkeypatch.setenv("AWS_SESSION_TOKEN", given["SessionToken"])
        assert run(["credentials", "check"]) == 0
    finally:
        workplace.aws.client("iam").delete_role(RoleName="reads-credentials")


def test_rotating_under_a_new_key_and_a_long_key(encrypted: Path, workplace: Sandbox) -> None:
    other = workplace.aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    put(encrypted, {"private_key": Secret("k" * 9000)})
    assert run(["credentials", "rotate", "--key-id", other]) == 0
    file = open_file(encrypted)
    assert {file.token(name).key_arn for name in file.fields} == {other}
    cipher.forget()
    assert file.decrypt(["private_key"])["private_key"].reveal() == "k" * 9000
    assert f"AWS_KMS_KEY_ID={other}\n# ours\r\n".encode() in encrypted.read_bytes()


PROGRAM = """
import os, signal, sys
def ended(*_):
    print("got it", os.environ["SNOWFLAKE_PASSWORD"][:2], flush=True)
    sys.exit(37)
signal.signal(signal.SIGTERM, ended)
print(os.getpid(), signal.getsignal(signal.SIGPIPE), flush=True)
signal.pause()
"""


def test_a_program_takes_our_place(encrypted: Path, workplace: Sandbox) -> None:
    command = [sys.executable, "-m", "theia_sf", "credentials", "run", "--", sys.executable, "-c", PROGRAM]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pid, _ = process.stdout.readline().split(maxsplit=1)
        assert int(pid) == process.pid
        password = workplace.state.snowflake_password
        assert password.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()
        process.send_signal(signal.SIGTERM)
        assert process.stdout.readline() == f"got it {password[:2]}\n"
        until = time.monotonic() + 20
        while process.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        assert process.returncode == 37

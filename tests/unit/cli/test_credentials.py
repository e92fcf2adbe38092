"""`theia-sf credentials`, with a KMS in memory."""

from __future__ import annotations

import getpass
import io
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from tests.unit.credentials.kms import FIRST, REGION, SECOND, Kms, arn_of
from theia_sf.aws import kms, kms_values
from theia_sf.cli import console, credentials_use
from theia_sf.cli.main import run
from theia_sf.credentials import cipher
from theia_sf.credentials.file import open_file

KEY = generate_private_key(SECP256R1())
PASSPHRASE = b"a passphrase"
SECRETS = ("hunter2-secret", "clear-password")


@pytest.fixture(autouse=True)
def fake_kms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kms:
    made = Kms()
    for module in (kms, kms_values):
        monkeypatch.setattr(module, "client", lambda service, region: made)
    cipher.forget()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_REGION", REGION)
    return made


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Have a person answer the questions: visible ones in order, hidden ones in order; returns what was asked."""

    def arrange(visible: list[str], hidden: list[str]) -> list[str]:
        asked: list[str] = []
        left = iter(hidden)

        def ask(question: str, stream: object = None) -> str:
            asked.append(question)
            return next(left)

        monkeypatch.setattr(console, "is_interactive", lambda: True)
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(answer + "\n" for answer in visible)))
        monkeypatch.setattr(getpass, "getpass", ask)
        return asked

    return arrange


def values() -> dict[str, str]:
    file = open_file(Path(".env"))
    return {name: value.reveal() for name, value in file.decrypt(file.fields).items()}


def key_file(path: Path, encoding: Encoding = Encoding.PEM, passphrase: bytes | None = None) -> Path:
    protection = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    path.write_bytes(KEY.private_bytes(encoding, PrivateFormat.PKCS8, protection))
    path.chmod(0o600)
    return path


def test_the_seven_values_are_asked_for(answers: Any, capfd: pytest.CaptureFixture[str]) -> None:
    asked = answers(["ORG-ACCT", "ME", "R", "WH", "D", "S"], ["hunter2-secret"])
    assert run(["credentials", "encrypt", "--key-id", FIRST]) == 0
    assert values() == {
        "account": "ORG-ACCT",
        "user": "ME",
        "password": "hunter2-secret",
        "role": "R",
        "warehouse": "WH",
        "database": "D",
        "schema": "S",
    }
    assert asked == ["Password, or the path of a private key file [none]: "]
    out, err = capfd.readouterr()
    questions = ["Account", "User", "Role", "Warehouse", "Database", "Schema"]
    assert [err.index(question) for question in questions] == sorted(err.index(question) for question in questions)
    assert "hunter2-secret" not in out + err
    assert Path(".env").stat().st_mode & 0o777 == 0o600


def test_enter_keeps_what_is_there(answers: Any, capfd: pytest.CaptureFixture[str], fake_kms: Kms) -> None:
    answers(["ORG-ACCT", "ME", "R", "", "", ""], ["hunter2-secret"])
    run(["credentials", "encrypt", "--key-id", FIRST])
    before = Path(".env").read_bytes()
    fake_kms.calls.clear()
    asked = answers(["", "", "ANOTHER", "", "", ""], [""])
    capfd.readouterr()
    assert run(["credentials", "encrypt"]) == 0
    assert "keep the present one" in asked[0]
    assert values() == {"account": "ORG-ACCT", "user": "ME", "password": "hunter2-secret", "role": "ANOTHER"}
    assert fake_kms.calls["Encrypt"] == 1
    answers(["", "", "", "", "", ""], [""])
    after = Path(".env").read_bytes()
    assert after != before
    assert run(["credentials", "encrypt"]) == 2
    assert "No value was entered, so nothing was written." in capfd.readouterr().err
    assert Path(".env").read_bytes() == after


def test_an_account_that_cannot_be_one_is_asked_for_again(answers: Any) -> None:
    answers(["no account!", "ORG-ACCT", "", "", "", "", ""], [""])
    assert run(["credentials", "encrypt", "--key-id", FIRST]) == 0
    assert values() == {"account": "ORG-ACCT"}


def test_the_name_of_a_key_file_that_is_not_there_is_no_password(
    answers: Any, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    tmp_path.joinpath("keys").mkdir()
    names = ["~/my-keys/snow.p8", "missing.PEM", "keys", "./nothing", "hunter2-secret"]
    asked = answers(["ORG-ACCT", "", "", "", "", ""], names)
    assert run(["credentials", "encrypt", "--key-id", FIRST]) == 0
    assert len(asked) == len(names)
    err = capfd.readouterr().err
    assert err.count("is no private key file, and looks like the name of one") == len(names) - 1
    assert "It was taken as a password." in err
    assert values() == {"account": "ORG-ACCT", "password": "hunter2-secret"}


def test_a_password_may_look_like_a_path_in_part(answers: Any) -> None:
    answers(["ORG-ACCT", "", "", "", "", ""], ["a/b.c~/d"])
    assert run(["credentials", "encrypt", "--key-id", FIRST]) == 0
    assert values()["password"] == "a/b.c~/d"


def test_a_wrong_passphrase_is_not_blamed_on_a_variable(
    answers: Any, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    key = key_file(tmp_path / "key.p8", passphrase=PASSPHRASE)
    answers(["ORG-ACCT", "", "", "", "", ""], [str(key), "wrong", "wrong", "wrong", ""])
    assert run(["credentials", "encrypt", "--key-id", FIRST]) == 0
    err = capfd.readouterr().err
    assert err.count("The passphrase given does not open the private key") == 3
    assert "SNOWFLAKE_PRIVATE_KEY_PASSPHRASE" not in err


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"port": "abc"}, "SNOWFLAKE_PORT must be a port number, not 'abc'."),
        ({"protocol": "ftp"}, "SNOWFLAKE_PROTOCOL must be http or https, not 'ftp'."),
        ({"authenticator": "magic"}, "cannot sign in to Snowflake with the authenticator 'magic'."),
        ({"passcode": "123456"}, "No value was given, so nothing was written."),
    ],
)
def test_what_could_never_sign_in_is_not_encrypted(
    given: dict[str, str], said: str, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    source = tmp_path / "in.json"
    source.write_text(json.dumps(given), encoding="utf-8")
    assert run(["credentials", "encrypt", "--key-id", FIRST, "--from-file", str(source)]) == 2
    assert said in capfd.readouterr().err
    assert not Path(".env").exists()


def test_a_mistyped_variable_is_told(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    source = tmp_path / "in.env"
    source.write_text("SNOWFLAKE_ACCOUNT=ORG-ACCT\nSNOWFLAKE_PASWORD=clear-password\n", encoding="utf-8")
    assert run(["credentials", "encrypt", "--key-id", FIRST, "--from-file", str(source)]) == 0
    err = capfd.readouterr().err
    assert f"SNOWFLAKE_PASWORD in {source} is no setting of a sign-in, and was left out." in err
    assert "clear-password" not in err


def test_the_end_of_input_writes_nothing(answers: Any, capfd: pytest.CaptureFixture[str]) -> None:
    answers(["ORG-ACCT"], [])
    assert run(["credentials", "encrypt", "--key-id", FIRST]) == 130
    assert "Nothing was changed, as the input ended." in capfd.readouterr().err
    assert not Path(".env").exists()


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_the_path_of_a_private_key_stands_for_the_key(answers: Any, tmp_path: Path, encoding: Encoding) -> None:
    path = key_file(tmp_path / "key.p8", encoding)
    answers(["", "", "", "", "", ""], [str(path)])
    assert run(["credentials", "encrypt", "--key-id", FIRST]) == 0
    found = values()
    assert found.keys() == {"private_key"}
    path.unlink()
    from theia_sf.secret import Secret  # noqa: PLC0415
    from theia_sf.snowflake.keys import fingerprint, load_private_key  # noqa: PLC0415

    assert fingerprint(load_private_key(text=Secret(found["private_key"]))) == fingerprint(KEY)


def test_the_passphrase_of_an_encrypted_key_is_asked_for(
    answers: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = key_file(tmp_path / "key.p8", passphrase=PASSPHRASE)
    asked = answers(["", "", "", "", "", ""], [str(path), "wrong", PASSPHRASE.decode()])
    assert run(["credentials", "encrypt", "--key-id", FIRST]) == 0
    assert values()["private_key_passphrase"] == PASSPHRASE.decode()
    assert "ENCRYPTED PRIVATE KEY" in values()["private_key"]
    assert asked[1:] == ["Passphrase of the private key: "] * 2
    assert "The passphrase given does not open the private key" in capfd.readouterr().err


def test_a_key_takes_the_place_of_a_password(
    answers: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SNOWFLAKE_PASSWORD", "hunter2-secret")
    run(["credentials", "encrypt", "--key-id", FIRST, "--from-env"])
    monkeypatch.delenv("SNOWFLAKE_PASSWORD")
    monkeypatch.setenv("SNOWFLAKE_PRIVATE_KEY_PATH", str(key_file(tmp_path / "key.p8")))
    monkeypatch.setenv("SNOWFLAKE_PASSCODE", "123456")
    assert run(["credentials", "encrypt", "--from-env"]) == 0
    assert values().keys() == {"private_key"}
    err = capfd.readouterr().err
    assert "Emptied KMS_ENCRYPTED_PASSWORD: another way to sign in took its place." in err
    assert "The MFA passcode is left out" in err


def test_a_key_file_open_to_others_is_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = key_file(tmp_path / "key.p8")
    path.chmod(0o644)
    monkeypatch.setenv("SNOWFLAKE_PRIVATE_KEY_PATH", str(path))
    assert run(["credentials", "encrypt", "--key-id", FIRST, "--from-env"]) == 2
    assert f"Run: chmod 600 {path}" in capfd.readouterr().err


@pytest.mark.parametrize("source", ["file", "stdin"])
def test_values_from_a_file_or_stdin(
    source: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    content = b'{"account": "ORG-ACCT", "password": "hunter2-secret"}'
    (tmp_path / "values.json").write_bytes(content)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    name = "values.json" if source == "file" else "-"
    assert run(["credentials", "encrypt", "--key-id", FIRST, "--from-file", name]) == 0
    assert values() == {"account": "ORG-ACCT", "password": "hunter2-secret"}
    assert ("values.json holds secrets in clear; delete them" in capfd.readouterr().err) is (source == "file")


def test_values_from_a_pipe(capfd: pytest.CaptureFixture[str]) -> None:
    end, other = os.pipe()
    os.write(other, b"SNOWFLAKE_PASSWORD=hunter2-secret\n")
    os.close(other)
    try:
        assert run(["credentials", "encrypt", "--key-id", FIRST, "--from-file", f"/dev/fd/{end}"]) == 0
    finally:
        os.close(end)
    assert values() == {"password": "hunter2-secret"}
    assert "in clear" not in capfd.readouterr().err


def test_a_secret_in_clear_in_the_same_file_is_warned_of(capfd: pytest.CaptureFixture[str]) -> None:
    Path(".env").write_text("SNOWFLAKE_PASSWORD=clear-password\nSNOWFLAKE_USER=ME\n")
    assert run(["credentials", "encrypt", "--key-id", FIRST, "--from-file", ".env"]) == 0
    err = capfd.readouterr().err
    assert "SNOWFLAKE_PASSWORD in .env holds a secret in clear; delete the line" in err
    assert "clear-password" not in err
    assert values() == {"password": "clear-password", "user": "ME"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "There is no terminal to ask for the values on."),
        (["--from-env"], "There is no SNOWFLAKE_* value in the environment."),
        (["--from-env", "--from-file", "x"], "--from-env and --from-file exclude each other."),
        (["--from-file", "missing"], "missing cannot be read: No such file or directory."),
    ],
)
def test_without_values_nothing_is_done(
    arguments: list[str], said: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert run(["credentials", "encrypt", "--key-id", FIRST, *arguments]) == 2
    assert f"Error: {said}" in capfd.readouterr().err
    assert not Path(".env").exists()


@pytest.fixture
def encrypted(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Path:
    with monkeypatch.context() as patch:
        for name, value in {"ACCOUNT": "ORG-ACCT", "USER": "GRAFANA", "PASSWORD": "hunter2-secret"}.items():
            patch.setenv(f"SNOWFLAKE_{name}", value)
        run(["credentials", "encrypt", "--key-id", FIRST, "--from-env"])
    capfd.readouterr()
    return Path(".env")


def test_show_tells_field_key_and_time_and_asks_nobody(
    encrypted: Path, capfd: pytest.CaptureFixture[str], fake_kms: Kms
) -> None:
    fake_kms.calls.clear()
    assert run(["credentials", "show", "-o", "json"]) == 0
    out = capfd.readouterr().out
    rows = json.loads(out)
    assert [row["field"] for row in rows] == ["account", "user", "password"]
    assert {row["kms_key"] for row in rows} == {arn_of(FIRST)}
    assert all(row["encrypted_at"].endswith("+00:00") and row["problem"] is None for row in rows)
    assert not fake_kms.calls
    assert not any(value in out for value in ("hunter2-secret", "GRAFANA", "ORG-ACCT"))


def test_show_tells_what_is_wrong(encrypted: Path, capfd: pytest.CaptureFixture[str]) -> None:
    lines = dict(line.split("=", 1) for line in encrypted.read_text().splitlines())
    lines["KMS_ENCRYPTED_USER"] = lines["KMS_ENCRYPTED_USER"][:-30]
    lines["AWS_KMS_KEY_ID"] = SECOND
    encrypted.write_text("".join(f"{name}={value}\n" for name, value in lines.items()))
    assert run(["credentials", "show"]) == 1
    out = capfd.readouterr().out
    assert "The value of KMS_ENCRYPTED_USER is damaged" in out
    assert f"but AWS_KMS_KEY_ID names {SECOND}" in out


def test_rotate_without_questions_changes_the_key(
    encrypted: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_KMS_KEY_ID", FIRST)
    assert run(["credentials", "rotate", "--key-id", SECOND]) == 0
    assert f"AWS_KMS_KEY_ID in the environment still names {FIRST}" in capfd.readouterr().err
    monkeypatch.delenv("AWS_KMS_KEY_ID")
    assert values() == {"account": "ORG-ACCT", "user": "GRAFANA", "password": "hunter2-secret"}
    assert open_file(encrypted).token("user").key_arn == arn_of(SECOND)


def test_rotate_asks_for_new_values(encrypted: Path, answers: Any) -> None:
    answers(["", "", "", "", "", ""], ["another-secret"])
    assert run(["credentials", "rotate"]) == 0
    assert values()["password"] == "another-secret"


def test_run_replaces_the_process_by_the_program(
    encrypted: Path, monkeypatch: pytest.MonkeyPatch, fake_kms: Kms
) -> None:
    became: list[Any] = []

    def become(*arguments: Any) -> None:
        became.append((*arguments, signal.getsignal(signal.SIGPIPE)))
        raise OSError(2, "No such file or directory")

    monkeypatch.setattr(credentials_use.os, "execvpe", become)
    monkeypatch.setenv("SNOWFLAKE_TOKEN", "of-the-environment")
    fake_kms.calls.clear()
    assert run(["credentials", "run", "--", "program", "--debug", "-x"]) == 2
    ((file, arguments, environment, disposition),) = became
    assert (file, arguments) == ("program", ["program", "--debug", "-x"])
    assert disposition == signal.SIG_DFL
    assert signal.getsignal(signal.SIGPIPE) == signal.SIG_IGN  # again: nothing was started
    assert environment["SNOWFLAKE_PASSWORD"] == "hunter2-secret"
    assert "SNOWFLAKE_TOKEN" not in environment
    assert not any("hunter2" in argument for argument in arguments)
    assert fake_kms.calls == {"Decrypt": 3}


@pytest.mark.parametrize("command", [["show"], ["check"], ["run", "--", "true"], ["rotate", "--key-id", SECOND]])
def test_a_file_open_to_others_is_refused(
    encrypted: Path, command: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    encrypted.chmod(0o640)
    assert run(["credentials", *command]) == 2
    err = capfd.readouterr().err
    assert "Error: Others than you can read or change .env (mode 0640)" in err
    assert "Hint: Run: chmod 600 .env" in err


@pytest.mark.parametrize(
    "command", [["check"], ["run", "--", "true"], ["export", "--format", "grafana", "--show-secrets"]]
)
def test_a_file_without_values_says_how_to_get_some(command: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["credentials", *command]) == 2
    assert "There is no credentials file .env." in capfd.readouterr().err
    Path(".env").write_text("A=1\n")
    Path(".env").chmod(0o600)
    assert run(["credentials", *command]) == 2
    assert ".env holds no encrypted value." in capfd.readouterr().err


def test_an_export_must_be_told_where_to_go(encrypted: Path, capfd: pytest.CaptureFixture[str], fake_kms: Kms) -> None:
    fake_kms.calls.clear()
    assert run(["credentials", "export", "--format", "connections-toml"]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert "Give --output-file FILE, or --show-secrets" in err
    assert not fake_kms.calls
    assert run(["credentials", "export", "--format", "connections-toml", "--show-secrets"]) == 0
    assert 'password = "hunter2-secret"' in capfd.readouterr().out


def test_an_export_is_a_new_file_of_its_owners(encrypted: Path, capfd: pytest.CaptureFixture[str]) -> None:
    arguments = ["credentials", "export", "--format", "snowsql", "--output-file", "config"]
    assert run(arguments) == 0
    assert Path("config").stat().st_mode & 0o777 == 0o600
    assert "hunter2-secret" in Path("config").read_text()
    assert "hunter2-secret" not in "".join(capfd.readouterr())
    assert run(arguments) == 2
    assert "config exists already." in capfd.readouterr().err


def test_an_export_writes_the_private_key_next_to_it(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SNOWFLAKE_ACCOUNT", "ORG-ACCT")
    monkeypatch.setenv("SNOWFLAKE_PRIVATE_KEY_PATH", str(key_file(tmp_path / "k.p8", passphrase=PASSPHRASE)))
    monkeypatch.setenv("SNOWFLAKE_PRIVATE_KEY_PASSPHRASE", PASSPHRASE.decode())
    run(["credentials", "encrypt", "--key-id", FIRST, "--from-env"])
    assert run(["credentials", "export", "--format", "connections-toml", "--output-file", "c.toml"]) == 0
    written = Path("c.toml.p8")
    assert written.stat().st_mode & 0o777 == 0o600
    assert written.read_text().startswith("-----BEGIN PRIVATE KEY-----")
    assert f'private_key_file = "{written.resolve()}"' in Path("c.toml").read_text()
    capfd.readouterr()
    assert run(["credentials", "export", "--format", "grafana", "--show-secrets"]) == 2
    assert "signs in with RSA keys only" in capfd.readouterr().err


@pytest.mark.parametrize("code", ["DisabledException", "AccessDeniedException", "InvalidCiphertextException"])
def test_no_error_and_no_traceback_holds_a_secret(
    code: str, encrypted: Path, capfd: pytest.CaptureFixture[str], fake_kms: Kms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SNOWFLAKE_PASSWORD", "clear-password")
    fake_kms.refusal = code
    for command in (["encrypt", "--from-env"], ["run", "--", "true"], ["rotate", "--key-id", SECOND]):
        assert run(["--debug", "credentials", *command]) == 1
        out, err = capfd.readouterr()
        assert "Traceback" in err
        assert not any(secret in out + err for secret in SECRETS)
        assert sum(line.startswith("Error: ") for line in err.splitlines()) == 1
    assert os.environ["SNOWFLAKE_PASSWORD"] == "clear-password"


def test_the_key_is_asked_for_before_the_values(answers: Any, capfd: pytest.CaptureFixture[str]) -> None:
    asked = answers(["ORG-ACCT"], [])
    assert run(["credentials", "encrypt"]) == 2
    assert "No KMS key is named, neither by AWS_KMS_KEY_ID in .env nor in the environment." in capfd.readouterr().err
    assert not asked

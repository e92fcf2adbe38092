"""Key pairs of users of the sandbox's Snowflake, made and rotated by the command line."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector
from snowflake.connector.errors import DatabaseError

from tests.integration.conftest import Sandbox
from tests.integration.identity.conftest import Admin
from theia_sf.cli import keypair
from theia_sf.identity import users
from theia_sf.secret import Secret
from theia_sf.snowflake.keys import der, fingerprint, load_private_key

Run = Callable[..., tuple[int, str, str]]


def fingerprints(admin: Admin, user: str) -> list[str]:
    rows = {row[0]: row[1] for row in admin.run(f"DESCRIBE USER {user}")}
    return [rows["RSA_PUBLIC_KEY_FP"], rows["RSA_PUBLIC_KEY_2_FP"]]


def sign_in(sandbox: Sandbox, user: str, **key: Any) -> str:
    """Sign in with the connector alone, as other programs do."""
    where = {name: sandbox.snowflake[name] for name in ("account", "host", "port", "protocol")}
    arguments = {"authenticator": "SNOWFLAKE_JWT", "unsafe_skip_file_permissions_check": True, **where, **key}
    with snowflake.connector.connect(user=user, platform_detection_timeout_seconds=0.0, **arguments) as connection:
        return connection.cursor().execute("SELECT CURRENT_USER()").fetchone()[0]


def test_create(admin: Admin, theia_sf: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    user, path = admin.user(), tmp_path / "key.p8"
    monkeypatch.setenv("THEIA_SF_NEW_KEY_PASSPHRASE", "open sesame")
    code, out, err = theia_sf("keypair", "create", user, "--key-file", str(path), "--output", "json")
    assert code == 0, err
    made = json.loads(out)
    assert path.stat().st_mode & 0o777 == 0o600
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in path.read_bytes()
    key = load_private_key(path=path, passphrase=Secret("open sesame"))
    assert fingerprints(admin, user) == [made["fingerprint"], "null"]
    assert (made["fingerprint"], made["slot"], made["signed_in"]) == (fingerprint(key), "RSA_PUBLIC_KEY", True)
    assert "sesame" not in out + err

    code, _, err = theia_sf("keypair", "create", user, "--key-file", str(path))
    assert code == 2
    assert "already" in err
    assert fingerprints(admin, user) == [made["fingerprint"], "null"]

    passphrase = tmp_path / "passphrase"
    passphrase.write_text("open sesame\n")
    passphrase.chmod(0o600)
    monkeypatch.delenv("THEIA_SF_NEW_KEY_PASSPHRASE")
    arguments = (user, "--key-file", str(path))
    assert theia_sf("keypair", "rotate", *arguments, "--passphrase-file", str(passphrase))[0] == 0
    code, _, err = theia_sf("keypair", "retire", *arguments, "--yes")
    assert (code, "its passphrase is not known" in err) == (2, True), err
    code, out, err = theia_sf("keypair", "retire", *arguments, "--yes", "--passphrase-file", str(passphrase))
    assert (code, made["fingerprint"] in out) == (0, True), err


def test_rotation_under_a_running_client(
    admin: Admin, theia_sf: Run, sandbox_env: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user, path = admin.user(), tmp_path / "key.p8"
    role = admin.role_that_may(f"MODIFY PROGRAMMATIC AUTHENTICATION METHODS ON USER {user}", user)
    admin.run(f"ALTER USER {user} SET DEFAULT_ROLE = {role}")
    assert theia_sf("keypair", "create", user, "--key-file", str(path), "--no-passphrase", "--curve", "P-256")[0] == 0
    for name in ("SNOWFLAKE_PASSWORD", "SNOWFLAKE_ROLE", "SNOWFLAKE_USER"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("SNOWFLAKE_PRIVATE_KEY_PATH", str(path))
    in_memory = der(load_private_key(path=path))
    stop = threading.Event()
    logins: list[str] = []
    failures: list[BaseException] = []

    def client() -> None:
        """A program that reads the file for each login, as programs do that open a session for each job."""
        while not stop.is_set():
            try:
                logins.append(sign_in(sandbox_env, user, private_key_file=str(path)))
            except BaseException as error:
                failures.append(error)

    thread = threading.Thread(target=client)
    thread.start()
    try:
        for _ in range(2):
            before = len(logins)
            code, out, err = theia_sf("keypair", "rotate", user, "--user", user, "--curve", "P-256", "-o", "json")
            assert code == 0, err
            made = json.loads(out)
            assert sign_in(sandbox_env, user, private_key=in_memory) == user  # still valid
            while len(logins) < before + 3 and not failures:
                stop.wait(0.02)
            code, out, err = theia_sf("keypair", "retire", user, "--user", user, "--yes")
            assert (code, made["old_fingerprint"] in out) == (0, True), err
            with pytest.raises(DatabaseError, match="JWT token is invalid"):
                sign_in(sandbox_env, user, private_key=in_memory)
            in_memory = der(load_private_key(path=path))
    finally:
        stop.set()
        thread.join(timeout=60)
    assert failures == []
    assert set(logins) == {user}
    assert sorted(fingerprints(admin, user)) == sorted([made["fingerprint"], "null"])
    assert [found.name for found in tmp_path.glob("key.p8*")] == ["key.p8"]


def test_into_the_encrypted_file(
    admin: Admin, theia_sf: Run, sandbox_env: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user, path = admin.user(), tmp_path / "service.env"
    role = admin.role_that_may(f"MODIFY PROGRAMMATIC AUTHENTICATION METHODS ON USER {user}", user)
    admin.run(f"ALTER USER {user} SET DEFAULT_ROLE = {role}")
    kms = sandbox_env.aws.client("kms").create_key()["KeyMetadata"]["KeyId"]
    path.write_text(f"# kept\nAWS_KMS_KEY_ID={kms}\nOTHER=1\n")
    code, out, err = theia_sf("keypair", "create", user, "--into-credentials-file", str(path), "--curve", "P-256")
    assert code == 0, err
    assert path.stat().st_mode & 0o777 == 0o600
    text = path.read_text()
    assert text.startswith(f"# kept\nAWS_KMS_KEY_ID={kms}\nOTHER=1\n")
    assert "PRIVATE KEY-----" not in text
    first = fingerprints(admin, user)[0]
    assert first in out
    code, _, err = theia_sf("keypair", "create", admin.user(), "--into-credentials-file", str(path), "--replace")
    assert (code, f"holds the credentials of the user {user}" in err) == (2, True)
    assert path.read_text() == text

    for name in ("SNOWFLAKE_PASSWORD", "SNOWFLAKE_ROLE", "SNOWFLAKE_USER", "SNOWFLAKE_ACCOUNT"):
        monkeypatch.delenv(name)
    own = ("--credentials-file", str(path))
    code, out, err = theia_sf("keypair", "rotate", user, *own, "-o", "json")
    assert code == 0, err
    assert json.loads(out)["old_fingerprint"] == first
    assert fingerprints(admin, user) == [first, json.loads(out)["fingerprint"]]
    code, _, err = theia_sf("keypair", "rotate", user, *own)
    assert (code, first in err, f"keypair retire {user}" in err) == (2, True, True)
    code, out, err = theia_sf("keypair", "retire", user, *own, "--yes")
    assert (code, first in out) == (0, True), err
    code, out, err = theia_sf("keypair", "show", user, *own, "-o", "json")
    assert [slot["in_use"] for slot in json.loads(out)] == [False, True], err


def test_a_key_that_the_role_may_not_set(admin: Admin, theia_sf: Run, tmp_path: Path) -> None:
    user, path = admin.user(), tmp_path / "key.p8"
    admin.run(f"GRANT MONITOR ON USER {user} TO ROLE PUBLIC")
    arguments = ("keypair", "create", user, "--key-file", str(path), "--no-passphrase", "--role", "PUBLIC")
    code, _, err = theia_sf(*arguments)
    assert (code, path.exists(), f"{path}.new" in err) == (1, False, True)
    statement = err[err.index("ALTER USER") :].rstrip().rstrip(";")
    assert fingerprints(admin, user) == ["null", "null"]
    admin.run(statement)
    code, out, err = theia_sf(*arguments)
    assert (code, "interrupted" in err) == (0, True), err
    assert fingerprints(admin, user)[0] in out
    assert fingerprint(load_private_key(path=path)) in out


def test_a_sign_in_that_is_refused(admin: Admin, theia_sf: Run, tmp_path: Path) -> None:
    user, path = admin.user("TYPE = SERVICE DISABLED = TRUE"), tmp_path / "key.p8"
    code, _, err = theia_sf("keypair", "create", user, "--key-file", str(path), "--no-passphrase")
    assert (code, "--no-sign-in" in err) == (3, True)
    assert fingerprints(admin, user) == ["null", "null"]
    assert list(tmp_path.iterdir()) == []
    code, _, err = theia_sf("keypair", "create", user, "--key-file", str(path), "--no-passphrase", "--no-sign-in")
    assert (code, path.exists()) == (0, True), err


def test_the_old_key_ends_by_itself(
    admin: Admin, theia_sf: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user, path = admin.user(), tmp_path / "key.p8"
    arguments = (user, "--key-file", str(path))
    assert theia_sf("keypair", "create", *arguments, "--no-passphrase")[0] == 0
    first = fingerprints(admin, user)[0]
    asked, ask = [], users.current_user
    monkeypatch.setattr(users, "current_user", lambda connection: asked.append(ask(connection)))
    monkeypatch.setattr(keypair, "_IDLE", 0.1)
    code, _, err = theia_sf("keypair", "rotate", *arguments, "--retire-after", "0.005")
    assert len(asked) > 1, "an idle session would end before a long wait does"
    assert (code, f"{first} is no longer valid" in err) == (0, True), err
    assert fingerprints(admin, user) == ["null", fingerprint(load_private_key(path=path))]
    assert not (tmp_path / "key.p8.old").exists()

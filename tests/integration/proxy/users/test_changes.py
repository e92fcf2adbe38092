"""The registry's file, as the CLI changes it and as people may have written it."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa

from tests.integration.proxy.users.conftest import EC_KEY, RSA_KEY, public_text
from theia_sf.errors import UsageError
from theia_sf.proxy.users import changes, registry_file
from theia_sf.proxy.users.changes import NewCredentials
from theia_sf.secret import Secret

WHEN = datetime(2026, 11, 30, 12, 0, 0, 999, tzinfo=UTC)


def test_a_user_is_read_back_as_added(tmp_path: Path) -> None:
    path = tmp_path / "users.yaml"
    ends = datetime(2027, 1, 1, tzinfo=UTC)
    new = NewCredentials(("ops",), True, None, (public_text(RSA_KEY),), ("a.example.com",), ends, "on my laptop")
    added = changes.add(path, "Alice", new, now=WHEN)
    assert added.created
    user = registry_file.read(path).users["Alice"]
    assert user == added.user
    assert user.groups == ("ops",)
    assert [(token.id, token.description, token.expires) for token in user.tokens] == [
        (added.token_id, "on my laptop", ends)
    ]
    assert user.tokens[0].created == WHEN.replace(microsecond=0)
    assert user.public_keys[0].fingerprint.startswith("SHA256:")
    assert user.certificate_names == ("a.example.com",)
    assert path.read_text().startswith("# Users of the proxy.")


def test_what_is_added_later_stands_beside_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "users.yaml"
    first = changes.add(path, "alice", NewCredentials(("ops",), token=True))
    again = changes.add(path, "ALICE", NewCredentials(("ops", "dev"), token=True, public_keys=(public_text(EC_KEY),)))
    last = changes.add(path, "alice", NewCredentials(public_keys=(public_text(EC_KEY),)))
    assert (first.created, again.created, again.name) == (True, False, "alice")
    assert last.user.groups == ("ops", "dev")
    assert [token.id for token in last.user.tokens] == [first.token_id, again.token_id]
    assert len(last.user.public_keys) == 1
    assert list(registry_file.read(path).users) == ["alice"]


def test_each_credential_is_revoked_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "users.yaml"
    password = Secret("a long enough password")
    new = NewCredentials((), True, password, (public_text(EC_KEY),), ("a.example.com",))
    added = changes.add(path, "alice", new)
    assert added.token_id is not None
    for credential in (added.token_id, added.user.public_keys[0].fingerprint, "a.example.com", "password"):
        changes.revoke(path, "alice", credential)
        with pytest.raises(UsageError, match="has no credential"):
            changes.revoke(path, "alice", credential)
    left = registry_file.read(path).users["alice"]
    assert (left.tokens, left.public_keys, left.certificate_names, left.password) == ((), (), (), None)
    changes.revoke(path, "Alice")
    assert registry_file.read(path).users == {}
    with pytest.raises(UsageError, match="There is no user alice"):
        changes.revoke(path, "alice")


@pytest.mark.parametrize(
    "name", ["", " ", "a b", "-alice", "alice\n", "alice:", "Ünal", "a" * 129, "alice'; DROP", "../alice", "*"]
)
def test_a_name_that_cannot_be_one(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        changes.add(tmp_path / "users.yaml", name, NewCredentials(token=True))
    assert not (tmp_path / "users.yaml").exists()


def test_a_certificate_name_belongs_to_one_user(tmp_path: Path) -> None:
    path = tmp_path / "users.yaml"
    changes.add(path, "alice", NewCredentials(certificate_names=("host.example.com",)))
    with pytest.raises(UsageError, match=r"name host\.example\.com is that of the user alice already") as caught:
        changes.add(path, "bob", NewCredentials(certificate_names=("HOST.example.com",)))
    assert "one user" in str(caught.value.hint)
    again = changes.add(path, "alice", NewCredentials(certificate_names=("Host.example.com", "HOST.example.com")))
    assert again.user.certificate_names == ("host.example.com",)
    path.write_text(path.read_text().replace("users:\n", "users:\n  bob:\n    certificate_names: [HOST.example.com]\n"))
    with pytest.raises(UsageError, match=r"certificate name host\.example\.com stands there twice"):
        registry_file.read(path)


def test_a_key_that_they_have_gets_another_end(tmp_path: Path) -> None:
    path = tmp_path / "users.yaml"
    changes.add(path, "alice", NewCredentials(public_keys=(public_text(EC_KEY), public_text(RSA_KEY))))
    ends = datetime(2027, 1, 1, tzinfo=UTC)
    changes.add(path, "alice", NewCredentials(public_keys=(public_text(EC_KEY),), expires=ends, description="until"))
    keys = registry_file.read(path).users["alice"].public_keys
    assert [(key.key, key.expires, key.description) for key in keys] == [
        (public_text(EC_KEY), ends, "until"),
        (public_text(RSA_KEY), None, ""),
    ]


@pytest.mark.parametrize(
    "new",
    [
        NewCredentials(password=Secret("a long enough password"), expires=WHEN),
        NewCredentials(certificate_names=("a.example.com",), expires=WHEN),
        NewCredentials(groups=("ops",), expires=WHEN),
    ],
)
def test_an_end_of_what_has_none_is_refused(tmp_path: Path, new: NewCredentials) -> None:
    with pytest.raises(UsageError, match="neither a token nor a key") as caught:
        changes.add(tmp_path / "users.yaml", "alice", new)
    assert "--token" in str(caught.value.hint)
    assert not (tmp_path / "users.yaml").exists()


@pytest.mark.parametrize("password", ["short", "", "theia_abcdefghijkl_" + "A" * 43, "x" * 4097])
def test_a_password_that_cannot_be_one(tmp_path: Path, password: str) -> None:
    with pytest.raises(UsageError) as caught:
        changes.add(tmp_path / "users.yaml", "alice", NewCredentials(password=Secret(password)))
    assert not password or password not in caught.value.message


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (rsa.generate_private_key(65537, 1024), "2048 bits"),
        (ec.generate_private_key(ec.SECP256K1()), "P-256"),
        (ed25519.Ed25519PrivateKey.generate(), "RSA key"),
        (dsa.generate_private_key(1024), "RSA key"),
    ],
)
def test_a_key_that_no_token_is_signed_with(tmp_path: Path, key: rsa.RSAPrivateKey, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        changes.add(tmp_path / "users.yaml", "alice", NewCredentials(public_keys=(public_text(key),)))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("users: [", "is not valid YAML at line "),
        ("- alice", "the file"),
        ("users:\n  alice:\n    tokns: []", "`users.alice.tokns` is not a setting"),
        ("users:\n  alice:\n    password: hunter2", "`users.alice.password`: is not an argon2id hash"),
        ("users:\n  alice: {}\n  ALICE: {}", "user alice stands there twice"),
        ("users:\n  alice:\n    public_keys: [{key: aaaa}]", "is not base64 of a public key"),
        ("version: 2", "`version`"),
        ("users:\n  alice:\n    expires: tomorrow", "`users.alice.expires`"),
        ("a: &a [*a]", "not"),
        ("\xff", "is not UTF-8"),
        (
            "users:\n  alice: {disabled: true}\n  bob: {}\n  alice: {}",
            "has the key `alice` twice in one place; .* line 4",
        ),
    ],
)
def test_a_file_that_makes_no_sense_is_told_by_its_place(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "users.yaml"
    path.touch(0o600)
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageError) as caught:
        registry_file.read(path)
    assert sentence in caught.value.message or re.search(sentence, caught.value.message)
    assert caught.value.hint
    assert "proxy init" not in caught.value.hint
    assert "hunter2" not in caught.value.message + caught.value.hint


@pytest.mark.parametrize("text", ["", "# nobody yet\n", "users:\n", "users: {}", '{"version": 1, "users": {}}'])
def test_a_file_with_nobody_in_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / "users.yaml"
    path.touch(0o600)
    path.write_text(text)
    assert registry_file.read(path).users == {}


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o660, 0o620, 0o666])
def test_a_file_that_others_read_or_the_group_writes_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "users.yaml"
    path.write_text("users: {}")
    path.chmod(mode)
    with pytest.raises(UsageError, match=f"mode {mode:04o}"):
        registry_file.read(path)
    path.chmod(0o440)  # as Kubernetes mounts a Secret with fsGroup
    assert registry_file.read(path).users == {}


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no file of users"):
        registry_file.read(tmp_path / "users.yaml")


def test_of_several_that_add_at_once_none_is_lost_unnoticed(tmp_path: Path) -> None:
    path = tmp_path / "users.yaml"
    code = (
        "import sys; from pathlib import Path; from theia_sf.errors import UsageError\n"
        "from theia_sf.proxy.users import changes\n"
        "try: changes.add(Path(sys.argv[1]), sys.argv[2], changes.NewCredentials(certificate_names=(sys.argv[2],)))\n"
        "except UsageError as error: sys.exit(error.message)\n"
    )
    started = {
        f"user{number}": subprocess.Popen(
            [sys.executable, "-c", code, str(path), f"user{number}"], stderr=subprocess.PIPE, text=True
        )
        for number in range(3)
    }
    told = {name: process.communicate(timeout=60)[1] for name, process in started.items()}
    added = {name for name, process in started.items() if process.returncode == 0}
    assert added
    assert set(registry_file.read(path).users) == added
    assert all("was changed by another program" in told[name] for name in told.keys() - added)

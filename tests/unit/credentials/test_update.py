from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.credentials.kms import FIRST, SECOND, Kms, arn_of
from theia_sf.aws.errors import AwsError
from theia_sf.credentials import cipher, private_files
from theia_sf.credentials.file import open_file
from theia_sf.credentials.update import put, read_for_update, rotate, unknown_values
from theia_sf.errors import UsageError
from theia_sf.secret import Secret

SEVEN = {
    name: Secret(f"{name}-value") for name in ("account", "user", "password", "role", "warehouse", "database", "schema")
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".env"


def values(path: Path) -> dict[str, str]:
    file = open_file(path)
    return {name: value.reveal() for name, value in file.decrypt(file.fields).items()}


def test_seven_values_cost_seven_requests(fake_kms: Kms, path: Path) -> None:
    done = put(path, SEVEN, key_id=arn_of(FIRST))
    assert fake_kms.calls == {"Encrypt": 7}
    assert done.encrypted == tuple(SEVEN)
    assert values(path) == {name: value.reveal() for name, value in SEVEN.items()}
    assert fake_kms.calls["Decrypt"] == 7
    assert path.stat().st_mode & 0o777 == 0o600
    assert not any(value.reveal().encode() in path.read_bytes() for value in SEVEN.values())


def test_a_file_open_to_others_becomes_private_if_nothing_in_it_was_encrypted(fake_kms: Kms, path: Path) -> None:
    path.write_bytes(b"# mine\nAWS_KMS_KEY_ID=alias/first\nKMS_ENCRYPTED_USER=\n")
    path.chmod(0o644)
    put(path, {"user": Secret("ME")})
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_bytes().startswith(b"# mine\nAWS_KMS_KEY_ID=alias/first\nKMS_ENCRYPTED_USER=theia-sf.v1.")
    path.chmod(0o644)
    with pytest.raises(UsageError, match="Others than you can read"):
        put(path, {"user": Secret("ME")})


def test_what_is_not_named_stays(fake_kms: Kms, path: Path) -> None:
    put(path, SEVEN, key_id=FIRST)
    before = path.read_text().splitlines()
    done = put(path, {"role": Secret("ANOTHER")})  # under the key of the others
    assert done.kept == ("account", "user", "password", "warehouse", "database", "schema")
    after = path.read_text().splitlines()
    assert [line for line, now in zip(before, after, strict=True) if line != now] == [
        line for line in before if line.startswith("KMS_ENCRYPTED_ROLE")
    ]
    assert values(path)["role"] == "ANOTHER"


def test_without_a_key_nothing_is_written(fake_kms: Kms, path: Path) -> None:
    with pytest.raises(UsageError, match="No KMS key is named"):
        put(path, SEVEN)
    assert not path.exists()


def test_a_file_never_has_values_under_two_keys(fake_kms: Kms, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(path, SEVEN, key_id=FIRST)
    before = path.read_bytes()
    with pytest.raises(UsageError, match="is encrypted under the KMS key") as refused:
        put(path, {"role": Secret("R")}, key_id=SECOND)
    assert refused.value.hint == f"To change the key: theia-sf credentials rotate --key-id {arn_of(SECOND)}"
    assert path.read_bytes() == before
    path.write_bytes(f"AWS_KMS_KEY_ID={FIRST}\n".encode())
    with pytest.raises(UsageError, match=f"AWS_KMS_KEY_ID names the KMS key {FIRST} for "):
        put(path, SEVEN, key_id=SECOND)


@pytest.mark.parametrize(
    ("present", "new", "left"),
    [
        ({"password", "user"}, {"private_key"}, {"private_key", "user"}),
        ({"password", "authenticator"}, {"private_key"}, {"private_key"}),
        ({"private_key", "private_key_passphrase"}, {"private_key"}, {"private_key"}),
        ({"private_key", "private_key_passphrase"}, {"password"}, {"password"}),
        ({"private_key", "authenticator"}, {"private_key", "private_key_passphrase"}, None),
        ({"password"}, {"role"}, {"password", "role"}),
        (
            {"oauth_client_id", "oauth_client_secret"},
            {"oauth_client_secret"},
            {"oauth_client_id", "oauth_client_secret"},
        ),
        ({"password", "token"}, {"password", "private_key"}, {"password", "private_key"}),
        (
            {"workload_identity_provider", "authenticator"},
            {"token"},
            {"workload_identity_provider", "authenticator", "token"},
        ),
    ],
)
def test_a_new_way_to_sign_in_takes_the_place_of_the_old(
    fake_kms: Kms, path: Path, present: set[str], new: set[str], left: set[str] | None
) -> None:
    put(path, dict.fromkeys(present, Secret("old")), key_id=FIRST)
    done = put(path, dict.fromkeys(new, Secret("new")))
    expected = present | new if left is None else left
    assert open_file(path).fields == expected
    assert set(done.emptied) == present - expected


def test_rotating_puts_everything_under_the_new_key(fake_kms: Kms, path: Path) -> None:
    path.write_bytes(b"AWS_KMS_KEY_ID=alias/first # ours\n# end\n")
    path.chmod(0o600)
    put(path, SEVEN)
    done = rotate(path, {"password": Secret("newer")}, key_id="alias/second")
    assert done.key_line
    assert path.read_bytes().startswith(b"AWS_KMS_KEY_ID=alias/second # ours\n# end\n")
    file = open_file(path)
    assert {file.token(name).key_arn for name in file.fields} == {arn_of(SECOND)}
    assert values(path) == {name: value.reveal() for name, value in SEVEN.items()} | {"password": "newer"}


def test_rotating_adds_no_line_for_the_key(fake_kms: Kms, path: Path) -> None:
    put(path, SEVEN, key_id=FIRST)
    assert not rotate(path, {}, key_id=SECOND).key_line
    assert b"AWS_KMS_KEY_ID" not in path.read_bytes()
    assert values(path)["user"] == "user-value"


@pytest.mark.parametrize("after", [0, 3, 6])
def test_rotating_is_all_or_nothing(fake_kms: Kms, path: Path, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    put(path, SEVEN, key_id=FIRST)
    before, real = path.read_bytes(), fake_kms.encrypt
    left = after

    def failing(**request: object) -> object:
        nonlocal left
        if left == 0:
            fake_kms.refusal = "DisabledException"
        left -= 1
        return real(**request)  # type: ignore[arg-type]

    monkeypatch.setattr(fake_kms, "encrypt", failing)
    with pytest.raises(AwsError, match="is disabled"):
        rotate(path, {}, key_id=SECOND)
    assert path.read_bytes() == before


def test_an_edit_during_the_encryption_is_not_overwritten(
    fake_kms: Kms, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(path, SEVEN, key_id=FIRST)
    real = cipher.encrypt

    def edited_meanwhile(*arguments: object) -> object:
        path.write_bytes(path.read_bytes() + b"# the editor's\n")
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(cipher, "encrypt", edited_meanwhile)
    with pytest.raises(UsageError, match="was changed by another program meanwhile"):
        put(path, {"role": Secret("R")})
    assert path.read_bytes().endswith(b"# the editor's\n")


def test_rotating_nothing_is_refused(fake_kms: Kms, path: Path) -> None:
    path.write_bytes(b"A=1\n")
    with pytest.raises(UsageError, match="holds no encrypted value"):
        rotate(path, {}, key_id=SECOND)


def test_values_too_many_for_a_file_are_refused(fake_kms: Kms, path: Path) -> None:
    with pytest.raises(UsageError, match="is larger than a file of credentials can be"):
        put(path, {"password": Secret("x" * private_files.LARGEST)}, key_id=FIRST)
    assert not path.exists()


def test_lines_of_other_programs_are_named(fake_kms: Kms, path: Path) -> None:
    path.write_bytes(b"KMS_ENCRYPTED_OTHER=x\nKMS_ENCRYPTED_USER=y\nKMS_ENCRYPTED_EMPTY=\n")
    path.chmod(0o600)
    assert unknown_values(read_for_update(path)[0]) == ("KMS_ENCRYPTED_OTHER",)


@pytest.mark.parametrize("line", ["alias/first", arn_of(FIRST), FIRST])
def test_no_value_gets_under_another_key_than_the_line_of_the_file_names(fake_kms: Kms, path: Path, line: str) -> None:
    path.write_bytes(f"AWS_KMS_KEY_ID={line}\n".encode())
    with pytest.raises(UsageError, match="AWS_KMS_KEY_ID names the KMS key"):
        put(path, SEVEN, key_id=arn_of(SECOND))
    put(path, SEVEN)
    before = path.read_bytes()
    with pytest.raises(UsageError, match="is encrypted under the KMS key") as refused:
        put(path, SEVEN, key_id=arn_of(SECOND))  # though none of the present ones would stay
    assert refused.value.hint == f"To change the key: theia-sf credentials rotate --key-id {arn_of(SECOND)}"
    assert path.read_bytes() == before
    put(path, SEVEN, key_id=arn_of(FIRST))
    assert values(path)["user"] == "user-value"


def test_an_alias_that_means_another_key_by_now_is_no_dead_end(fake_kms: Kms, path: Path) -> None:
    path.write_bytes(b"AWS_KMS_KEY_ID=alias/first\n")
    put(path, SEVEN)
    fake_kms.aliases["alias/first"] = SECOND
    with pytest.raises(cipher.UndecipherableError, match="but AWS_KMS_KEY_ID names alias/first") as refused:
        open_file(path).decrypt(["user"])
    assert "`theia-sf credentials rotate` changes the key" in (refused.value.hint or "")
    rotate(path, {}, key_id="alias/first")
    assert values(path) == {name: value.reveal() for name, value in SEVEN.items()}
    assert open_file(path).token("user").key_arn == arn_of(SECOND)

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from snowflake.connector.errors import OperationalError, ProgrammingError

from tests.unit.identity.account import Account
from theia_sf.errors import ConnectionFailedError, TheiaError, UsageError
from theia_sf.identity import key_files, key_pairs
from theia_sf.identity.key_files import KeyFile
from theia_sf.identity.key_pairs import Target, create, read_target, retire, rotate
from theia_sf.identity.new_keys import Curve, encode, maker, new_key
from theia_sf.secret import Secret
from theia_sf.snowflake.errors import LoginRefusedError, PrivilegeMissingError
from theia_sf.snowflake.keys import fingerprint, load_private_key

make = partial(new_key, curve=Curve.P256)


@pytest.fixture
def signed_in(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The fingerprints that were signed in with."""
    seen: list[str] = []

    def sign_in_with(settings: Any, login_name: str, key: Any) -> str:
        seen.append(fingerprint(key))
        return login_name

    monkeypatch.setattr(key_pairs, "sign_in_with", sign_in_with)
    return seen


def target(account: Account, **properties: Any) -> Target:
    if "SVC" not in account.users:
        account.user("SVC", **properties)
    connection: Any = account
    settings: Any = None
    return read_target(connection, "svc", settings)


def slots(account: Account) -> list[Any]:
    return [account.users["SVC"].get("RSA_PUBLIC_KEY_FP"), account.users["SVC"].get("RSA_PUBLIC_KEY_2_FP")]


def test_create(account: Account, signed_in: list[str], tmp_path: Path) -> None:
    path = tmp_path / "k.p8"
    made = create(target(account), KeyFile(path, Secret("pass phrase")), make)
    key = load_private_key(path=path, passphrase=Secret("pass phrase"))
    assert path.stat().st_mode & 0o777 == 0o600
    assert b"ENCRYPTED" in path.read_bytes()
    assert (made.slot, made.fingerprint, made.place) == ("RSA_PUBLIC_KEY", fingerprint(key), str(path))
    assert slots(account) == [*signed_in, None] == [fingerprint(key), None]


def test_create_never_overwrites(account: Account, signed_in: list[str], tmp_path: Path) -> None:
    path = tmp_path / "k.p8"
    path.write_text("mine")
    with pytest.raises(UsageError, match="already") as refused:
        create(target(account), KeyFile(path), make)
    assert "--replace" in str(refused.value.hint)
    assert (path.read_text(), account.run) == ("mine", [])
    made = create(target(account), KeyFile(path), make, replace=True)
    assert (made.old_place, (tmp_path / "k.p8.old").read_text()) == (f"{path}.old", "mine")
    assert fingerprint(load_private_key(path=path)) == made.fingerprint


def test_a_folder_that_is_not_there(account: Account, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        create(target(account), KeyFile(tmp_path / "no" / "k.p8"), make)
    assert account.run == []


def test_rotate_and_retire(account: Account, signed_in: list[str], tmp_path: Path) -> None:
    store = KeyFile(tmp_path / "k.p8")
    first = create(target(account), store, make)
    second = rotate(target(account), store, make)
    assert (second.slot, second.old_fingerprint) == ("RSA_PUBLIC_KEY_2", first.fingerprint)
    assert slots(account) == [first.fingerprint, second.fingerprint]  # both are valid
    assert fingerprint(load_private_key(path=store.path)) == second.fingerprint
    assert second.old_place is not None
    assert fingerprint(load_private_key(path=Path(second.old_place))) == first.fingerprint

    with pytest.raises(UsageError, match="has two keys already") as refused:
        rotate(target(account), store, make)
    assert all(text in refused.value.message for text in (first.fingerprint, second.fingerprint, str(store.path)))
    assert f"keypair retire SVC --key-file {store.path}" in str(refused.value.hint)
    with pytest.raises(UsageError, match="has two keys already") as refused:
        create(target(account), KeyFile(tmp_path / "other.p8"), make)
    assert "keypair retire SVC --key-file FILE" in str(refused.value.hint)  # there is none in other.p8

    ended = retire(target(account), store)
    assert ended is not None
    assert (ended.name, ended.fingerprint) == ("RSA_PUBLIC_KEY", first.fingerprint)
    assert slots(account) == [None, second.fingerprint]
    assert [path.name for path in tmp_path.iterdir()] == ["k.p8"]
    assert retire(target(account), store) is None
    third = rotate(target(account), store, make)
    assert slots(account) == [third.fingerprint, second.fingerprint]


def test_only_the_ended_key_is_removed(account: Account, signed_in: list[str], tmp_path: Path) -> None:
    store = KeyFile(tmp_path / "k.p8")
    store.path.write_text("of another account")
    create(target(account), store, make, replace=True)
    account.users["SVC"]["RSA_PUBLIC_KEY_2_FP"] = "SHA256:another"
    assert retire(target(account), store) is not None
    assert (tmp_path / "k.p8.old").read_text() == "of another account"


def test_the_key_in_use_must_be_the_users(account: Account, tmp_path: Path) -> None:
    store = KeyFile(tmp_path / "k.p8")
    subject = target(account, RSA_PUBLIC_KEY_FP="SHA256:other")
    with pytest.raises(UsageError, match="not known which private key"):
        rotate(subject, store, make)
    store.path.write_bytes(encode(make(), None))
    store.path.chmod(0o600)
    with pytest.raises(UsageError, match=r"is not a key of SVC, which has RSA_PUBLIC_KEY SHA256:other"):
        retire(subject, store)
    assert account.run == []


def test_a_refused_sign_in_undoes_the_rotation(
    account: Account, signed_in: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = KeyFile(tmp_path / "k.p8")
    first = create(target(account), store, make)
    before = store.path.read_bytes()

    def refuse(*_: object) -> str:
        raise LoginRefusedError("Snowflake refused the key pair of SVC.", hint="Look.")

    monkeypatch.setattr(key_pairs, "sign_in_with", refuse)
    with pytest.raises(LoginRefusedError, match="refuses it: Snowflake refused the key pair of SVC") as refused:
        rotate(target(account), store, make)
    assert "--no-sign-in" in str(refused.value.hint)
    assert slots(account) == [first.fingerprint, None]
    assert store.path.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["k.p8"]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ProgrammingError(msg="Insufficient privileges", errno=3001), PrivilegeMissingError),
        (ProgrammingError(msg="User 'SVC' does not exist or not authorized.", errno=2003), PrivilegeMissingError),
        (OperationalError(msg="gone", errno=250003), ConnectionFailedError),
    ],
)
def test_a_key_that_was_not_set_goes_on_later(
    account: Account, signed_in: list[str], tmp_path: Path, error: Any, kind: type[TheiaError]
) -> None:
    store = KeyFile(tmp_path / "k.p8")
    first = create(target(account), store, make)
    account.failures["ALTER USER"] = error
    with pytest.raises(kind, match=r"k\.p8\.new, but is not known to be set") as failed:
        rotate(target(account), store, make)
    assert 'ALTER USER "SVC" SET RSA_PUBLIC_KEY_2 = ' in str(failed.value.hint)
    assert "PRIVATE KEY" not in str(failed.value.hint)
    assert fingerprint(load_private_key(path=store.path)) == first.fingerprint
    left = fingerprint(load_private_key(path=tmp_path / "k.p8.new"))
    again = rotate(target(account), store, make)
    assert (again.fingerprint, again.resumed) == (left, True)


def test_snowflake_goes_away_before_the_sign_in(
    account: Account, signed_in: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = KeyFile(tmp_path / "k.p8")
    with monkeypatch.context() as patch:

        def gone(*_: object) -> str:
            raise ConnectionFailedError("Snowflake cannot be reached.")

        patch.setattr(key_pairs, "sign_in_with", gone)
        with pytest.raises(ConnectionFailedError, match="could not be tried: Snowflake cannot be reached") as failed:
            create(target(account), store, make)
    assert f"{store.path}.new" in str(failed.value.hint)
    made = create(target(account), store, make)
    assert (made.resumed, slots(account)) == (True, [made.fingerprint, None])


@pytest.mark.parametrize(
    ("module", "name"), [(key_pairs, "set_key"), (key_pairs, "sign_in_with"), (key_files, "keep_owner")]
)
@pytest.mark.parametrize("done", [False, True])
def test_a_rotation_that_ends_anywhere_goes_on(
    account: Account,
    signed_in: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    module: ModuleType,
    name: str,
    done: bool,
) -> None:
    """Just before or just after each step: the key in the file is always one of the user's."""
    store = KeyFile(tmp_path / "k.p8")
    first = create(target(account), store, make)
    step = getattr(module, name)

    def ends(*arguments: Any) -> None:
        if done:
            step(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, name, ends)
        with pytest.raises(KeyboardInterrupt):
            rotate(target(account), store, make)
    assert fingerprint(load_private_key(path=store.path)) == first.fingerprint
    left = fingerprint(load_private_key(path=tmp_path / "k.p8.new"))
    made = rotate(target(account), store, make)
    assert (made.fingerprint, made.resumed, made.slot) == (left, True, "RSA_PUBLIC_KEY_2")
    assert sum("RSA_PUBLIC_KEY_2" in statement for statement in account.run) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["k.p8", "k.p8.old"]


def test_a_link_stays_a_link(account: Account, signed_in: list[str], tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir()
    store = KeyFile(tmp_path / "k.p8")
    create(target(account), KeyFile(real / "k.p8"), make)
    store.path.symlink_to(real / "k.p8")
    made = rotate(target(account), store, make)
    assert store.path.is_symlink()
    assert os.path.realpath(store.path) == str(real / "k.p8")
    assert fingerprint(load_private_key(path=real / "k.p8")) == made.fingerprint


def test_another_passphrase(account: Account, signed_in: list[str], tmp_path: Path) -> None:
    path = tmp_path / "k.p8"
    create(target(account), KeyFile(path, Secret("first one")), make)
    store = KeyFile(path, Secret("second one"), Secret("first one"))
    made = rotate(target(account), store, make)
    assert retire(target(account), store) is not None
    assert fingerprint(load_private_key(path=path, passphrase=Secret("second one"))) == made.fingerprint
    with pytest.raises(UsageError):
        KeyFile(path, None, Secret("wrong one")).current()


def test_kinds_of_keys() -> None:
    assert getattr(maker(None, None)(), "key_size", None) == 2048
    curve = getattr(maker(None, "p-384")(), "curve", None)
    assert getattr(curve, "name", None) == "secp384r1"
    for bits, name in ((1024, None), (None, "secp256k1"), (2048, "P-256")):
        with pytest.raises(UsageError) as refused:
            maker(bits, name)
        assert refused.value.hint

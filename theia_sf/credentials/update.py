"""New values into the KMS-encrypted `.env`, and all of its values under another key: everything or nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from theia_sf.aws.errors import AwsError
from theia_sf.aws.kms_values import KmsValues
from theia_sf.aws.session import resolve_region
from theia_sf.credentials import cipher, private_files
from theia_sf.credentials.env_file import KEY_VARIABLE, PREFIX
from theia_sf.credentials.fields import FIELDS
from theia_sf.credentials.file import CredentialsFile, apply_aws
from theia_sf.errors import UsageError
from theia_sf.secret import Secret

# Ways to prove who one is. A new secret of one way takes the place of what stands there for the others.
_WAYS: Final = (
    frozenset({"password", "passcode"}),
    frozenset({"private_key", "private_key_path", "private_key_passphrase"}),
    frozenset(
        {
            "token",
            "token_file_path",
            "oauth_client_id",
            "oauth_client_secret",
            "oauth_token_request_url",
            "oauth_scope",
            "workload_identity_provider",
            "workload_identity_impersonation_path",
            "workload_identity_aws_use_outbound_token",
        }
    ),
)
# What goes with one secret only: a new one makes it void.
_BELONGS: Final = {
    "password": frozenset({"passcode"}),
    "private_key": frozenset({"private_key_path", "private_key_passphrase"}),
    "private_key_path": frozenset({"private_key", "private_key_passphrase"}),
    "token": frozenset({"token_file_path"}),
    "token_file_path": frozenset({"token"}),
}


@dataclass(frozen=True)
class Update:
    """What was written.

    Attributes:
        path: the file.
        key_arn: the KMS key of the values that were encrypted.
        encrypted: the fields that have a new encrypted value.
        kept: the fields whose value was not touched.
        emptied: the fields whose value was taken away, as another way to sign in took its place.
        key_line: AWS_KMS_KEY_ID in the file names the new key now.
    """

    path: Path
    key_arn: str
    encrypted: tuple[str, ...]
    kept: tuple[str, ...] = ()
    emptied: tuple[str, ...] = ()
    key_line: bool = False


def read_for_update(path: Path) -> tuple[CredentialsFile, bytes | None]:
    """Read a credentials file that may not exist yet, or not hold encrypted values yet.

    Returns:
        The file, and its bytes as `write` must find them again: None if there is no file.

    Raises:
        UsageError: it cannot be read; it holds encrypted values and others than its owner can read or change it.
    """
    try:
        data, mode = private_files.read(path)
    except FileNotFoundError:
        return CredentialsFile(path, b""), None
    file = CredentialsFile(path, data)
    if file.fields:
        private_files.check_private(path, mode)
    return file, data


def put(path: Path, values: Mapping[str, Secret], *, key_id: str | None = None, region: str | None = None) -> Update:
    """Encrypt values and put them into a credentials file, which is made if it does not exist; mode 0600 afterwards.

    The file's AWS_* lines are applied to this process first, as `apply_aws` does.

    Args:
        path: the file.
        values: field to value, none empty; the fields that are not named keep theirs.
        key_id: the KMS key: ID, ARN or alias; by default AWS_KMS_KEY_ID, or the key of the values in the file.
        region: where the key is, unless its ARN says so; by default the environment's and the file's.

    Raises:
        UsageError: no key is named, or not the one of the values that stay; the file cannot be read or written.
        TheiaError: as `KmsValues`.
    """
    file, before = read_for_update(path)
    apply_aws(file)
    gone = _superseded(file.fields, values.keys())
    kept = file.fields - values.keys() - gone
    kms = key_for(file, key_id, region)
    arn = kms.arn()
    _check_one_key(file, kept, kms, region)
    written = cipher.encrypt(values, kms)
    _write(file, before, written, gone)
    return Update(path, arn, _sorted(written), _sorted(kept), _sorted(gone))


def rotate(path: Path, values: Mapping[str, Secret], *, key_id: str | None = None, region: str | None = None) -> Update:
    """Encrypt all values of a credentials file anew, some of them with new content; the file is replaced at the end.

    AWS_KMS_KEY_ID in the file, if it is there, names the new key afterwards. The rest as `put`.

    Raises:
        UsageError: also if the file holds no encrypted value.
        UndecipherableError: a present value cannot be decrypted.
    """
    file, before = read_for_update(path)
    if not file.fields:
        message = f"{path} holds no encrypted value."
        raise UsageError(message, hint="`theia-sf credentials encrypt` writes them.")
    apply_aws(file)
    gone = _superseded(file.fields, values.keys())
    kms = key_for(file, key_id, region)
    tokens = {name: file.token(name) for name in sorted(file.fields - values.keys() - gone)}
    # Not under the key that the file's own line names: its alias may mean the new key already.
    present = cipher.decrypt(tokens, os.environ.get(KEY_VARIABLE))
    written = cipher.encrypt({**present, **values}, kms)
    key_line = key_id is not None and KEY_VARIABLE in file.env.names()
    _write(file, before, written, gone, key_id if key_line else None)
    return Update(path, kms.arn(), _sorted(written), (), _sorted(gone), key_line)


def unknown_values(file: CredentialsFile) -> tuple[str, ...]:
    """Return the KMS_ENCRYPTED_* lines with a value that are of no field, and so of another program."""
    ours = {entry.encrypted_variable for entry in FIELDS.values()}
    return tuple(
        name for name, value in file.env.values.items() if name.startswith(PREFIX) and value and name not in ours
    )


def key_for(file: CredentialsFile, key_id: str | None, region: str | None) -> KmsValues:
    """Return the KMS key to encrypt a file's values under; KMS is not asked. Arguments as `put`.

    Raises:
        UsageError: none is named; there is no such region.
    """
    named = key_id or file.key_id(os.environ)
    if named is None:  # the file goes on with the key that it has
        named = next((file.token(name).key_arn for name in sorted(file.fields)), None)
    if named is None:
        message = f"No KMS key is named, neither by AWS_KMS_KEY_ID in {file.path} nor in the environment."
        raise UsageError(message, hint="Give --key-id; `theia-sf create-kms-key` makes a key.")
    return KmsValues(named, resolve_region(region))


def _check_one_key(file: CredentialsFile, kept: AbstractSet[str], kms: KmsValues, region: str | None) -> None:
    """Refuse to leave values under two keys in one file, or under another than AWS_KMS_KEY_ID names."""
    arn = kms.arn()
    other = next((file.token(name).key_arn for name in sorted(kept) if file.token(name).key_arn != arn), None)
    line = file.key_id(os.environ)
    if other is None and line is not None and line != kms.key_id and not _means(line, arn, region):
        other = line
    if other is not None:
        message = f"{file.path} is encrypted under the KMS key {other}, not under {arn}."
        if not file.fields:
            message = f"AWS_KMS_KEY_ID names the KMS key {other} for {file.path}, not {arn}."
            raise UsageError(message, hint="Correct AWS_KMS_KEY_ID, or leave out --key-id.")
        raise UsageError(message, hint=f"To change the key: theia-sf credentials rotate --key-id {arn}")


def _means(key_id: str, arn: str, region: str | None) -> bool:
    """Tell whether a key's ID, ARN or alias means the key with this ARN; of an alias, KMS knows."""
    same = cipher.same_key(arn, key_id)
    if same is not None:
        return same
    try:
        return KmsValues(key_id, resolve_region(region)).arn() == arn
    except AwsError:  # we may not look; the first decryption tells
        return True


def _write(
    file: CredentialsFile,
    before: bytes | None,
    tokens: Mapping[str, str],
    gone: AbstractSet[str],
    key_id: str | None = None,
) -> None:
    changes = {FIELDS[name].encrypted_variable: token for name, token in tokens.items()}
    changes |= {FIELDS[name].encrypted_variable: "" for name in gone}
    if key_id is not None:
        changes[KEY_VARIABLE] = key_id
    private_files.replace(file.path, file.env.with_values(changes), expected=before)


def _superseded(present: AbstractSet[str], new: AbstractSet[str]) -> frozenset[str]:
    """The present fields that mean nothing, or the wrong thing, beside new ones."""
    ways = [way for way in _WAYS if way & new]
    if not ways:
        return frozenset()
    others = frozenset[str]().union(*(way for way in _WAYS if way not in ways)) & present
    gone = others.union(*(_BELONGS.get(name, frozenset[str]()) & present for name in new))
    if others:
        gone |= {"authenticator"} & present
    return gone - new


def _sorted(names: Mapping[str, str] | AbstractSet[str]) -> tuple[str, ...]:
    return tuple(name for name in FIELDS if name in names)

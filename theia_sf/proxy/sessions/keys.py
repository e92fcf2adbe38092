"""The keys that Snowflake's tokens are encrypted with, and the files that they stand in.

A key file holds one line: 32 random bytes in base64; or `kms:`, the ARN of a KMS key, and a data key that KMS encrypted
under it, which says nothing to who may not use the KMS key. A key's id is a digest of it, so that what was encrypted
names its key, and a former key goes on decrypting while a new one encrypts.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from theia_sf.credentials import private_files
from theia_sf.errors import UsageError
from theia_sf.proxy import guarded_files

KEY_BYTES: Final = 32
KEY_ID_BYTES: Final = 8
_KMS: Final = "kms:"
_WHAT: Final = "key file"
CONTEXT: Final = {"theia-sf": "proxy-sessions"}
"""KMS encryption context of the data keys: whoever may decrypt with it, may decrypt nothing else of theia-sf's."""


@dataclass(frozen=True)
class SealingKey:
    """A key of 32 bytes and its id."""

    secret: bytes = field(repr=False)

    @property
    def id(self) -> bytes:
        """8 bytes that name the key."""
        return hashlib.sha256(b"theia-sf proxy key id\0" + self.secret).digest()[:KEY_ID_BYTES]


def new_key_file(path: Path) -> SealingKey:
    """Make a key file with a new key, mode 0600.

    Raises:
        UsageError: the file is there already, or cannot be written.
    """
    _must_be_new(path)
    key = SealingKey(secrets.token_bytes(KEY_BYTES))
    private_files.replace(path, base64.b64encode(key.secret) + b"\n", expected=None)
    return key


def new_kms_key_file(path: Path, kms_key_id: str, region: str | None = None) -> SealingKey:
    """Make a key file with a new data key, encrypted under a KMS key; mode 0600.

    Args:
        path: the file.
        kms_key_id: the KMS key: ID, ARN or alias.
        region: where it is, unless the ARN tells; by default the environment's.

    Raises:
        UsageError: the file is there already, or cannot be written.
        TheiaError: as `KmsValues`.
    """
    from theia_sf.aws.kms_values import KmsValues  # noqa: PLC0415 (boto3 takes its time, and few need it here)
    from theia_sf.aws.session import resolve_region  # noqa: PLC0415 (as above)

    _must_be_new(path)
    kms = KmsValues(kms_key_id, resolve_region(region))
    arn, made = kms.arn(), kms.data_key(CONTEXT)
    line = f"{_KMS}{arn} {base64.b64encode(made.encrypted).decode()}\n"
    private_files.replace(path, line.encode(), expected=None)
    return SealingKey(made.plaintext)


def read_keys(current: Path, old: Sequence[Path] = ()) -> tuple[SealingKey, ...]:
    """Read key files; KMS is asked once for each data key.

    Returns:
        The keys, the current one first.

    Raises:
        UsageError: a file does not exist, others may read it, or it holds no key.
        TheiaError: as `KmsValues`.
    """
    return tuple(_read(path) for path in (current, *old))


def _must_be_new(path: Path) -> None:
    if path.exists():
        message = f"The key file {path} is there already, and sessions may be encrypted by it."
        raise UsageError(message, hint="For a new key, choose another name, and name the old file as a former key.")


def _read(path: Path) -> SealingKey:
    text = guarded_files.read(path, _WHAT).decode("utf-8", "replace").strip()
    arn, _, encoded = text.removeprefix(_KMS).partition(" ") if text.startswith(_KMS) else ("", "", text)
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    secret = _decrypted(path, arn, data) if arn and data else data
    if len(secret) != KEY_BYTES:
        message = f"The key file {path} holds no key: it must be {KEY_BYTES} random bytes in base64."
        raise UsageError(message, hint=f"Make another: head -c {KEY_BYTES} /dev/urandom | base64{_umask()}")
    return SealingKey(secret)


def _umask() -> str:
    return " (and chmod 600)" if os.name == "posix" else ""


def _decrypted(path: Path, arn: str, data_key: bytes) -> bytes:
    from theia_sf.aws.arns import parse_arn  # noqa: PLC0415 (as above)
    from theia_sf.aws.kms_values import KmsValues, WrongCiphertextError, WrongKeyError  # noqa: PLC0415 (as above)

    kms = KmsValues(arn, parse_arn(arn, "kms").region)
    try:
        return kms.decrypt(data_key, CONTEXT)
    except (WrongCiphertextError, WrongKeyError) as error:
        message = f"KMS does not decrypt the key file {path}: it was changed, or is not one of the proxy's."
        raise UsageError(
            message, hint="Restore it from a copy; with another key, users have to log in again."
        ) from error

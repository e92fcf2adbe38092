"""Values to tokens and back, by KMS: one request per value, bound to the field that the value is for."""

from __future__ import annotations

import re
import secrets
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from theia_sf.aws.arns import parse_arn
from theia_sf.aws.kms_values import LARGEST_PLAINTEXT, KmsValues, WrongCiphertextError, WrongKeyError
from theia_sf.credentials.fields import FIELDS
from theia_sf.credentials.tokens import Token, context
from theia_sf.errors import TheiaError, UsageError
from theia_sf.secret import Secret

_NONCE_BYTES: Final = 12  # NIST SP 800-38D, 8.2
_MULTI_REGION: Final = re.compile(r"mrk-[0-9a-f]+")

_decrypted: dict[tuple[Token, str | None], Secret] = {}  # of this process: KMS is asked once for each value
_lock = threading.Lock()


class UndecipherableError(TheiaError):
    """A value that KMS does not decrypt: changed, moved, or encrypted under another key than the one named."""


def encrypt(values: Mapping[str, Secret], kms: KmsValues) -> dict[str, str]:
    """Encrypt values under one key.

    Args:
        values: field to value; none is empty.
        kms: the key.

    Returns:
        Field to token, all with the same time.

    Raises:
        UsageError: a value cannot stand in a variable.
        TheiaError: as `KmsValues`.
    """
    plaintexts = {field: _bytes(field, value) for field, value in values.items()}
    arn = kms.arn()
    now = datetime.now(UTC).replace(microsecond=0)
    return {field: str(_encrypted(field, plaintext, arn, now, kms)) for field, plaintext in plaintexts.items()}


def _encrypted(field: str, plaintext: bytes, arn: str, when: datetime, kms: KmsValues) -> Token:
    bound = context(field, arn, when)
    if len(plaintext) <= LARGEST_PLAINTEXT:
        return Token(field, arn, when, kms.encrypt(plaintext, bound))
    data_key = kms.data_key(bound)
    nonce = secrets.token_bytes(_NONCE_BYTES)
    sealed = _aead(data_key.plaintext).encrypt(nonce, plaintext, _associated(bound))
    return Token(field, arn, when, nonce + sealed, data_key.encrypted)


def decrypt(tokens: Mapping[str, Token], named_key: str | None) -> dict[str, Secret]:
    """Decrypt tokens; each is sent to KMS once in the life of the process.

    Args:
        tokens: field to token.
        named_key: the key that they must be encrypted under (ID, ARN or alias); None: the one that each names.

    Raises:
        UndecipherableError: see there.
        TheiaError: as `KmsValues`.
    """
    keys: dict[tuple[str, str], KmsValues] = {}
    found: dict[str, Secret] = {}
    for field, token in tokens.items():
        with _lock:
            known = _decrypted.get((token, named_key))
            if known is None:
                key_id = named_key or token.key_arn
                check_key(field, token, named_key)
                region = parse_arn(token.key_arn, "kms").region
                kms = keys.setdefault((key_id, region), KmsValues(key_id, region))
                known = _decrypted[token, named_key] = Secret(_decrypt(field, token, kms), mask=FIELDS[field].secret)
        found[field] = known
    return found


def forget() -> None:
    """Forget what this process has decrypted."""
    with _lock:
        _decrypted.clear()


def same_key(arn: str, key_id: str) -> bool | None:
    """Tell whether a key's ARN and a key's ID, ARN or alias mean the same key; None: only KMS knows (an alias)."""
    if "alias/" in key_id:
        return None
    given = key_id.rpartition("/")[2]
    if given != arn.rpartition("/")[2]:
        return False
    # The replicas of a multi-region key share its ID.
    return not key_id.startswith("arn:") or key_id == arn or _MULTI_REGION.fullmatch(given) is not None


def check_key(field: str, token: Token, named_key: str | None) -> None:
    """Refuse a value that is visibly under another key than the one named.

    Raises:
        UndecipherableError: it is.
    """
    if named_key and same_key(token.key_arn, named_key) is False:
        raise _foreign_key(field, token, named_key)


def _foreign_key(field: str, token: Token, key_id: str) -> UndecipherableError:
    message = f"{_variable(field)} is encrypted under the KMS key {token.key_arn}, but AWS_KMS_KEY_ID names {key_id}."
    hint = "Correct AWS_KMS_KEY_ID in the file or the environment; `theia-sf credentials rotate` changes the key."
    return UndecipherableError(message, hint=hint)


def _decrypt(field: str, token: Token, kms: KmsValues) -> str:
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 (see _aead)

    try:
        if not token.data_key:
            return kms.decrypt(token.ciphertext, token.context).decode()
        data_key = kms.decrypt(token.data_key, token.context)
        nonce, sealed = token.ciphertext[:_NONCE_BYTES], token.ciphertext[_NONCE_BYTES:]
        return _aead(data_key).decrypt(nonce, sealed, _associated(token.context)).decode()
    except (WrongKeyError, WrongCiphertextError, InvalidTag, ValueError) as error:
        if isinstance(error, WrongKeyError) and kms.key_id != token.key_arn:
            raise _foreign_key(field, token, kms.key_id) from error
        message = f"KMS does not decrypt {_variable(field)}: the value was changed, or is not theia-sf's."
        hint = "Restore the file from a copy, or enter the value again with `theia-sf credentials encrypt`."
        raise UndecipherableError(message, hint=hint) from error


def _aead(key: bytes):  # noqa: ANN202 (AESGCM, imported where a long value needs it)
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 (as said)

    return AESGCM(key)


def _associated(bound: Mapping[str, str]) -> bytes:
    """The context as bytes, for AES-GCM; names sorted, so that the same context gives the same bytes."""
    return "\n".join(f"{name}={bound[name]}" for name in sorted(bound)).encode()


def _bytes(field: str, value: Secret) -> bytes:
    try:
        data = value.reveal().encode()
    except UnicodeEncodeError as error:
        message = f"The {field.replace('_', ' ')} is not text."
        raise UsageError(message) from error
    if b"\0" in data:
        message = f"The {field.replace('_', ' ')} holds a NUL character, which no variable can."
        raise UsageError(message)
    return data


def _variable(field: str) -> str:
    return FIELDS[field].encrypted_variable

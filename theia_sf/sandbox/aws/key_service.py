"""KMS as AWS answers, where moto differs: key states, the key that a ciphertext names, the encryption context.

Errors: KMS API Reference, "Encrypt", "Decrypt", "GenerateDataKey". Which states refuse: "Key states of AWS KMS keys" of
the KMS Developer Guide.
"""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportPrivateUsage=false
# moto is only partly typed, and offers no hook but the functions' own names.

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from typing import Any, Final

from moto.core.exceptions import AWSError
from moto.kms.models import KmsBackend
from moto.kms.utils import _deserialize_ciphertext_blob

_encrypt = KmsBackend.encrypt
_decrypt = KmsBackend.decrypt


def encrypt(backend: Any, key_id: str, plaintext: bytes, encryption_context: dict[str, str]) -> tuple[bytes, str]:
    """Encrypt, in place of moto's method of the same name; data keys are made by it too.

    Raises:
        AWSError: the key is disabled, pending deletion, or not for encrypting.
    """
    key = backend.keys.get(backend.any_id_to_key_id(key_id))
    if key is not None:
        _check_usable(key)
    return _encrypt(backend, key_id, plaintext, encryption_context)


def decrypt(
    backend: Any, ciphertext_blob: bytes, encryption_context: dict[str, str], key_id: str | None = None
) -> tuple[bytes, str]:
    """Decrypt, in place of moto's method of the same name.

    Raises:
        AWSError: the ciphertext is of another key than the request names, or its key does not exist here, is disabled,
            pending deletion, or not for encrypting.
    """
    named = _key_of(ciphertext_blob)
    if named is not None:
        if key_id is not None and backend.any_id_to_key_id(key_id) != named:
            message = "The key ID in the request does not identify a CMK that can perform this operation."
            raise AWSError(message, "IncorrectKeyException", 400)
        if named not in backend.keys:
            message = (
                "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or "
                "you are not allowed to access."
            )
            raise AWSError(message, "AccessDeniedException", 400)
        _check_usable(backend.keys[named])
    return _decrypt(backend, ciphertext_blob, encryption_context)


def by_id_or_arn(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method of moto's that changes a key's state, which knows IDs only, for ARNs too, as AWS takes both."""

    def change(backend: Any, key_id: str, *arguments: Any, **options: Any) -> Any:
        return method(backend, backend.get_key_id(key_id), *arguments, **options)

    return change


STATE_CHANGES: Final = {
    f"moto.kms.models.KmsBackend.{method.__name__}": by_id_or_arn(method)
    for method in (
        KmsBackend.disable_key,
        KmsBackend.enable_key,
        KmsBackend.schedule_key_deletion,
        KmsBackend.cancel_key_deletion,
    )
}
"""Replacements in the form of `theia_sf.sandbox.aws.patches`."""


def serialized_context(encryption_context: dict[str, str]) -> bytes:
    """The context as the data that a ciphertext authenticates; moto's own form runs names and values together."""
    return json.dumps(encryption_context, sort_keys=True).encode() if encryption_context else b""


def _key_of(ciphertext_blob: bytes) -> str | None:
    """The key that a ciphertext names; None if it is none of ours, which moto's own code refuses."""
    try:
        return _deserialize_ciphertext_blob(ciphertext_blob).key_id
    except (struct.error, ValueError):
        return None


def _check_usable(key: Any) -> None:
    usage = key.key_usage or "ENCRYPT_DECRYPT"  # moto leaves the default out
    refusals = (
        (
            usage != "ENCRYPT_DECRYPT",
            "InvalidKeyUsageException",
            f"key usage is {usage}, not valid for this operation.",
        ),
        (key.key_state == "Disabled", "DisabledException", "is disabled."),
        (key.key_state == "PendingDeletion", "KMSInvalidStateException", "is pending deletion."),
    )
    for refused, code, reason in refusals:
        if refused:
            message = f"{key.arn} {reason}"
            raise AWSError(message, code, 400)
